//! One program, explored as asked, and the report.

use super::Outcome;
use super::files;
use super::options::ExploreOptions;
use super::output::{Output, painted};
use super::progress::Bar;
use selvedge::explore::{Checkpoint, Coverage};
use selvedge::{Error, Explorer};
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub(super) fn run(options: &ExploreOptions, output: &mut Output) -> Result<Outcome, Error> {
    let mut settings = options.settings()?;
    settings.config.replay_command = Some(options.replay_command(&settings));
    settings.config.explore_command = Some(options.explore_command(&settings));
    let (program, parameters) = (settings.program, settings.parameters);
    let interrupt = interruption();
    let (mut explorer, mut kept) =
        (Explorer::with(settings.config.clone()).interrupt(Arc::clone(&interrupt)), None);
    if let Some(path) = &options.checkpoint {
        if let Some(text) = files::read(path)? {
            explorer = explorer.resume(files::parse(path, &text)?);
        }
        let keeper = Keeper::new(path.clone(), Arc::clone(&interrupt));
        kept = Some(Rc::clone(&keeper.failure));
        explorer = explorer.on_checkpoint(move |checkpoint| keeper.keep(checkpoint));
    }
    let report = {
        let bar = Bar::new(program.name, settings.config.time);
        bar.watch(explorer).explore(move || (program.run)(&parameters))?
    };
    if let Some(failure) = kept.and_then(|failure| failure.take()) {
        return Err(failure);
    }
    if let Some(path) = &options.report {
        let part = report.part().map(|part| part.to_string());
        files::write(path, &part.unwrap_or_default())?;
    }
    let broken = program.prints.broken(&report);
    let wrong = !report.findings().is_empty() || report.divergence().is_some() || broken.is_some();
    output.print(&painted(&format!("{report}\n"), wrong));
    if let Some(printed) = broken {
        let (claim, found) = (program.claim, super::gallery::other_output(printed));
        output.print(&format!("The document says: {claim} But {found}.\n"));
    }
    let open = match report.coverage() {
        Coverage::Sampled => true,
        Coverage::Stopped => options.all_findings,
        _ => false,
    };
    if let (Some(path), true) = (&options.checkpoint, open) {
        output.print(&format!("not finished: the same command goes on from `{}`\n", path.display()));
    }
    Ok(match (wrong, interrupt.load(Relaxed)) {
        (true, _) => Outcome::Found,
        (false, true) => Outcome::Interrupted,
        (false, false) => Outcome::Fine,
    })
}

/// Writes checkpoints down; the first time that it cannot, the exploration is stopped, as its work would be lost.
struct Keeper {
    path: PathBuf,
    interrupt: Arc<AtomicBool>,
    failure: Rc<RefCell<Option<Error>>>,
}

impl Keeper {
    fn new(path: PathBuf, interrupt: Arc<AtomicBool>) -> Self {
        Keeper { path, interrupt, failure: Rc::default() }
    }

    fn keep(&self, checkpoint: &Checkpoint) {
        if let Err(error) = files::write(&self.path, &checkpoint.to_string()) {
            self.failure.borrow_mut().get_or_insert(error);
            self.interrupt.store(true, Relaxed);
        }
    }
}

/// Set when somebody presses Ctrl-C, so that what has been seen is told and kept; who presses it twice does not want to wait.
pub(super) fn interruption() -> Arc<AtomicBool> {
    let pressed = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&pressed);
    // Where it cannot be watched, Ctrl-C does what it always does.
    let _ = ctrlc::set_handler(move || {
        if set.swap(true, Relaxed) {
            std::process::exit(i32::from(super::INTERRUPTED));
        }
    });
    pressed
}
