//! A bar on a terminal, nothing elsewhere.

use super::table::{about, estimated, grouped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use selvedge::Explorer;
use selvedge::explore::Progress;
use std::time::Duration;

/// How finely the bar is divided.
const PARTS: u64 = 1_000;

/// Shows how far an exploration has come, on standard error when that is a terminal, until it is dropped.
pub(super) struct Bar {
    bar: ProgressBar,
    time: Option<Duration>,
}

impl Bar {
    /// A bar that counts executions, and the time if it is limited.
    pub(super) fn new(name: &str, time: Option<Duration>) -> Self {
        let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{spinner} {prefix}  [{bar:20}]  {wide_msg} {elapsed}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        bar.set_style(style);
        bar.set_prefix(name.to_owned());
        // A single execution may take seconds, in which nothing is reported.
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar { bar, time }
    }

    /// Has the explorer report to it.
    pub(super) fn watch(&self, explorer: Explorer) -> Explorer {
        if self.bar.is_hidden() {
            return explorer;
        }
        let (bar, time) = (self.bar.clone(), self.time);
        explorer.on_progress(move |progress| {
            bar.set_position((share(progress, time) * PARTS as f64) as u64);
            bar.set_message(describe(progress));
        })
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How much of the work is done: of the executions that there are, of those allowed, or of the time.
fn share(progress: &Progress, time: Option<Duration>) -> f64 {
    let bound = progress.bound as f64;
    let run = progress.executions as f64 / progress.estimate.map_or(bound, |estimate| estimate.min(bound));
    let spent = time.map_or(0.0, |time| progress.elapsed.as_secs_f64() / time.as_secs_f64());
    run.max(spent).clamp(0.0, 1.0)
}

fn describe(progress: &Progress) -> String {
    let rate = progress.executions as f64 / progress.elapsed.as_secs_f64().max(1e-6);
    let mut text = format!("{} executions", grouped(progress.executions));
    if let Some(estimate) = progress.estimate {
        text.push_str(&format!(" of {}", estimated(estimate, progress.spread)));
    }
    text.push_str(&format!(", {} a second", about(rate)));
    if progress.findings > 0 {
        text.push_str(&format!(", {} found", progress.findings));
    }
    text
}
