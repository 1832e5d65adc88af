//! A bar on a terminal, nothing elsewhere.

use super::table::{about, grouped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use selvedge::Explorer;
use selvedge::explore::Progress;
use std::time::Duration;

/// Shows how far an exploration has come, on standard error when that is a terminal, until it is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(name.to_owned());
        // A single execution may take seconds, in which nothing is reported.
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar(bar)
    }

    /// Has the explorer report to it.
    pub(super) fn watch(&self, explorer: Explorer) -> Explorer {
        let bar = self.0.clone();
        explorer.on_progress(move |progress| bar.set_message(describe(progress)))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn describe(progress: &Progress) -> String {
    let rate = progress.executions as f64 / progress.elapsed.as_secs_f64().max(1e-6);
    let mut text = format!("{} executions", grouped(progress.executions));
    if let Some(estimate) = progress.estimate {
        text.push_str(&format!(" of about {}", about(estimate)));
    }
    text.push_str(&format!(", {} a second", about(rate)));
    if progress.findings > 0 {
        text.push_str(&format!(", {} found", progress.findings));
    }
    text
}
