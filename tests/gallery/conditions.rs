//! Condition variables: predicates, lost wakeups, spurious ones, time-outs.

use super::{every, every_trace, expect, outcomes, outcomes_of, right, wrong};
use selvedge::sync::atomic::{AtomicBool, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, MutexGuard};
use selvedge::{Clock, thread};
use std::time::Duration;

struct Door {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    fn new() -> Arc<Door> {
        Arc::new(Door { open: Mutex::with_name(false, "open"), opened: Condvar::with_name("opened") })
    }

    fn wait<'a>(&self, guard: MutexGuard<'a, bool>) -> MutexGuard<'a, bool> {
        self.opened.wait(guard).unwrap()
    }

    /// Opens it as it should be done: under the lock.
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_one();
    }
}

/// Somebody waits and somebody opens.
fn through(walk: fn(&Door), open: fn(&Door)) {
    let door = Door::new();
    let theirs = Arc::clone(&door);
    let walker = thread::Builder::new().name("walker".into()).spawn(move || walk(&theirs)).unwrap();
    open(&door);
    walker.join().unwrap();
}

fn while_closed(door: &Door) {
    let mut open = door.open.lock().unwrap();
    while !*open {
        open = door.wait(open);
    }
}

fn if_closed(door: &Door) {
    let mut open = door.open.lock().unwrap();
    if !*open {
        open = door.wait(open);
    }
    assert!(*open, "walked into a closed door");
}

const LOST: &str = "lost wakeup: `walker` sleeps on `opened` for ever, though what it waits for has come";

#[test]
fn a_predicate_under_the_lock_loses_no_wakeup() {
    right(4, || through(while_closed, Door::open));
    right(4, || through(if_closed, Door::open));
}

#[test]
fn an_if_in_place_of_a_while_is_found_when_spurious_wakeups_are_asked_for() {
    expect(every().spurious_wakeups(1), 7, &[], || through(while_closed, Door::open));
    let headline = "panic: `walker` panicked: walked into a closed door";
    expect(every().spurious_wakeups(1), 7, &[headline], || through(if_closed, Door::open));
}

#[test]
fn a_notification_before_the_wait_is_lost_on_who_does_not_ask_first() {
    wrong(4, &[LOST], || {
        through(|door| drop(door.wait(door.open.lock().unwrap())), Door::open);
    });
}

#[test]
fn a_predicate_changed_without_the_lock_loses_the_wakeup() {
    wrong(
        10,
        &["lost wakeup: `sleeper` sleeps on `changed` for ever, though what it waits for has come"],
        || {
            let shared = Arc::new((
                AtomicBool::with_name(false, "ready"),
                Mutex::with_name((), "lock"),
                Condvar::with_name("changed"),
            ));
            let theirs = Arc::clone(&shared);
            let sleep = move || {
                let (ready, lock, changed) = &*theirs;
                let mut guard = lock.lock().unwrap();
                while !ready.load(SeqCst) {
                    guard = changed.wait(guard).unwrap();
                }
            };
            let sleeper = thread::Builder::new().name("sleeper".into()).spawn(sleep).unwrap();
            shared.0.store(true, SeqCst);
            shared.2.notify_one();
            sleeper.join().unwrap();
        },
    );
}

#[test]
fn waiting_for_what_nobody_does_is_a_plain_deadlock() {
    wrong(1, &["deadlock: `main` waits for what nobody is left to do"], || while_closed(&Door::new()));
}

/// Two walkers, and who came through first; `main` opens the door once both are asleep.
fn first_of_two(notify: fn(&Condvar)) -> u32 {
    let asleep = Arc::new((Mutex::new((0, 0)), Condvar::new(), Condvar::new()));
    let walkers: Vec<_> = (1..=2)
        .map(|number| {
            let asleep = Arc::clone(&asleep);
            thread::spawn(move || {
                let (state, came, go) = &*asleep;
                let mut guard = state.lock().unwrap();
                guard.0 += 1;
                came.notify_one();
                let mut guard = go.wait(guard).unwrap();
                if guard.1 == 0 {
                    guard.1 = number;
                }
                // Lets the other one go too.
                go.notify_one();
            })
        })
        .collect();
    let (state, came, go) = &*asleep;
    drop(came.wait_while(state.lock().unwrap(), |(count, _)| *count < 2).unwrap());
    notify(go);
    walkers.into_iter().for_each(|walker| walker.join().unwrap());
    state.lock().unwrap().1
}

#[test]
fn notify_one_may_wake_any_waiter() {
    assert_eq!(outcomes(|| first_of_two(Condvar::notify_one)), [1, 2]);
    assert_eq!(outcomes(|| first_of_two(Condvar::notify_all)), [1, 2]);
}

#[test]
fn waking_one_where_all_must_wake_leaves_one_asleep() {
    let model = |notify: fn(&Condvar)| {
        let door = Door::new();
        let walkers: Vec<_> = ["walker 1", "walker 2"]
            .map(|name| {
                let door = Arc::clone(&door);
                thread::Builder::new().name(name.into()).spawn(move || while_closed(&door)).unwrap()
            })
            .into();
        *door.open.lock().unwrap() = true;
        notify(&door.opened);
        walkers.into_iter().for_each(|walker| walker.join().unwrap());
    };
    right(22, move || model(Condvar::notify_all));
    wrong(
        22,
        &["lost wakeup: `walker 1` sleeps on `opened` for ever, though what it waits for has come"],
        move || model(Condvar::notify_one),
    );
}

