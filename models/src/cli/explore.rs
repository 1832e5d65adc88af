//! One program, explored as asked, and the report.

use super::Outcome;
use super::files::Target;
use super::options::ExploreOptions;
use super::output::{Output, painted};
use super::progress::Bar;
use super::table::grouped;
use selvedge::explore::{Checkpoint, Config, Coverage, Part, Report};
use selvedge::{Error, Explorer};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub(super) fn run(options: &ExploreOptions, output: &mut Output) -> Result<Outcome, Error> {
    let mut settings = options.settings()?;
    settings.config.replay_command = Some(options.replay_command(&settings));
    settings.config.explore_command = Some(options.explore_command(&settings));
    let (program, parameters) = (settings.program, settings.parameters);
    let interrupt = interruption();
    let files = Files::of(options)?;
    let (mut explorer, mut kept) =
        (Explorer::with(settings.config.clone()).interrupt(Arc::clone(&interrupt)), None);
    if let Some(file) = &files.checkpoint {
        if let Some(checkpoint) = file.read()? {
            explorer = explorer.resume(checkpoint);
        }
        let keeper = Keeper::new(file.clone(), Arc::clone(&interrupt));
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
    if let Some(file) = &files.report {
        let part = report.part().map(|part| part.to_string());
        file.write(&part.unwrap_or_default())?;
    }
    let broken = program.prints.broken(&report);
    let wrong = !report.findings().is_empty() || report.divergence().is_some() || broken.is_some();
    let interrupted = interrupt.load(Relaxed);
    if !wrong && !interrupted {
        refuse_untested(&report, &settings.config)?;
    }
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
    if let (Some(file), true) = (&files.checkpoint, open) {
        output.print(&format!("not finished: the same command goes on from `{}`\n", file.named().display()));
    }
    Ok(match (wrong, interrupted) {
        (true, _) => Outcome::Found,
        (false, true) => Outcome::Interrupted,
        (false, false) => Outcome::Fine,
    })
}

/// That no execution came to its end says nothing of the program: the bounds were no use. The library's report says how a test
/// raises it, which helps nobody on the command line.
fn refuse_untested(report: &Report, config: &Config) -> Result<(), Error> {
    let place = "in this exploration";
    if report.executions() == 0 && report.coverage() == Coverage::Sampled {
        let what = "the time ended before the first execution did, so that nothing was tested";
        return Err(Error::new(what, place, "raise `--time`"));
    }
    if report.cut_short() == 0 || report.cut_short() < report.executions() {
        return Ok(());
    }
    let mend = if config.steps < Config::MOST_STEPS {
        "raise `--steps`, or make the program smaller with `--set`"
    } else {
        "make the program smaller with `--set`"
    };
    let steps =
        if config.steps == 1 { "1 step".to_owned() } else { format!("{} steps", grouped(config.steps)) };
    let what = format!("no execution came to its end within {steps}, so that nothing was tested");
    Err(Error::new(what, place, mend))
}

/// The files that are written, looked at before anything is run.
struct Files {
    checkpoint: Option<Target>,
    report: Option<Target>,
}

impl Files {
    fn of(options: &ExploreOptions) -> Result<Self, Error> {
        let target = |path: &Option<_>| path.as_deref().map(Target::new).transpose();
        let files = Files { checkpoint: target(&options.checkpoint)?, report: target(&options.report)? };
        if let (Some(checkpoint), Some(report)) = (&files.checkpoint, &files.report)
            && checkpoint.is(report)
        {
            let what =
                format!("`{}` is named for both `--checkpoint` and `--report`", report.named().display());
            return Err(Error::new(what, "on the command line", "name two files"));
        }
        if let Some(report) = &files.report {
            // An older report may be replaced, nothing else.
            report.read::<Part>()?;
        }
        Ok(files)
    }
}

/// Writes checkpoints down; the first time that it cannot, the exploration is stopped, as its work would be lost.
struct Keeper {
    file: Target,
    interrupt: Arc<AtomicBool>,
    failure: Rc<RefCell<Option<Error>>>,
}

impl Keeper {
    fn new(file: Target, interrupt: Arc<AtomicBool>) -> Self {
        Keeper { file, interrupt, failure: Rc::default() }
    }

    fn keep(&self, checkpoint: &Checkpoint) {
        if let Err(error) = self.file.write(&checkpoint.to_string()) {
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
