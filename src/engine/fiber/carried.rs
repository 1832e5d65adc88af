//! Where the threads of an execution live that somebody else runs: on stacks that are not ours.

use super::{HOST, Host, Hub, Leave, host, job, take_down, with};
use crate::base::ThreadId;
use crate::engine::carried::{self, Carrier};
use crate::engine::execution::Execution;
use crate::engine::{PointerSteps, Settings, Summary};
use crate::trace::Trace;
use corosensei::on_stack;
use corosensei::stack::DefaultStack;
use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;

thread_local! {
    static CARRIED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this OS thread runs threads of an execution for somebody else.
pub(crate) fn is_carried() -> bool {
    CARRIED.get()
}

/// The execution that a thread belongs to, wherever that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage(NonNull<Execution>);

// SAFETY: a stage does nothing but run threads of a carried execution. Of these one runs at a time, as its carrier promises,
// and gives its turn to the next through the carrier's own synchronization, so that no two OS threads use the execution at
// once. It outlives them, because the main thread, which has begun it, waits for all others.
unsafe impl Send for Stage {}

impl Host {
    /// The same, for a thread that is about to be started.
    pub(crate) fn stage(self) -> Stage {
        Stage(self.0)
    }
}

impl Stage {
    /// The life of a thread: runs its job, unless the execution is over already. The caller has its carrier's turn.
    pub(crate) fn live(self, thread: ThreadId) {
        let entered = HOST.get().is_null().then(|| (Belongs::new(), enter(self.0)));
        let mut host = Host(self.0);
        host.now().running = thread;
        if host.now().is_tearing_down() {
            job::drop_job(host, thread);
        } else if let Some(run) = host.now().running_mut().packet.take_run() {
            // SAFETY: stored together with the job, which nobody else takes.
            unsafe { run(host) };
        }
        carried::finish(host);
        drop(entered);
    }
}

fn enter(execution: NonNull<Execution>) -> Leave {
    HOST.set(execution.as_ptr());
    Leave
}

/// For as long as it lives, this OS thread belongs to a carrier: what panics in it is recorded and not printed.
struct Belongs(());

impl Belongs {
    fn new() -> Self {
        CARRIED.set(true);
        Belongs(())
    }
}

impl Drop for Belongs {
    fn drop(&mut self) {
        CARRIED.set(false);
    }
}

impl Hub {
    /// Runs `model` once as the main thread of an execution whose threads a carrier runs, from inside of its main thread: on a
    /// stack of our own, because theirs may be small.
    fn carry(&mut self, model: &dyn Fn(), carrier: Rc<dyn Carrier>, stack: &mut DefaultStack) {
        assert!(HOST.get().is_null(), "explorations do not nest: a model must not explore another one");
        let execution = NonNull::new(self.execution.get()).expect("a box is somewhere");
        let leave = enter(execution);
        with(|execution| {
            execution.start_carried(carrier);
            let main = execution.add_thread("", false);
            execution.thread_mut(main).packet.put_job(model, job::run_job::<&dyn Fn(), ()>);
            execution.begin_main();
        });
        on_stack(stack, || {
            Stage(execution).live(ThreadId::MAIN);
            carried::end(Host(execution));
            take_down(with(|execution| execution.live_threads));
            // The threads have unwound before, which is no part of the execution either.
            with(Execution::end_teardown);
        });
        drop(leave);
    }
}

/// Runs executions one after another that somebody else's threads carry, reusing what memory is the engine's.
pub(crate) struct Carriage {
    hub: Hub,
    stack: DefaultStack,
    _belongs: Belongs,
}

impl Carriage {
    /// `steps`: which operations on reference-counted pointers are steps.
    ///
    /// # Errors
    ///
    /// When there is no memory for a stack.
    pub(crate) fn new(settings: Settings, steps: PointerSteps) -> std::io::Result<Self> {
        let stack = DefaultStack::new(settings.stack_size)?;
        let mut hub = Hub::new(Execution::new(settings));
        hub.execution().pointers.choose_steps(steps);
        Ok(Carriage { hub, stack, _belongs: Belongs::new() })
    }

    /// Runs `model` once. The caller is the carrier's main thread.
    pub(crate) fn run(&mut self, model: &dyn Fn(), carrier: Rc<dyn Carrier>) -> Summary {
        self.hub.carry(model, carrier, &mut self.stack);
        self.hub.execution().summary()
    }

    /// The last execution.
    pub(crate) fn execution(&mut self) -> &mut Execution {
        self.hub.execution()
    }
}

/// The trace of the execution under way on this OS thread, as far as it has got.
pub(crate) fn trace_so_far() -> Option<Trace> {
    host().map(|host| host.with(|execution| execution.trace()))
}
