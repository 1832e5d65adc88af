//! Executions that differ only in the order of independent steps, taken for one.

use selvedge::base::Step;
use selvedge::trace::Trace;

/// What is the same for two executions if, and only if, one can be made of the other by exchanging neighbouring steps of
/// different threads that do not conflict: for each step, thread by thread, how many steps of each thread must come
/// before it.
pub(crate) fn canonical(trace: &Trace) -> Vec<Vec<u32>> {
    let threads = trace.threads.len();
    let mut clocks: Vec<Vec<u32>> = Vec::with_capacity(trace.steps.len());
    for (index, step) in trace.steps.iter().enumerate() {
        let mut clock = vec![0; threads];
        for (earlier, theirs) in trace.steps[..index].iter().zip(&clocks) {
            if ordered(earlier, step) {
                clock.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
            }
        }
        clock[step.thread.index()] += 1;
        clocks.push(clock);
    }
    let mut by_thread: Vec<(u32, Vec<u32>)> =
        trace.steps.iter().zip(clocks).map(|(step, clock)| (step.thread.0, clock)).collect();
    // Of one thread the steps stay in their order.
    by_thread.sort_by_key(|(thread, _)| *thread);
    by_thread.into_iter().map(|(_, clock)| clock).collect()
}

fn ordered(earlier: &Step, later: &Step) -> bool {
    earlier.thread == later.thread || earlier.conflicts(later)
}
