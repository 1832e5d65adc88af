//! `threading.Condition`.

use super::{SHORT, explored, fine, message, outputs, start};
use crate::base::{Action, CondvarAction, Ending, Outcome};
use crate::engine::testing::{all, outcomes};
use crate::python::threading::{AnyLock, Condition, Event, Lock, RLock};
use crate::python::{Shared, print};
use crate::{Output, Search};
use std::sync::{Arc, Mutex};

#[test]
fn a_condition_wants_its_lock_held() {
    fine(|| {
        for lock in [AnyLock::from(&Lock::new()), AnyLock::from(&RLock::new())] {
            let condition = Condition::over(&lock);
            assert_eq!(message(condition.wait()), "RuntimeError: cannot wait on un-acquired lock");
            assert_eq!(
                message(condition.wait_timeout(SHORT)),
                "RuntimeError: cannot wait on un-acquired lock"
            );
            assert_eq!(message(condition.notify()), "RuntimeError: cannot notify on un-acquired lock");
            assert_eq!(message(condition.notify_all()), "RuntimeError: cannot notify on un-acquired lock");
            assert_eq!(message(condition.notify_n(0)), "RuntimeError: cannot notify on un-acquired lock");
            assert_eq!(condition.wait_for(|| true), Ok(()));
            assert!(condition.wait_for(|| false).is_err());
            condition.with(|| condition.notify_n(0)).unwrap();
        }
    });
}

#[test]
fn of_a_plain_lock_a_condition_only_asks_whether_anybody_holds_it() {
    fine(|| {
        let lock = Lock::new();
        let condition = Condition::over(&lock);
        lock.acquire();
        start(move || condition.notify()).join().unwrap();
        lock.release().unwrap();
    });
}

#[test]
fn whether_anybody_holds_a_plain_lock_depends_on_when_a_condition_asks() {
    let notified = || {
        let lock = Lock::new();
        let condition = Condition::over(&lock);
        let holder = start(move || lock.with(|| ()));
        print(condition.notify().is_ok());
        holder.join().unwrap();
    };
    assert_eq!(outputs(notified), ["false\n", "true\n"]);
}

#[test]
fn a_wait_under_a_lock_that_somebody_else_gives_back_may_come_too_late() {
    let waited = || {
        let lock = Lock::new();
        let condition = Condition::over(&lock);
        lock.acquire();
        let waiter = start(move || match condition.wait_timeout(SHORT) {
            Ok(notified) => print(notified),
            Err(error) => print(error),
        });
        match lock.release() {
            Ok(()) => print("released"),
            Err(error) => print(error),
        }
        waiter.join().unwrap();
        if lock.locked() {
            lock.release().unwrap();
        }
    };
    let report = explored(Search::Exhaustive, Output::Observed, waited);
    let seen = report.outputs().unwrap();
    for error in ["cannot wait on un-acquired lock", "release unlocked lock"] {
        let told = |lines: &String| lines.contains(&format!("RuntimeError: {error}"));
        assert!(seen.iter().any(told), "{seen:?}");
    }
}

#[test]
fn notify_wakes_in_the_order_in_which_they_came() {
    let orders = outcomes(|| {
        let condition = Condition::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (come, gone) = (Event::new(), Arc::clone(&order));
        let first = {
            let (condition, come, gone) = (condition.clone(), come.clone(), Arc::clone(&gone));
            start(move || {
                condition.with(|| {
                    come.set();
                    condition.wait().unwrap();
                    gone.lock().unwrap().push("first");
                });
            })
        };
        come.wait();
        let there = Event::new();
        let second = {
            let (condition, there) = (condition.clone(), there.clone());
            start(move || {
                condition.with(|| {
                    there.set();
                    condition.wait().unwrap();
                    gone.lock().unwrap().push("second");
                });
            })
        };
        there.wait();
        condition.with(|| condition.notify()).unwrap();
        first.join().unwrap();
        condition.with(|| condition.notify()).unwrap();
        second.join().unwrap();
        order.lock().unwrap().clone()
    });
    assert_eq!(orders, [["first", "second"]]);
}

#[test]
fn notify_reaches_only_those_who_sleep_already() {
    let mut endings = Vec::new();
    all(
        || {
            let condition = Condition::new();
            let sleeper = {
                let condition = condition.clone();
                start(move || condition.with(|| condition.wait()))
            };
            condition.with(|| condition.notify()).unwrap();
            sleeper.join().unwrap();
        },
        |trace| endings.push(trace.ending),
    );
    assert!(endings.contains(&Ending::Deadlocked) && endings.contains(&Ending::Finished));
}

#[test]
fn a_wait_gives_back_an_rlock_as_a_whole_and_takes_it_as_often() {
    fine(|| {
        let lock = RLock::new();
        let condition = Condition::over(&lock);
        let ready = Shared::new(false);
        let other = {
            let (condition, ready) = (condition.clone(), ready.clone());
            start(move || {
                condition.with(|| {
                    ready.set(true);
                    condition.notify()
                })
            })
        };
        lock.acquire();
        lock.acquire();
        condition.wait_for(|| ready.get()).unwrap();
        lock.release().unwrap();
        lock.release().unwrap();
        assert!(lock.release().is_err());
        other.join().unwrap();
    });
}

#[test]
fn two_conditions_may_share_a_lock() {
    fine(|| {
        let lock = Lock::new();
        let (ping, pong) = (Condition::over(&lock), Condition::over(&lock));
        let turn = Shared::new(0u8);
        let other = {
            let (ping, pong, turn) = (ping.clone(), pong.clone(), turn.clone());
            start(move || {
                ping.with(|| {
                    ping.wait_for(|| turn.get() == 1)?;
                    turn.set(2);
                    pong.notify()
                })
            })
        };
        lock.with(|| {
            turn.set(1);
            ping.notify()?;
            pong.wait_for(|| turn.get() == 2)
        })
        .unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_timed_wait_tells_whether_it_was_notified_and_holds_the_lock_either_way() {
    let seen = outcomes(|| {
        let condition = Condition::new();
        let other = {
            let condition = condition.clone();
            start(move || condition.with(|| condition.notify()))
        };
        let notified = condition.with(|| {
            let notified = condition.wait_timeout(SHORT).unwrap();
            condition.notify().unwrap();
            notified
        });
        other.join().unwrap();
        notified
    });
    assert_eq!(seen, [false, true]);
    let waited = outcomes(|| {
        let condition = Condition::new();
        condition.with(|| condition.wait_for_timeout(|| false, SHORT)).unwrap()
    });
    assert_eq!(waited, [false]);
}

#[test]
fn who_has_timed_out_may_take_a_notification_with_it() {
    // One is woken by the only notification, or nobody is: the other waits on.
    let mut lost = 0;
    all(
        || {
            let condition = Condition::over(&Lock::new());
            let hasty = condition.clone();
            let hasty = start(move || assert!(!hasty.with(|| hasty.wait_timeout(SHORT).unwrap())));
            let patient = condition.clone();
            start(move || patient.with(|| patient.wait()));
            condition.with(|| condition.notify()).unwrap();
            hasty.join().unwrap();
        },
        |trace| {
            let swallowed = trace.steps.iter().any(|step| {
                step.operation.action == Action::Condvar(CondvarAction::Leave)
                    && step.outcome == Outcome::Value(1)
            });
            if swallowed && trace.panics.is_empty() {
                assert!(trace.ending == Ending::Deadlocked);
                lost += 1;
            }
        },
    );
    assert!(lost > 0);
}
