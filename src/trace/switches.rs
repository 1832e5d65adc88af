//! Which switches between threads mattered: those that took the turn from a thread that could have gone on.

use super::Trace;
use super::state::State;
use crate::base::{Action, Operation, Step, ThreadAction, ThreadId};

/// Offsets of the steps that preempt: the thread of the point before could have gone on, and had not offered its turn.
///
/// A trace does not hold who was enabled, so this is derived: the thread switched away from has something left to do,
/// and the locks, waits and counts that the steps tell of would have let it. Where they do not tell (whether a bounded
/// queue had room), it counts as able to go on when nobody touched the object before it did. A thread that is about to
/// sleep, yield or spin, or has just done so, offers its turn.
pub fn preemptions(trace: &Trace) -> Vec<u64> {
    let mut state = State::new();
    let mut last = (trace.skipped == 0).then_some(ThreadId::MAIN);
    let mut offered = false;
    let next = next_steps(trace);
    let mut upcoming = first_steps(trace);
    let mut preempting = Vec::new();
    for (index, step) in trace.steps.iter().enumerate() {
        if step.operation.is_point() {
            if let Some(last) = last.filter(|last| *last != step.thread && !offered) {
                let upcoming = upcoming.get(last.index()).copied().flatten();
                if could_go_on(trace, &state, last, index, upcoming) {
                    preempting.push(trace.skipped + index as u64);
                }
            }
            last = Some(step.thread);
            offered = matches!(
                step.operation.action,
                Action::Thread(ThreadAction::Yield | ThreadAction::Spin | ThreadAction::Sleep(_))
            );
        }
        upcoming[step.thread.index()] = next[index];
        state.apply(trace.skipped + index as u64, step);
    }
    preempting
}

/// Whether `thread`, whose next step is number `upcoming`, could have performed it before step number `now`.
fn could_go_on(trace: &Trace, state: &State, thread: ThreadId, now: usize, upcoming: Option<usize>) -> bool {
    let pending = trace.threads.get(thread.index()).and_then(|record| record.status.pending());
    let operation: Option<Operation> = upcoming.map(|index| trace.steps[index].operation).or(pending);
    let Some(operation) = operation else { return false };
    state.ready(thread, &operation).unwrap_or_else(|| {
        let touches =
            |upcoming: &Step, other: &Step| other.thread != upcoming.thread && other.conflicts(upcoming);
        upcoming.is_some_and(|index| trace.steps[now..index].iter().all(|s| !touches(&trace.steps[index], s)))
    })
}

/// For each step, the next one of the same thread.
fn next_steps(trace: &Trace) -> Vec<Option<usize>> {
    let mut next = vec![None; trace.steps.len()];
    let mut latest = vec![None; threads(trace)];
    for (index, step) in trace.steps.iter().enumerate().rev() {
        next[index] = latest[step.thread.index()].replace(index);
    }
    next
}

fn first_steps(trace: &Trace) -> Vec<Option<usize>> {
    let mut first = vec![None; threads(trace)];
    for (index, step) in trace.steps.iter().enumerate().rev() {
        first[step.thread.index()] = Some(index);
    }
    first
}

fn threads(trace: &Trace) -> usize {
    trace.steps.iter().map(|s| s.thread.index() + 1).max().unwrap_or(0).max(trace.threads.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::builder::{Builder, Does};

    #[test]
    fn a_switch_preempts_only_when_the_thread_before_could_have_gone_on() {
        let mut build = Builder::new();
        let (m, x, b) = (build.mutex("m"), build.shared("x"), build.thread("b"));
        build.step(0, Does::Spawn(b)).step(0, Does::Lock(m));
        build.step(1, Does::Get(x, 0)); // main could have gone on
        build.step(0, Does::Unlock(m)); // so could `b`: the lock is taken, but it wants `x`
        build.step(0, Does::Spin).step(1, Does::Set(x, 1)); // main offers its turn
        build.step(1, Does::End).step(0, Does::Join(b)); // no points
        assert_eq!(preemptions(&build.finish()), [2, 3]);
    }

    #[test]
    fn waiting_for_a_lock_is_no_preemption() {
        let mut build = Builder::new();
        let (m, x, b) = (build.mutex("m"), build.shared("x"), build.thread("b"));
        build.step(0, Does::Spawn(b)).step(0, Does::Lock(m)).step(0, Does::Set(x, 1));
        build.step(1, Does::Get(x, 1)); // preempts main
        build.step(0, Does::Unlock(m)); // `b` waits for `m`
        build.step(1, Does::Lock(m)); // main waits for `b` to end
        build.step(1, Does::Unlock(m)).step(1, Does::End).step(0, Does::Join(b));
        assert_eq!(preemptions(&build.finish()), [3]);
    }
}
