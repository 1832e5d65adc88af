//! Loops without an end: what can go on for ever, and who suffers from it.

use super::{expect, headlines};
use selvedge::hint::{Round, endless};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Explorer, Report, strategy, thread};

const FRUITFUL: Result<Round, ()> = Ok(Round::Fruitful);

fn exhaustive() -> Explorer {
    Explorer::new().strategy(strategy::exhaustive()).all_findings(true)
}

fn explored(model: impl Fn() + Send + Sync + 'static) -> Report {
    exhaustive().explore(model).unwrap()
}

#[test]
fn who_never_lets_go_of_a_lock_starves_the_others() {
    let report = explored(|| {
        let list = Arc::new(Mutex::with_name(0, "list"));
        let theirs = Arc::clone(&list);
        let supplier = move || {
            let mut list = theirs.lock().unwrap();
            let _ = endless(2, || {
                *list += 1;
                FRUITFUL
            });
        };
        thread::Builder::new().name("supplier".into()).spawn(supplier).unwrap();
        *list.lock().unwrap() -= 1;
    });
    assert_eq!(
        headlines(&report),
        [
            "starvation: `main` waits for `list`, held by `supplier` since step 2 for ever, while `supplier` goes round \
          without end"
        ],
        "{report}"
    );
    assert_eq!(report.executions(), 2);
}

#[test]
fn who_lets_go_in_each_round_does_not() {
    let model = |rounds| {
        move || {
            let list = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&list);
            thread::spawn(move || {
                endless(rounds, || {
                    *theirs.lock().unwrap() += 1;
                    FRUITFUL
                })
            });
            *list.lock().unwrap() -= 1;
        }
    };
    expect(exhaustive(), 2, &[], model(1));
    expect(exhaustive(), 3, &[], model(2));
    expect(exhaustive(), 5, &[], model(4));
}

#[test]
fn nobody_can_join_a_thread_that_never_ends() {
    let report = explored(|| {
        let steps = Arc::new(Mutex::new(0));
        let clock = thread::spawn(move || {
            endless(1, || {
                *steps.lock().unwrap() += 1;
                FRUITFUL
            })
        });
        clock.join().unwrap().unwrap();
    });
    assert_eq!(
        headlines(&report),
        ["starvation: `main` waits for `thread 1` to end for ever, while `thread 1` goes round without end"],
        "{report}"
    );
    assert!(report.to_string().contains("which it never does."), "{report}");
}

#[test]
fn who_only_tries_a_lock_may_never_get_it() {
    let model = |sometimes_free: bool| {
        move || {
            let lock = Arc::new(Mutex::with_name((), "lock"));
            let theirs = Arc::clone(&lock);
            let holder = move || {
                let held = theirs.lock().unwrap();
                if sometimes_free {
                    drop(held);
                }
                let _ = endless(3, || {
                    drop(theirs.try_lock());
                    FRUITFUL
                });
            };
            thread::Builder::new().name("holder".into()).spawn(holder).unwrap();
            let _ = endless(3, || match lock.try_lock() {
                Ok(_) => Ok::<_, ()>(Round::Last),
                Err(_) => Ok(Round::InVain),
            });
        }
    };
    let starves = "starvation: `main` can try for ever in vain, while `holder` goes round without end";
    assert_eq!(headlines(&explored(model(false))), [starves]);
    // Here it takes the holder's being in the way each time, and nothing prevents that.
    assert_eq!(headlines(&explored(model(true))), [starves]);
}

#[test]
fn a_wait_that_each_round_ends_is_no_starvation() {
    let model = |notify: bool| {
        move || {
            let pair = Arc::new((Mutex::new(0u32), Condvar::new()));
            let theirs = Arc::clone(&pair);
            thread::spawn(move || {
                endless(2, || {
                    *theirs.0.lock().unwrap() += 1;
                    if notify {
                        theirs.1.notify_one();
                    }
                    FRUITFUL
                })
            });
            let mut number = pair.0.lock().unwrap();
            while *number == 0 {
                number = pair.1.wait(number).unwrap();
            }
        }
    };
    assert_eq!(headlines(&explored(model(true))), [""; 0]);
    assert_eq!(
        headlines(&explored(model(false))),
        ["starvation: `main` sleeps on `condvar 1` for ever, while `thread 1` goes round without end"]
    );
}

#[test]
fn outside_of_an_exploration_it_goes_round_until_it_is_left() {
    let mut rounds = 0;
    let left = endless(1, || {
        rounds += 1;
        Ok::<_, ()>(if rounds == 5 { Round::Last } else { Round::InVain })
    });
    assert_eq!((left, rounds), (Ok(()), 5));
    assert_eq!(endless(1, || Err("broken off")), Err("broken off"));
}