#[test]
fn a_wait_with_a_time_out_that_nobody_ends_times_out() {
    let model = || {
        let door = Door::new();
        let (_guard, result) =
            door.opened.wait_timeout(door.open.lock().unwrap(), Duration::from_millis(10)).unwrap();
        result.timed_out()
    };
    assert_eq!(outcomes(model), [true]);
}

#[test]
fn on_a_clock_that_moves_when_nobody_can_run_it_times_out_too() {
    let model = || {
        let door = Door::new();
        let (_guard, result) =
            door.opened.wait_timeout(door.open.lock().unwrap(), Duration::from_millis(10)).unwrap();
        result.timed_out()
    };
    assert_eq!(outcomes_of(every().clock(Clock::Virtual), model), [true]);
}

/// Whether a door that is opened is opened before the time is up.
fn opened_in_time() -> bool {
    let door = Door::new();
    let theirs = Arc::clone(&door);
    let opener = thread::spawn(move || theirs.open());
    let patience = Duration::from_millis(10);
    let (guard, result) =
        door.opened.wait_timeout_while(door.open.lock().unwrap(), patience, |open| !*open).unwrap();
    drop(guard);
    opener.join().unwrap();
    !result.timed_out()
}

#[test]
fn a_wait_with_a_time_out_may_end_either_way() {
    assert_eq!(outcomes(opened_in_time), [false, true]);
}

#[test]
fn on_a_clock_that_stands_still_while_anybody_can_run_it_is_in_time() {
    assert_eq!(outcomes_of(every().clock(Clock::Virtual), opened_in_time), [true]);
}

#[test]
fn on_such_a_clock_everything_that_has_a_time_out_comes_to_an_end() {
    use selvedge::python::queue::Queue;
    use selvedge::python::threading::{Event, Lock};
    use selvedge::sync::mpsc;
    const TIME: Duration = Duration::from_millis(10);
    let models: [(&str, fn()); 6] = [
        ("sleep", || thread::sleep(TIME)),
        ("park", || thread::park_timeout(TIME)),
        ("event", || assert!(!Event::new().wait_timeout(TIME))),
        ("queue", || assert!(Queue::<u64>::new(1).get_timeout(TIME).is_err())),
        ("channel", || {
            let (_sender, receiver) = mpsc::channel::<()>();
            assert!(receiver.recv_timeout(TIME).is_err());
        }),
        ("lock", || {
            let lock = Lock::new();
            lock.acquire();
            assert!(!lock.acquire_timeout(TIME));
            lock.release().unwrap();
        }),
    ];
    for (name, model) in models {
        for alone in [true, false] {
            let model = move || match alone {
                true => model(),
                false => thread::spawn(model).join().unwrap(),
            };
            let report = every().clock(Clock::Virtual).explore(model).unwrap();
            assert!(report.proved(), "{name}, alone: {alone}: {report}");
        }
    }
}

#[test]
fn a_sleeper_is_not_woken_by_what_is_given_back_when_all_is_over() {
    // Whoever holds the mutex waits for it, and gives it back only when the execution is torn down.
    wrong(2, &["deadlock: `holder` waits for `open`, which it holds itself"], || {
        let door = Door::new();
        let theirs = Arc::clone(&door);
        thread::spawn(move || drop(theirs.wait(theirs.open.lock().unwrap())));
        let hold = move || {
            let _held = door.open.lock().unwrap();
            drop(door.open.lock().unwrap());
        };
        thread::Builder::new().name("holder".into()).spawn(hold).unwrap();
    });
}

/// Two take a number each out of a queue, as long as there is none they wait.
fn take_two() -> (u32, u32) {
    let queue = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let take = || {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            let mut numbers =
                queue.1.wait_while(queue.0.lock().unwrap(), |numbers| numbers.is_empty()).unwrap();
            numbers.pop().unwrap()
        })
    };
    let (one, two) = (take(), take());
    for number in 1..=2 {
        queue.0.lock().unwrap().push(number);
        queue.1.notify_one();
    }
    (one.join().unwrap(), two.join().unwrap())
}

#[test]
fn whoever_looks_again_may_be_woken_without_a_cause() {
    for wakeups in 0..2 {
        for explorer in [every_trace(), every()] {
            let explorer = explorer.spurious_wakeups(wakeups);
            assert_eq!(outcomes_of(explorer, take_two), [(1, 2), (2, 1)], "{wakeups}");
        }
    }
}

#[test]
fn a_wait_with_a_time_out_may_end_for_no_reason_when_that_is_asked_for() {
    let seen = |wakeups, clock| {
        outcomes_of(every().spurious_wakeups(wakeups).clock(clock), || {
            let door = Door::new();
            thread::scope(|scope| {
                let waits = scope.spawn(|| {
                    let guard = door.open.lock().unwrap();
                    let (open, result) = door.opened.wait_timeout(guard, Duration::from_secs(1)).unwrap();
                    (*open, result.timed_out())
                });
                door.open();
                waits.join().unwrap()
            })
        })
    };
    let (notified, late) = ((true, false), [(false, true), (true, true)]);
    assert_eq!(seen(0, Clock::Abstract), [late[0], notified, late[1]]);
    assert_eq!(seen(1, Clock::Abstract), [(false, false), late[0], notified, late[1]]);
    assert_eq!(seen(0, Clock::Virtual), [notified, late[1]]);
    // Time passes only when nobody can go on, and by then the door is open.
    assert_eq!(seen(1, Clock::Virtual), [notified, late[1]]);
}
