//! Starvation: somebody waits for what never comes, or tries in vain, while others go round their endless loops for ever.
//!
//! It is a *lasso*: a thread begins a round of an [endless loop](crate::hint::endless), and everything is as it was when it
//! began an earlier one. What was done in between can then be done again and again. "Everything" is what the steps tell: who
//! holds what, who sleeps where and in which order, what queues hold, and what each thread has done since it began its own
//! round; not the values of variables, which a loop that counts changes for ever.
//!
//! Only what is weakly fair counts: a thread that could go on all the while goes on some time. So whoever made no step in
//! between must have been unable to at some moment; and he waits for ever if he was unable to all the time.

use super::{Case, Tale};
use crate::base::{Action, FOREVER, Operation, Outcome, Step, ThreadAction, ThreadId};
use crate::trace::standing::{Place, Standing, blocked};
use crate::trace::state::State;
use crate::trace::{Annotation, Trace};

/// With how many earlier rounds, of whichever thread, one is compared.
const LOOKED_BACK: usize = 64;

/// How many rounds are looked at.
const LONGEST: usize = 1024;

/// Somebody can wait for ever while others go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starvation {
    /// Offset of the step, the beginning of a round, from which on it can be repeated.
    pub first: u64,
    /// Offset of the step with which it begins again.
    pub again: u64,
    /// Those that go on meanwhile.
    pub going: Vec<ThreadId>,
    /// Those of them that go round in vain.
    pub in_vain: Vec<ThreadId>,
    /// Those that wait all the time, and for what.
    pub waiting: Vec<Standing>,
}

/// What starves in `trace`: the first that the steps show.
pub fn find(trace: &Trace) -> Option<Starvation> {
    if !trace.steps.iter().any(|step| is_round(step).is_some()) {
        return None;
    }
    let mut walk = Walk::new(trace);
    let mut rounds: Vec<Moment> = Vec::new();
    for (offset, step) in trace.numbered() {
        if is_round(step).is_some() {
            walk.since[step.thread.index()].clear();
            let moment = Moment { offset, state: walk.state.clone(), since: walk.since.clone() };
            let earlier = rounds.iter().rev().take(LOOKED_BACK).filter(|m| m.is_like(&moment));
            let found = earlier.into_iter().find_map(|m| walk.between(m, &moment));
            if found.is_some() {
                return found;
            }
            rounds.push(moment);
            if rounds.len() == LONGEST {
                return None;
            }
            continue;
        }
        walk.apply(offset, step);
    }
    None
}

/// Whether a step begins a round, and if so whether the round before was fruitful.
fn is_round(step: &Step) -> Option<bool> {
    match step.operation.action {
        Action::Thread(ThreadAction::Round { fruitful }) => Some(fruitful),
        _ => None,
    }
}

