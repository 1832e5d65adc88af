//! One program, explored as asked, and the report.

use super::Outcome;
use super::options::ExploreOptions;
use super::output::{Output, painted};
use super::progress::Bar;
use selvedge::{Error, Explorer};

pub(super) fn run(options: &ExploreOptions, output: &mut Output) -> Result<Outcome, Error> {
    let mut settings = options.settings()?;
    settings.config.replay_command = Some(options.replay_command(&settings));
    settings.config.explore_command = Some(options.explore_command(&settings));
    let (program, parameters) = (settings.program, settings.parameters);
    let report = {
        let bar = Bar::new(program.name, settings.config.time);
        bar.watch(Explorer::with(settings.config)).explore(move || (program.run)(&parameters))?
    };
    let wrong = !report.findings().is_empty() || report.divergence().is_some();
    output.print(&painted(&format!("{report}\n"), wrong));
    Ok(if wrong { Outcome::Found } else { Outcome::Fine })
}
