//! Deadlocks: the circle of threads that wait for each other, or, where there is none, those that wait for what nobody
//! is left to do. Threads that only wait for those are consequences, and are told of last.

use super::{Case, LostWakeup, Tale};
use crate::base::{Action, Ending, Operation, PipeAction, StreamAction, ThreadId};
use crate::trace::names::listed;
use crate::trace::standing::{Holder, Place, Standing, standings};
use crate::trace::{Annotation, Trace};
use std::collections::BTreeSet;

/// Threads wait for each other, or for what nobody will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// What holds it together.
    pub shape: Shape,
    /// The threads at its root; of a circle, each waits for the next one.
    pub root: Vec<Standing>,
    /// The other threads that cannot go on.
    pub others: Vec<Standing>,
}

/// What holds a deadlock together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A thread waits for itself.
    Oneself,
    /// Threads wait for each other in a circle.
    Circle,
    /// Threads wait for a lock whose holder has ended.
    Abandoned,
    /// Threads wait for something that no thread is left to do.
    Nobody,
}

/// The deadlock in which `trace` ended.
pub fn find(trace: &Trace) -> Option<Deadlock> {
    if !matches!(trace.ending, Ending::Deadlocked | Ending::Endless) {
        return None;
    }
    let all = standings(trace);
    let (shape, members) = root(&all);
    // What nobody does in the rounds that were run, somebody may do in a later one.
    if trace.ending == Ending::Endless && shape == Shape::Nobody {
        return None;
    }
    // A daemon thread that waits keeps nobody from ending, unless it is part of the matter.
    let matters = |s: &&Standing| members.contains(&s.thread) || !trace.threads[s.thread.index()].daemon;
    let pick = |thread: &ThreadId| all.iter().find(|s| s.thread == *thread).filter(matters).cloned();
    let root: Vec<Standing> = members.iter().filter_map(pick).collect();
    let others = all.iter().filter(|s| !members.contains(&s.thread)).filter(matters).cloned();
    Some(Deadlock { shape, root, others: others.collect() })
}

/// The shape of the deadlock, and the threads at its root.
fn root(all: &[Standing]) -> (Shape, Vec<ThreadId>) {
    if let Some(circle) = circle(all) {
        return (if circle.len() == 1 { Shape::Oneself } else { Shape::Circle }, circle);
    }
    let unfinished: BTreeSet<ThreadId> = all.iter().map(|s| s.thread).collect();
    let threads = |standings: Vec<&Standing>| standings.iter().map(|s| s.thread).collect::<Vec<_>>();
    let abandoned = |s: &&Standing| match s.place {
        Place::Permit { .. } => {
            !s.waits_for().is_empty() && s.waits_for().iter().all(|t| !unfinished.contains(t))
        }
        _ => s.lock().is_some() && s.waits_for().iter().any(|t| !unfinished.contains(t)),
    };
    let abandoned: Vec<&Standing> = all.iter().filter(abandoned).collect();
    if !abandoned.is_empty() {
        return (Shape::Abandoned, threads(abandoned));
    }
    (Shape::Nobody, threads(all.iter().filter(|s| s.waits_for().is_empty()).collect()))
}

/// The threads of a circle of waits, the one with the least number first.
fn circle(all: &[Standing]) -> Option<Vec<ThreadId>> {
    let standing = |thread| all.iter().find(|s| s.thread == thread);
    let mut best: Option<Vec<ThreadId>> = None;
    for start in all {
        // Breadth first, so that the circle found through `start` is a shortest one.
        let mut paths = std::collections::VecDeque::from([vec![start.thread]]);
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop_front() {
            let last = path[path.len() - 1];
            for next in standing(last).map_or(Vec::new(), Standing::waits_for) {
                if next == start.thread {
                    best = best.filter(|best| best.len() <= path.len()).or(Some(path.clone()));
                    paths.clear();
                    break;
                }
                if seen.insert(next) {
                    paths.push_back([path.as_slice(), &[next]].concat());
                }
            }
        }
    }
    best
}

impl Deadlock {
    /// Whether locks alone hold it together.
    pub fn is_of_locks(&self) -> bool {
        self.root.iter().all(|s| s.lock().is_some())
    }

    /// Whether it is a matter of its own beside these lost wakeups: it has a root without any of those threads.
    pub fn stands_beside(&self, lost: &[LostWakeup]) -> bool {
        let lost = |thread| lost.iter().any(|l| l.thread == thread || l.also.contains(&thread));
        self.shape != Shape::Nobody && !self.root.iter().any(|s| lost(s.thread))
    }

    /// The locks held for ever, with whose hold keeps whom waiting.
    fn holds(&self) -> impl Iterator<Item = (&Holder, &Standing)> {
        self.root.iter().flat_map(|standing| match &standing.place {
            Place::Lock { holders, .. } | Place::Permit { holders, .. } => {
                let waits_for = standing.waits_for();
                let held = holders.iter().filter(|h| waits_for.contains(&h.thread));
                held.map(|h| (h, standing)).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        })
    }

    fn threads(&self, case: &Case<'_>) -> String {
        match self.root.len() {
            0..=4 => case.names.threads(self.root.iter().map(|s| &s.thread)),
            count => format!("{count} threads"),
        }
    }
}

/// What nobody does who is left, where that can be said in a few words.
fn in_vain(place: &Place) -> &'static str {
    match place {
        Place::Something(Operation { action: Action::Port(_), .. }) => ", which nobody makes",
        Place::Something(Operation { action: Action::Stream(StreamAction::Receive { .. }), .. }) => {
            ", which nobody sends"
        }
        Place::Something(Operation { action: Action::Stream(_), .. }) => ", where nobody receives",
        _ => "",
    }
}