/// What a thread has done, values aside: where in the model, and whether it could.
type Deed = ((&'static str, u32, u32), std::mem::Discriminant<Outcome>);

fn deed(step: &Step) -> Deed {
    let place = step.location;
    ((place.file(), place.line(), place.column()), std::mem::discriminant(&step.outcome))
}

/// The moment at which a round begins.
struct Moment {
    offset: u64,
    state: State,
    since: Vec<Vec<Deed>>,
}

impl Moment {
    fn is_like(&self, other: &Moment) -> bool {
        self.since == other.since && self.state.is_like(&other.state)
    }
}

/// A walk along a trace.
struct Walk<'a> {
    trace: &'a Trace,
    state: State,
    // Of each thread, what it has done since it began a round.
    since: Vec<Vec<Deed>>,
    // Where each thread began.
    begun: Vec<Option<u64>>,
}

impl<'a> Walk<'a> {
    fn new(trace: &'a Trace) -> Self {
        let threads = trace.threads.len();
        let mut begun = vec![None; threads];
        begun[ThreadId::MAIN.index()] = Some(0);
        Walk { trace, state: State::new(), since: vec![Vec::new(); threads], begun }
    }

    fn apply(&mut self, offset: u64, step: &Step) {
        if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
            self.begun[child.index()] = Some(offset);
        }
        self.state.apply(offset, step);
        self.since[step.thread.index()].push(deed(step));
    }

    /// Who starves when the steps between two like moments are repeated for ever.
    fn between(&self, first: &Moment, again: &Moment) -> Option<Starvation> {
        // Who has begun a round at the first moment has that behind it, and all of the round before it, as at the other one.
        let (from, to) = (first.offset + 1, again.offset + 1);
        let made = |thread: ThreadId| self.steps(from, to).any(|(_, s)| s.thread == thread);
        let threads = (0..self.trace.threads.len() as u32).map(ThreadId);
        let (going, idle): (Vec<ThreadId>, Vec<ThreadId>) = threads.partition(|thread| made(*thread));
        let mut waiting = Vec::new();
        for thread in idle {
            if self.begun[thread.index()].is_some_and(|begun| begun > first.offset) {
                // Started in between, it goes on some time too.
                return None;
            }
            let Some(operation) = self.next_operation(thread, from) else { continue };
            if operation.action == Action::Thread(ThreadAction::GoOn) {
                // Nobody follows it any further, but it would do what it has done before.
                return None;
            }
            match self.held_back(thread, &operation, first, again) {
                Held::Always => {
                    let place = blocked(self.trace, &again.state, thread, operation);
                    waiting.push(Standing { thread, place });
                }
                Held::AtTimes => {}
                // It goes on some time, and then it is another story.
                Held::Never => return None,
            }
        }
        let in_vain = |thread: &ThreadId| {
            let mine = self.steps(from, to).filter(|(_, s)| s.thread == *thread);
            let rounds: Vec<bool> = mine.filter_map(|(_, step)| is_round(step)).collect();
            !rounds.is_empty() && !rounds.contains(&true)
        };
        let lasting = |thread: &ThreadId| self.sees_the_same_again(*thread, first.offset, again.offset);
        let in_vain: Vec<ThreadId> = going.iter().copied().filter(in_vain).filter(lasting).collect();
        let starves = !in_vain.is_empty() || !waiting.is_empty();
        starves.then_some(Starvation { first: first.offset, again: again.offset, going, in_vain, waiting })
    }

    /// Whether what a thread looks at in vain is there to be found the same the next time: nothing but locks, events and
    /// queues, of which it is known how they stand, is changed by anybody.
    fn sees_the_same_again(&self, thread: ThreadId, from: u64, to: u64) -> bool {
        let known = |step: &Step| {
            matches!(
                step.operation.action,
                Action::Mutex(_)
                    | Action::RwLock(_)
                    | Action::Event(_)
                    | Action::Queue(_)
                    | Action::Condvar(_)
            )
        };
        let all = || self.steps(from, to).map(|(_, step)| step);
        let looks = all().filter(|step| step.thread == thread && !known(step));
        let mut objects =
            looks.flat_map(|step| step.accesses().into_iter().flatten().map(|(object, _)| object));
        objects.all(|object| {
            let meets = |step: &&Step| step.accesses().iter().flatten().any(|(other, _)| *other == object);
            !all().filter(meets).any(Step::changes)
        })
    }

    /// Whether `thread` could not go on though the steps do not tell what it waits for: it never did to the end of the execution,
    /// and nobody touched that in between.
    fn never_could(&self, thread: ThreadId, operation: &Operation, first: &Moment, again: &Moment) -> bool {
        let later = self.steps(again.offset, self.trace.end()).any(|(_, step)| step.thread == thread);
        let between = || self.steps(first.offset, again.offset);
        operation.may_block() && !later && !between().any(|(_, s)| s.operation.object == operation.object)
    }

    fn steps(&self, from: u64, to: u64) -> impl Iterator<Item = (u64, &'a Step)> + use<'a> {
        let index = |offset: u64| offset.saturating_sub(self.trace.skipped) as usize;
        (from..).zip(&self.trace.steps[index(from)..index(to)])
    }

    /// What a thread does next that runs at `from`; `None` when it has not begun or has ended.
    fn next_operation(&self, thread: ThreadId, from: u64) -> Option<Operation> {
        self.begun[thread.index()].filter(|begun| *begun < from || thread == ThreadId::MAIN)?;
        let mut later = self.steps(from, self.trace.end()).filter(|(_, step)| step.thread == thread);
        let next = later.next().map(|(_, step)| step.operation);
        next.or_else(|| self.trace.threads[thread.index()].status.pending())
    }

    /// Whether what `thread` is about to do was impossible between two moments.
    fn held_back(&self, thread: ThreadId, operation: &Operation, first: &Moment, again: &Moment) -> Held {
        // Its time will be up.
        let waits = operation.timeout() == FOREVER;
        let never = self.never_could(thread, operation, first, again);
        let cannot = |state: &State| waits && !state.ready(thread, operation).unwrap_or(!never);
        let mut state = first.state.clone();
        let (mut always, mut could) = (cannot(&state), !cannot(&state));
        for (offset, step) in self.steps(first.offset, again.offset) {
            state.apply(offset, step);
            always &= cannot(&state);
            could &= !cannot(&state);
        }
        match (always, could) {
            (true, _) => Held::Always,
            (_, true) => Held::Never,
            _ => Held::AtTimes,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Always,
    AtTimes,
    Never,
}

impl Starvation {
    fn sufferers(&self) -> impl Iterator<Item = &ThreadId> {
        self.in_vain.iter().chain(self.waiting.iter().map(|s| &s.thread))
    }
}

impl Tale for Starvation {
    fn what(&self, case: &Case<'_>) -> String {
        let others: Vec<ThreadId> =
            self.going.iter().copied().filter(|t| !self.in_vain.contains(t)).collect();
        let meanwhile = match &others[..] {
            [] => String::new(),
            [one] => format!(", while {} goes round without end", case.thread(*one)),
            _ => format!(", while {} go round without end", case.names.threads(&others)),
        };
        match (&self.in_vain[..], &self.waiting[..]) {
            ([], [one]) => {
                format!("{} {} for ever{meanwhile}", case.thread(one.thread), one.describe(case.names))
            }
            (in_vain, []) => format!("{} can try for ever in vain{meanwhile}", case.names.threads(in_vain)),
            ([], _) => format!("{} wait for ever{meanwhile}", case.names.threads(self.sufferers())),
            _ => format!("{} wait or try for ever in vain{meanwhile}", case.names.threads(self.sufferers())),
        }
    }

    fn why(&self, case: &Case<'_>) -> String {
        let mut text = format!(
            "At step {} everything is as it was at step {}, values aside: the same locks are held, the same threads sleep, and \
             each thread is as far in its own round. What lies in between can be repeated for ever.",
            self.again + 1,
            self.first + 1
        );
        if !self.in_vain.is_empty() {
            let (threads, one) = (case.names.threads(&self.in_vain), self.in_vain.len() == 1);
            text.push_str(&format!(" {threads} {} each time in vain.", if one { "tries" } else { "try" }));
        }
        for standing in self.waiting.iter().take(4) {
            let (who, what) = (case.thread(standing.thread), standing.describe(case.names));
            text.push_str(&format!(" Meanwhile {who} {what}"));
            match standing.place {
                Place::Join(thread) if self.going.contains(&thread) => {
                    text.push_str(", which it never does.")
                }
                _ => text.push('.'),
            }
        }
        text
    }

    fn annotations(&self, _: &Case<'_>) -> Vec<Annotation> {
        vec![
            Annotation::new(self.first, "from here on it can go on like this for ever"),
            Annotation::new(self.again, "everything is as it was there"),
        ]
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        let mut involved: Vec<String> =
            self.sufferers().map(|thread| super::role(case.names.thread(*thread))).collect();
        involved.sort();
        involved.dedup();
        involved
    }

    fn shown_until(&self) -> Option<u64> {
        Some(self.again + 1)
    }
}
