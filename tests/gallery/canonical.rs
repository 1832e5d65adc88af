//! Executions that differ only in the order of independent steps, taken for one.

use selvedge::base::{Access, Action, CondvarAction, Meeting, Outcome, Step, ThreadAction, ThreadId};
use selvedge::trace::Trace;

/// What is the same for two executions if, and only if, one can be made of the other by exchanging neighbouring steps of
/// different threads that do not conflict: for each step, thread by thread, which outcome was chosen and how many steps of
/// each thread must come before it.
pub(crate) fn canonical(trace: &Trace) -> Vec<Vec<u32>> {
    let threads = trace.threads.len();
    let notified = notifications(&trace.steps);
    let met: Vec<_> = trace.steps.iter().zip(&notified).map(|(s, n)| meets(s, n.is_some())).collect();
    let mut clocks: Vec<Vec<u32>> = Vec::with_capacity(trace.steps.len());
    for (index, step) in trace.steps.iter().enumerate() {
        let mut clock = vec![0; threads];
        for (at, (earlier, theirs)) in trace.steps[..index].iter().zip(&clocks).enumerate() {
            let ordered = earlier.thread == step.thread
                || conflict(&met[at], &met[index])
                || kills(earlier, step)
                || kills(step, earlier);
            if ordered || notified[index] == Some(at) {
                clock.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
            }
        }
        clock[step.thread.index()] += 1;
        clocks.push(clock);
    }
    let order = by_descent(trace);
    let mut places = vec![0; threads];
    order.iter().zip(0..).for_each(|(thread, place)| places[*thread] = place);
    let mut by_thread: Vec<(u32, Vec<u32>)> = trace
        .steps
        .iter()
        .zip(clocks)
        .map(|(step, clock)| {
            let clock = order.iter().map(|thread| clock[*thread]).chain([step.choice]);
            (places[step.thread.index()], clock.collect())
        })
        .collect();
    // Of one thread the steps stay in their order.
    by_thread.sort_by_key(|(thread, _)| *thread);
    by_thread.into_iter().map(|(_, clock)| clock).collect()
}

/// The numbers of the threads in an order that is the same however the starts of different threads' children are ordered: as
/// children of their parents.
fn by_descent(trace: &Trace) -> Vec<usize> {
    let mut paths: Vec<Vec<u32>> = vec![Vec::new(); trace.threads.len()];
    let mut children = vec![0; trace.threads.len()];
    for step in &trace.steps {
        if let Action::Thread(ThreadAction::Spawn(child)) = step.operation.action {
            let parent = step.thread.index();
            children[parent] += 1;
            paths[child.index()] = paths[parent].iter().copied().chain([children[parent]]).collect();
        }
    }
    let mut order: Vec<usize> = (0..trace.threads.len()).collect();
    order.sort_by(|a, b| paths[*a].cmp(&paths[*b]));
    order
}

/// For each step that wakes: the notification that woke it.
fn notifications(steps: &[Step]) -> Vec<Option<usize>> {
    let mut asleep: Vec<(u32, ThreadId)> = Vec::new();
    let mut woken: Vec<(ThreadId, usize)> = Vec::new();
    let mut found = vec![None; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let Action::Condvar(action) = step.operation.action else { continue };
        let condvar = step.operation.object.0;
        let (skip, take) = match action {
            CondvarAction::Wait { .. } => {
                asleep.push((condvar, step.thread));
                continue;
            }
            CondvarAction::Wake { stays: true, .. } if step.outcome == Outcome::TimedOut => continue,
            CondvarAction::Reacquire { .. } | CondvarAction::Wake { .. } | CondvarAction::Leave => {
                let place = woken.iter().position(|(thread, _)| *thread == step.thread);
                found[at] = place.map(|place| woken.remove(place).1);
                asleep.retain(|(_, thread)| *thread != step.thread);
                continue;
            }
            CondvarAction::NotifyOne => (step.choice as usize, 1),
            CondvarAction::NotifyFirst(count) => (0, count as usize),
            CondvarAction::NotifyAll => (0, usize::MAX),
        };
        let here = asleep.iter().filter(|(other, _)| *other == condvar);
        let chosen: Vec<ThreadId> = here.skip(skip).take(take).map(|(_, thread)| *thread).collect();
        asleep.retain(|(_, thread)| !chosen.contains(thread));
        woken.extend(chosen.into_iter().map(|thread| (thread, at)));
    }
    found
}

/// What a step meets. One that was woken by a notification meets its mutex and nothing else.
fn meets(step: &Step, notified: bool) -> Vec<(Meeting, Access)> {
    if notified {
        return step
            .operation
            .second_object()
            .map(|m| (Meeting::Object(m), Access::Write))
            .into_iter()
            .collect();
    }
    step.accesses().into_iter().flatten().collect()
}

/// Whether a step ends the process of another's thread: then it conflicts with all that this does.
fn kills(step: &Step, other: &Step) -> bool {
    matches!(step.operation.action, Action::Thread(ThreadAction::Kill(process)) if process == other.thread)
}

fn conflict(a: &[(Meeting, Access)], b: &[(Meeting, Access)]) -> bool {
    a.iter().any(|(here, mine)| b.iter().any(|(there, theirs)| here == there && mine.conflicts(*theirs)))
}
