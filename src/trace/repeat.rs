//! Whether an execution that was run again with the same choices did the same.

use super::Trace;
use super::checks::check_signature;
use super::names::Names;
use super::render::{phrases, place};
use crate::base::{Action, Ending, Step, ThreadAction};
use std::fmt;

/// Where the second of two executions with the same choices went another way than the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The number of the first step that differs, counted from 1.
    pub step: u64,
    /// What it was: the thread and what it did; `None` if the first execution had ended by then.
    pub before: Option<String>,
    /// What it is; `None` if the second has ended by then.
    pub now: Option<String>,
    /// How the two ended.
    pub endings: [Ending; 2],
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Departure { step, before, now, endings: [ended, ends] } = self;
        match (before, now) {
            (Some(before), Some(now)) => write!(f, "step {step} was `{before}`, now it is `{now}`"),
            (Some(before), None) if *ends == Ending::Stopped => {
                write!(f, "step {step} was `{before}`, now that cannot be done")
            }
            (Some(before), None) => write!(f, "step {step} was `{before}`, now it {ends} before that"),
            (None, Some(now)) => write!(f, "it {ended} after {} steps, now step {step} is `{now}`", step - 1),
            (None, None) => write!(f, "it {ended} after {} steps, now it {ends}", step - 1),
        }
    }
}

/// The first step of `again` that is not what it was in `trace`, or how else it differs; `None` if both did the same.
///
/// Values are left out, as in [`check_signature`]: addresses are others each time.
pub fn departure(trace: &Trace, again: &Trace) -> Option<Departure> {
    let names = [trace, again].map(Names::new);
    let same = |before: &Step, now: &Step| {
        (before.thread, before.choice, is_panic(before)) == (now.thread, now.choice, is_panic(now))
            && check_signature(before, &names[0]) == check_signature(now, &names[1])
            && names[0].object(before.operation.object) == names[1].object(now.operation.object)
    };
    // Of very long executions only the last steps are known.
    let from = trace.skipped.max(again.skipped);
    let both = from..trace.end().max(again.end());
    let differs = |offset: &u64| match (trace.step(*offset), again.step(*offset)) {
        (Some(before), Some(now)) => !same(before, now),
        _ => true,
    };
    let endings = [trace.ending, again.ending];
    let Some(offset) = both.into_iter().find(differs) else {
        let step = trace.end() + 1;
        return (endings[0] != endings[1]).then_some(Departure { step, before: None, now: None, endings });
    };
    let [mut before, mut now] =
        [(trace, &names[0]), (again, &names[1])].map(|(of, names)| told(of, names, offset));
    if before == now {
        // The same words for two things that stand in two places, as a rule.
        for (text, of) in [(&mut before, trace), (&mut now, again)] {
            let location = of.step(offset).map(|step| format!(" at {}", place(step.location)));
            text.iter_mut().for_each(|text| text.extend(location.clone()));
        }
    }
    Some(Departure { step: offset + 1, before, now, endings })
}

fn is_panic(step: &Step) -> bool {
    matches!(step.operation.action, Action::Thread(ThreadAction::Exit { panicked: true }))
}

/// A step in the words of traces.
fn told(trace: &Trace, names: &Names, offset: u64) -> Option<String> {
    let index = offset.checked_sub(trace.skipped)?;
    let (thread, words) = phrases(trace, names).into_iter().nth(index as usize)?;
    Some(format!("{}: {words}", names.thread(thread)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ObjectId;
    use crate::trace::builder::{Builder, Does};

    /// Main starts a worker, which does `what` to the two variables, and then `more` to the first.
    fn trace(what: fn(ObjectId, ObjectId) -> Does, more: u64) -> Trace {
        named(["x", "y"], what, more)
    }

    fn named(names: [&'static str; 2], what: fn(ObjectId, ObjectId) -> Does, more: u64) -> Trace {
        let mut build = Builder::new();
        let (x, y, b) = (build.shared(names[0]), build.shared(names[1]), build.thread("worker"));
        build.step(0, Does::Set(x, 1)).step(0, Does::Set(y, 1)).step(0, Does::Spawn(b));
        build.step(1, what(x, y));
        for value in 0..more {
            build.step(1, Does::Set(x, value));
        }
        build.finish()
    }

    fn told(again: &Trace) -> Option<String> {
        departure(&trace(|x, _| Does::Get(x, 1), 1), again).map(|departure| departure.to_string())
    }

    #[test]
    fn the_same_differs_nowhere_whatever_it_reads() {
        assert_eq!(told(&trace(|x, _| Does::Get(x, 5), 1)), None);
    }

    #[test]
    fn the_first_step_that_differs_is_named() {
        let other = told(&trace(|_, y| Does::Get(y, 1), 1));
        assert_eq!(other.unwrap(), "step 4 was `worker: read x -> 1`, now it is `worker: read y -> 1`");
        let swapped = told(&named(["y", "x"], |x, _| Does::Get(x, 1), 1));
        assert_eq!(swapped.unwrap(), "step 1 was `main: write x = 1`, now it is `main: write y = 1`");
        let more = told(&trace(|x, _| Does::Get(x, 1), 2));
        assert_eq!(more.unwrap(), "it finished after 5 steps, now step 6 is `worker: write x = 1`");
        let mut less = trace(|x, _| Does::Get(x, 1), 0);
        assert_eq!(told(&less).unwrap(), "step 5 was `worker: write x = 0`, now it finished before that");
        less.ending = Ending::Stopped;
        assert_eq!(told(&less).unwrap(), "step 5 was `worker: write x = 0`, now that cannot be done");
        let mut stuck = trace(|x, _| Does::Get(x, 1), 1);
        stuck.ending = Ending::Deadlocked;
        assert_eq!(told(&stuck).unwrap(), "it finished after 5 steps, now it deadlocked");
    }
}