impl Deadlock {
    /// Why whoever waits for something to come from a pipe is not told that nothing will: somebody holds its writing end, be it
    /// the one who waits.
    fn unclosed(&self, case: &Case<'_>) -> String {
        let waits_for = |standing: &Standing| match standing.place {
            Place::Something(Operation { object, action: Action::Pipe(action), .. }) => {
                (action != PipeAction::Send).then_some(object)
            }
            _ => None,
        };
        let Some(pipe) = self.root.iter().find_map(waits_for) else { return String::new() };
        let of_pipe = case.trace.steps.iter().filter(|step| step.operation.object == pipe);
        let changes: Vec<i64> = of_pipe
            .filter_map(|step| match step.operation.action {
                Action::Pipe(PipeAction::Hold { writes: true }) => Some(1),
                Action::Pipe(PipeAction::Close { writes: true }) => Some(-1),
                _ => None,
            })
            .collect();
        // The pipe of a queue has no ends to close.
        let open = if changes.is_empty() { 0 } else { 1 + changes.iter().sum::<i64>() };
        match open {
            ..=0 => String::new(),
            1 => " One holder of the writing end has not closed it, so the end is not seen.".into(),
            _ => format!(" {open} holders of the writing end have not closed it, so the end is not seen."),
        }
    }
}

impl Tale for Deadlock {
    fn what(&self, case: &Case<'_>) -> String {
        let threads = self.threads(case);
        let waits = if self.root.len() == 1 { "waits" } else { "wait" };
        match (self.shape, self.root.first().map(|s| &s.place)) {
            (Shape::Oneself, Some(Place::Lock { lock, .. })) => {
                format!("{threads} waits for {}, which it holds itself", case.object(*lock))
            }
            (Shape::Oneself, Some(Place::Permit { semaphore, .. })) => {
                format!(
                    "{threads} waits for a permit of {}, all of which it has taken",
                    case.object(*semaphore)
                )
            }
            (Shape::Oneself, _) => format!("{threads} waits for itself to end"),
            (Shape::Circle, _) if self.root.len() == 2 => format!("{threads} wait for each other"),
            (Shape::Circle, _) => format!("{threads} wait for each other in a circle"),
            (Shape::Abandoned, Some(Place::Lock { lock, .. })) => {
                format!("{threads} {waits} for {}, whose holder has ended", case.object(*lock))
            }
            (Shape::Abandoned, Some(Place::Permit { semaphore, .. })) => {
                let semaphore = case.object(*semaphore);
                format!("{threads} {waits} for a permit of {semaphore}, which threads that have ended keep")
            }
            _ => format!("{threads} {waits} for what nobody is left to do"),
        }
    }

    fn why(&self, case: &Case<'_>) -> String {
        let clause = |s: &Standing| {
            format!("{} {}{}", case.thread(s.thread), s.describe(case.names), in_vain(&s.place))
        };
        let mut root: Vec<String> = self.root.iter().take(6).map(clause).collect();
        if self.root.len() > 6 {
            root.push(format!("and {} more likewise", self.root.len() - 6));
        }
        let mut text = format!("{}.", root.join("; "));
        match self.shape {
            Shape::Oneself if self.is_of_locks() => {
                text.push_str(" The lock is not reentrant: its holder cannot take it again.");
            }
            Shape::Abandoned if self.is_of_locks() => {
                text.push_str(" Its holder has ended, so nobody can give it back.");
            }
            _ => {}
        }
        text.push_str(&self.unclosed(case));
        let mut others: Vec<String> = self.others.iter().take(4).map(clause).collect();
        if self.others.len() > 4 {
            others.push(format!("{} other threads cannot go on either", self.others.len() - 4));
        }
        if !others.is_empty() {
            text.push_str(&format!(" In consequence {}.", listed(others)));
        }
        text
    }

    fn annotations(&self, case: &Case<'_>) -> Vec<Annotation> {
        let held = self.holds().filter_map(|(holder, waiter)| {
            let who = match holder.thread == waiter.thread {
                true => "its holder".to_string(),
                false => case.names.thread(waiter.thread).to_string(),
            };
            Some(Annotation::new(holder.since?, format!("never given back; {who} waits for it")))
        });
        let asleep = self.root.iter().filter_map(|standing| match standing.place {
            Place::Asleep { since, .. } => Some(Annotation::new(since?, "never wakes")),
            _ => None,
        });
        let mut annotations: Vec<Annotation> = held.chain(asleep).collect();
        annotations.dedup();
        annotations
    }

    fn involved(&self, case: &Case<'_>) -> Vec<String> {
        let object = |s: &Standing| match s.place {
            Place::Lock { lock, .. } => case.names.object(lock).to_string(),
            Place::Permit { semaphore: object, .. } | Place::Company { barrier: object, .. } => {
                case.names.object(object).to_string()
            }
            Place::Asleep { condvar, .. } => case.names.object(condvar).to_string(),
            Place::Initializer(once, _) => case.names.object(once).to_string(),
            Place::Something(operation) => case.names.object(operation.object).to_string(),
            Place::Join(_) | Place::Ready(_) => "an end".to_string(),
        };
        // Without numbers, and each once: seven or eight sleepers of a kind are one finding.
        let mut involved: Vec<String> = self
            .root
            .iter()
            .map(|s| format!("{} for {}", super::role(case.names.thread(s.thread)), super::role(&object(s))))
            .collect();
        involved.sort();
        involved.dedup();
        involved.insert(0, format!("{:?}", self.shape));
        involved
    }
}
