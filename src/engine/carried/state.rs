//! What an execution knows of how it is carried, and what it asks of that.

use super::{Carrier, Meeting};
use crate::base::object::State;
use crate::base::{
    Action, AtomicAction, Decision, Ending, Error, FOREVER, MutexAction, Operation, Options, Outcome, Step,
    Strategy, ThreadAction, ThreadId, ThreadSet,
};
use crate::engine::execution::{Arrival, Execution, Mode};
use crate::engine::thread::Life;
use std::panic::Location;
use std::rc::Rc;

/// What an execution keeps for its carrier.
pub(crate) struct Carried {
    carrier: Rc<dyn Carrier>,
    /// Threads that rest until they are woken.
    pub(super) asleep: ThreadSet,
    /// Threads that are about to perform what is a choice.
    pub(super) arrived: ThreadSet,
    /// Threads that have nothing more to do, not even to unwind.
    pub(super) gone: ThreadSet,
    /// Threads that wait until some other is gone.
    pub(super) waiting: ThreadSet,
    /// What the carrier's own primitive has just given.
    native: Option<Outcome>,
    /// Why the model cannot be carried.
    pub(crate) refusal: Option<Error>,
    /// Where the carrier's primitive did what the engine's object could not.
    pub(crate) odd: Option<String>,
    /// Who has waited in vain last, and is to let others go first.
    offers: Option<ThreadId>,
    /// Whether a thread that unwinds has done something that the carrier may have put off.
    pub(super) unsettled: bool,
}

impl Carried {
    fn new(carrier: Rc<dyn Carrier>) -> Self {
        let (asleep, arrived, gone) = (ThreadSet::new(), ThreadSet::new(), ThreadSet::new());
        Carried {
            carrier,
            asleep,
            arrived,
            gone,
            waiting: ThreadSet::new(),
            native: None,
            refusal: None,
            odd: None,
            offers: None,
            unsettled: false,
        }
    }

    /// Begins a new execution.
    fn reset(&mut self) {
        self.asleep.clear();
        self.arrived.clear();
        self.gone.clear();
        self.waiting.clear();
        (self.native, self.refusal, self.odd) = (None, None, None);
        (self.offers, self.unsettled) = (None, false);
    }
}

impl Execution {
    /// The running thread is about to perform an operation of an execution that is carried.
    #[cold]
    pub(in crate::engine) fn arrive_carried(
        &mut self,
        operation: &Operation,
        location: &'static Location<'static>,
    ) -> Arrival {
        let me = self.running;
        if self.mode == Mode::TearingDown {
            let joins = matches!(operation.action, Action::Thread(ThreadAction::Join { .. }));
            if !joins {
                return self.arrive_at_the_end(operation);
            }
        }
        let thread = &mut self.threads[me.index()];
        (thread.pending, thread.location) = (*operation, location);
        if operation.may_block() && self.mode == Mode::Running {
            self.arrive_blocking(operation);
            if !self.threads[me.index()].watching {
                self.watch(me, operation, true);
            }
        }
        Arrival::Carried
    }

    /// Whether a join of `thread` is more than a look.
    #[inline(always)]
    pub(in crate::engine) fn has_to_wait_for(&self, thread: ThreadId) -> bool {
        !self.threads[thread.index()].is_over() || self.carried.is_some()
    }

    /// Begins as the main thread of an execution that is carried.
    pub(in crate::engine) fn start_carried(&mut self, carrier: Rc<dyn Carrier>) {
        self.prepare(&Chooser(Rc::clone(&carrier)));
        match &mut self.carried {
            // The one before was of the same exploration, whose carrier this is too.
            Some(carried) => carried.reset(),
            None => {
                self.strategy = Some(Box::new(Chooser(Rc::clone(&carrier))));
                self.carried = Some(Box::new(Carried::new(carrier)));
            }
        }
        // Something is always due: nobody goes on without asking.
        self.due_at = 0;
    }

    pub(super) fn carried(&mut self) -> &mut Carried {
        self.carried.as_mut().expect("called where somebody carries the execution")
    }

    pub(super) fn carrier(&mut self) -> Rc<dyn Carrier> {
        Rc::clone(&self.carried().carrier)
    }

