//! What the model prints: texts, and the standard output that they are written to.
//!
//! Where the output is observed, a write is a step on one object, so that the orders of writes are told apart. Otherwise it
//! is recorded and nothing else: it is no point of the schedule. A text is kept once for all executions, so that to print
//! what has been printed before costs a lookup.

use super::current;
use super::execution::{Execution, Mode};
use super::fiber::{Host, with};
use super::slot::Slot;
use crate::base::object::State;
use crate::base::{
    Action, Ending, Name, ObjectId, ObjectKind, Operation, Outcome, OutputAction, Step, TextId, Texts,
    ThreadAction, ThreadId,
};
use std::fmt::{self, Write};
use std::panic::Location;

/// Whether the order of what a model prints matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// It does not: prints are recorded, and add no executions.
    #[default]
    Unobserved,
    /// It does: every output that can come about is a behaviour of its own.
    Observed,
}

/// A thread that prints for ever and does nothing else comes to a point after so many writes.
const PATIENCE: u32 = 256;

/// What has been printed.
#[derive(Default)]
pub(crate) struct Printing {
    /// Kept from execution to execution.
    texts: Texts,
    /// A text while it is made.
    buffer: String,
    /// The standard output, once it has been written to.
    stdout: Option<ObjectId>,
    written: Vec<TextId>,
    /// How many had been written when the execution ended for those who look at it from outside.
    closed: Option<usize>,
    /// How many choices there had been at the last write that nobody observes, and how many such writes since there have been
    /// as many.
    quiet: (u64, u32),
}

impl Printing {
    pub(crate) fn reset(&mut self) {
        self.stdout = None;
        self.written.clear();
        self.closed = None;
        self.quiet = (0, 0);
    }

    /// What is printed from now on nobody sees.
    pub(crate) fn close(&mut self) {
        self.closed.get_or_insert(self.written.len());
    }

    pub(crate) fn text(&self, text: TextId) -> &str {
        self.texts.get(text)
    }

    fn written(&self) -> &[TextId] {
        &self.written[..self.closed.unwrap_or(self.written.len())]
    }

    /// All that was written, and the texts of that and of the steps given.
    pub(crate) fn kept<'a>(&self, steps: impl Iterator<Item = &'a Step>) -> (Vec<TextId>, Texts) {
        let mut texts = Texts::default();
        self.written().iter().for_each(|text| texts.share(&self.texts, *text));
        for step in steps {
            if let Action::Output(OutputAction::Write(text) | OutputAction::WriteUnobserved(text)) =
                step.operation.action
            {
                texts.share(&self.texts, text);
            }
        }
        (self.written().to_vec(), texts)
    }
}

impl Execution {
    /// What was written, instead of what `text` holds; `false` when the execution did not come to an end.
    pub(crate) fn output(&self, text: &mut String) -> bool {
        text.clear();
        self.printing.written().iter().for_each(|id| text.push_str(self.printing.texts.get(*id)));
        self.learning.closed.is_some()
            || !matches!(self.over, None | Some(Ending::StepLimit | Ending::Stopped))
    }

    /// Performs an operation on the standard output.
    pub(crate) fn commit_output(&mut self, operation: Operation, action: OutputAction) -> Outcome {
        if let OutputAction::Write(text) = action
            && self.mode == Mode::Running
        {
            self.printing.written.push(text);
        }
        self.commit_on_object(operation, 0)
    }

    /// Records a write that nobody observes; whether the thread has printed so much that it has to come to a point.
    fn write_unobserved(&mut self, text: TextId, location: &'static Location<'static>) -> bool {
        let operation = Operation::free(Action::Output(OutputAction::WriteUnobserved(text)));
        self.printing.written.push(text);
        self.record_free(Step {
            thread: self.running,
            choice: 0,
            operation,
            outcome: Outcome::Done,
            location,
        });
        let now = self.position();
        let (position, writes) = &mut self.printing.quiet;
        *writes = if *position == now { *writes + 1 } else { 0 };
        *position = now;
        *writes >= PATIENCE
    }

    fn stdout(&mut self) -> ObjectId {
        if let Some(stdout) = self.printing.stdout {
            return stdout;
        }
        let slot = Slot::new().named(Name::new("stdout"));
        let stdout = self.add_object(&slot, 0, ObjectKind::Output, State::Output);
        self.printing.stdout = Some(stdout);
        stdout
    }

    /// The threads that the program waits for before it ends, apart from the main one.
    fn others_to_wait_for(&self) -> Option<ThreadId> {
        let awaited = |id: &ThreadId| {
            let thread = &self.threads[id.index()];
            !thread.daemon && !thread.is_over()
        };
        (1..self.live_threads).map(ThreadId).find(awaited)
    }
}

/// Prints a line: where the running thread's output comes out line by line, or nobody looks, in one write; otherwise the
/// text and the end of the line are two, and another thread may print in between.
pub(crate) fn print(text: fmt::Arguments<'_>, location: &'static Location<'static>) {
    if with(|execution| execution.running_mut().whole_lines || !execution.observes_output()) {
        return write(format_args!("{text}\n"), location);
    }
    write(text, location);
    write(format_args!("\n"), location);
}

/// From now on the running thread, and those that it will start, print whole lines, as a process does whose output is its own.
pub(crate) fn print_whole_lines() {
    with(|execution| execution.running_mut().whole_lines = true);
}

/// Writes a text in one step; an empty one is none.
pub(crate) fn write(text: fmt::Arguments<'_>, location: &'static Location<'static>) {
    if current::is_tearing_down() {
        return;
    }
    // Taken away meanwhile, because making the text runs the model's code.
    let mut buffer = with(|execution| std::mem::take(&mut execution.printing.buffer));
    buffer.clear();
    // Writing to a string fails only where a `Display` says so, and then there is as much of the text as it wrote.
    let _ = buffer.write_fmt(text);
    let text = (!buffer.is_empty()).then(|| with(|execution| execution.printing.texts.intern(&buffer)));
    with(|execution| execution.printing.buffer = buffer);
    if let Some(text) = text {
        write_text(text, location);
    }
}

fn write_text(text: TextId, location: &'static Location<'static>) {
    if with(|execution| execution.observes_output()) {
        let stdout = with(Execution::stdout);
        current::perform_on(stdout, Action::Output(OutputAction::Write(text)), location);
    } else if with(|execution| execution.write_unobserved(text, location)) {
        current::perform(Operation::free(Action::Thread(ThreadAction::Yield)), location);
        current::offer_turn(location);
    }
}

/// The running thread's last deed. The end of the main thread is that of the program, once all threads have ended that it
/// waits for; where the output is observed and there are daemon threads, what these have written by then matters.
pub(super) fn leave(mut host: Host) {
    let execution = host.now();
    let ends_all = execution.running == ThreadId::MAIN && execution.observes_output();
    if ends_all && execution.mode == Mode::Running {
        close(host);
    }
}

#[cold]
fn close(mut host: Host) {
    let location = host.now().running_mut().location;
    while let Some(thread) = host.now().others_to_wait_for() {
        current::join(thread, location);
    }
    if host.now().has_daemons() {
        let stdout = host.now().stdout();
        current::perform_on(stdout, Action::Output(OutputAction::Close), location);
    }
}

impl Execution {
    pub(crate) fn observes_output(&self) -> bool {
        self.settings.output == Output::Observed
    }

    fn has_daemons(&self) -> bool {
        self.threads.first(self.live_threads).any(|thread| thread.daemon)
    }
}