    pub(super) fn meeting<'a>(&self, operation: &'a Operation) -> Meeting<'a> {
        let object = self.objects().get(operation.object.index());
        let value = match (operation.action, object.map(|object| &object.state)) {
            (Action::Atomic(_), Some(State::Atomic(atomic))) => atomic.value(),
            _ => 0,
        };
        let awaited = match operation.action {
            Action::Thread(ThreadAction::Join { thread, timeout: FOREVER })
                if self.threads[thread.index()].process == ThreadId::MAIN =>
            {
                Some(thread)
            }
            _ => None,
        };
        Meeting {
            operation,
            kind: object.map(|object| object.kind),
            second: operation.second_object().map(|mutex| self.objects()[mutex.index()].kind),
            value,
            awaited,
            unwinding: std::thread::panicking(),
        }
    }

    /// Whether somebody may have to be woken, or seen to, or let go first, before the running thread goes on.
    #[inline(always)]
    pub(super) fn has_business(&mut self) -> bool {
        let carried = self.carried();
        carried.offers.is_some() || carried.unsettled || !carried.asleep.is_empty()
    }

    /// Whether a thread that has its turn may perform what it has arrived at.
    #[inline(always)]
    pub(super) fn may_perform(&self, me: ThreadId) -> bool {
        self.over.is_none() && self.threads[me.index()].life != Life::Killed && self.enabled.contains(me)
    }

    /// Whether the execution is over instead of going on with this.
    pub(super) fn closes_at(&mut self, operation: &Operation) -> bool {
        if self.over.is_some() {
            return true;
        }
        if self.position() >= self.settings.steps {
            self.over = Some(Ending::StepLimit);
            return true;
        }
        if matches!(operation.action, Action::Choose(2..))
            && let Some(error) = self.carrier().refuses_choices()
        {
            self.refuse(error);
            return true;
        }
        !self.enabled.contains(self.running) && self.stands_still()
    }

    /// Whether nobody can go on, which is the end.
    pub(super) fn stands_still(&mut self) -> bool {
        if self.over.is_some() || !self.enabled.is_empty() {
            return false;
        }
        self.over = Some(self.ending_at_standstill());
        true
    }

    pub(super) fn refuse(&mut self, error: Error) {
        self.carried().refusal.get_or_insert(error);
        self.over.get_or_insert(Ending::Stopped);
    }

    /// The running thread offers its turn, after an operation on which a polling loop goes round.
    pub(in crate::engine) fn offer_carried(&mut self) {
        // Whoever has paused has offered it already.
        let paused = |step: &mut Step| {
            let action = step.operation.action;
            matches!(
                action,
                Action::Thread(ThreadAction::Yield | ThreadAction::Spin | ThreadAction::Sleep(_))
            )
        };
        let paused = self.steps.last_mut().is_some_and(paused);
        let me = self.running;
        self.carried().offers = (!paused).then_some(me);
    }

    /// Whether the carrier can see now to what it may have put off.
    pub(super) fn is_to_settle(&mut self) -> bool {
        let carried = self.carried();
        if !carried.unsettled || std::thread::panicking() {
            return false;
        }
        carried.unsettled = false;
        true
    }

    pub(super) fn takes_offer(&mut self, me: ThreadId) -> bool {
        self.carried().offers.take_if(|thread| *thread == me).is_some()
    }

    pub(super) fn sleep(&mut self, me: ThreadId) {
        self.carried().asleep.insert(me);
    }

    /// One of those who rest though their operations have become possible, who rests no more.
    pub(super) fn next_to_wake(&mut self) -> Option<ThreadId> {
        let enabled = &self.enabled;
        let carried = self.carried.as_mut()?;
        let thread = carried.asleep.iter().find(|thread| enabled.contains(*thread))?;
        carried.asleep.remove(thread);
        Some(thread)
    }

    /// One of those who rest, who rests no more.
    pub(super) fn next_asleep(&mut self) -> Option<ThreadId> {
        let thread = self.carried().asleep.first()?;
        self.carried().asleep.remove(thread);
        Some(thread)
    }

    /// One of those who wait until some other is gone, and now look again.
    pub(super) fn next_waiting(&mut self) -> Option<ThreadId> {
        let thread = self.carried().waiting.first()?;
        self.carried().waiting.remove(thread);
        Some(thread)
    }

    pub(super) fn note_gone(&mut self, thread: ThreadId) {
        self.carried().gone.insert(thread);
    }

    pub(super) fn is_gone(&mut self, thread: ThreadId) -> bool {
        self.carried().gone.contains(thread)
    }

    /// The running thread performs its operation now.
    pub(super) fn take_turn(&mut self, me: ThreadId, operation: &Operation, native: Option<Outcome>) {
        if operation.is_point() && me != self.chosen {
            self.schedule.append_run(self.chosen, self.position() - self.run_began);
            (self.chosen, self.run_began) = (me, self.position());
        }
        self.carried().native = native;
        self.carried().arrived.remove(me);
        if let Some(native) = native
            && let Some(own) = self.foreseen(me, operation)
            && own != native
        {
            self.note_odd(operation, native, own);
        }
    }

    /// What the engine's own object gives for an operation that the carrier has performed too, where there is no choice.
    fn foreseen(&self, me: ThreadId, operation: &Operation) -> Option<Outcome> {
        let state = &self.objects().get(operation.object.index())?.state;
        match (operation.action, state) {
            (Action::Mutex(MutexAction::TryLock), _) => {
                let free = state.ready(me, Action::Mutex(MutexAction::Lock { timeout: FOREVER }));
                Some(if free { Outcome::Done } else { Outcome::Refused })
            }
            (Action::Atomic(action), State::Atomic(atomic)) if !self.weak.active => {
                Some(atomic.clone().apply(action, 0))
            }
            _ => None,
        }
    }

    fn note_odd(&mut self, operation: &Operation, native: Outcome, own: Outcome) {
        let Operation { object, action } = operation;
        let what = format!("{action:?} on object {}: it has {native:?} where {own:?} is right", object.0);
        self.carried().odd.get_or_insert(what);
    }

    /// What the carrier's own atomic has given for the operation about to be performed.
    pub(in crate::engine) fn take_native(&mut self) -> Option<Outcome> {
        self.carried.as_mut()?.native.take()
    }

    /// Notes that the carrier's own atomic has read what no store has left there to be read.
    pub(in crate::engine) fn note_odd_read(&mut self, action: AtomicAction, read: u64) {
        let what = format!("{action:?} has read {read}, which no store has left there to be read");
        self.carried().odd.get_or_insert(what);
    }
}

/// Makes the choices of outcomes; those of threads are the carrier's.
struct Chooser(Rc<dyn Carrier>);

impl Strategy for Chooser {
    fn describe(&self) -> String {
        "whatever the carrier does".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, _options: &Options<'_>) -> Decision {
        unreachable!("whose turn it is is the carrier's business")
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.0.choose(count).unwrap_or(0)
    }
}
