//! The engine from inside, through raw operations: no facade.

use super::current::{self, perform, perform_on, spawn};
use super::slot::Slot;
use super::testing::{all, outcomes, run};
use crate::base::object::{Atomic, Mutex, State};
use crate::base::{
    Action, AtomicAction, Ending, FOREVER, MutexAction, ObjectKind, Operation, Outcome, ThreadAction,
    ThreadId, Width,
};
use crate::trace::{PanicKind, ThreadStatus};
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;

struct Word(Slot);

impl Word {
    fn new() -> Rc<Word> {
        Rc::new(Word(Slot::new()))
    }

    fn act(&self, action: AtomicAction) -> u64 {
        let width = Width::Unsigned(64);
        let begin = || (ObjectKind::Atomic(width), State::Atomic(Atomic::new(0, width)));
        let object = current::object(&self.0, begin).expect("inside an exploration");
        perform_on(object, Action::Atomic(action), Location::caller()).value().unwrap_or(0)
    }

    fn load(&self) -> u64 {
        self.act(AtomicAction::Load(SeqCst))
    }

    fn store(&self, value: u64) {
        self.act(AtomicAction::Store { value, ordering: SeqCst });
    }
}

struct Lock(Slot);

impl Lock {
    fn act(&self, action: MutexAction) -> Outcome {
        let begin = || (ObjectKind::Mutex, State::Mutex(Mutex::new(false)));
        let object = current::object(&self.0, begin).expect("inside an exploration");
        perform_on(object, Action::Mutex(action), Location::caller())
    }

    fn lock(&self) {
        self.act(MutexAction::Lock { timeout: FOREVER });
    }

    fn unlock(&self) {
        self.act(MutexAction::Unlock { poison: false });
    }
}

fn start<T: 'static>(job: impl FnOnce() -> T + 'static) -> super::fiber::Claim<T> {
    spawn("", false, Location::caller(), job)
}

fn join<T>(claim: super::fiber::Claim<T>) -> std::thread::Result<T> {
    current::join(claim.thread, Location::caller());
    claim.take().expect("it has ended")
}

#[test]
fn an_empty_model_finishes() {
    let trace = run(|| {});
    assert_eq!(trace.ending, Ending::Finished);
    assert!(trace.schedule.is_empty());
}

#[test]
fn interleavings_of_loads_and_stores_are_counted_exactly() {
    for (n, expected) in [(1, 6), (2, 70), (3, 924), (4, 12_870)] {
        let model = move || {
            let x = Word::new();
            let workers = [x.clone(), x.clone()].map(|x| {
                start(move || {
                    for _ in 0..n {
                        let v = x.load();
                        x.store(v + 1);
                    }
                })
            });
            for worker in workers {
                join(worker).expect("no panic");
            }
            x.load();
        };
        assert_eq!(all(model, |t| assert_eq!(t.ending, Ending::Finished)), expected, "n = {n}");
    }
}

#[test]
fn a_lost_update_is_among_the_outcomes() {
    let model = || {
        let x = Word::new();
        let y = x.clone();
        let other = start(move || y.store(y.load() + 1));
        x.store(x.load() + 1);
        join(other).expect("no panic");
        x.load()
    };
    assert_eq!(outcomes(model), [1, 2]);
}

#[test]
fn a_mutex_excludes_and_blocked_threads_are_not_offered() {
    let model = || {
        let (x, m) = (Word::new(), Rc::new(Lock(Slot::new())));
        let (y, n) = (x.clone(), m.clone());
        let other = start(move || {
            n.lock();
            y.store(y.load() + 1);
            n.unlock();
        });
        m.lock();
        x.store(x.load() + 1);
        m.unlock();
        join(other).expect("no panic");
        x.load()
    };
    assert_eq!(outcomes(model), [2]);
}

#[test]
fn a_cycle_of_locks_deadlocks_in_some_interleavings() {
    let mut endings = (0, 0);
    let model = || {
        let [a, b] = [(); 2].map(|()| Rc::new(Lock(Slot::new())));
        let (c, d) = (a.clone(), b.clone());
        let other = start(move || {
            d.lock();
            c.lock();
            c.unlock();
            d.unlock();
        });
        a.lock();
        b.lock();
        b.unlock();
        a.unlock();
        join(other).expect("no panic");
    };
    all(model, |trace| match trace.ending {
        Ending::Finished => endings.0 += 1,
        Ending::Deadlocked => {
            endings.1 += 1;
            assert!(trace.threads.iter().all(|t| matches!(t.status, ThreadStatus::Blocked(..))));
        }
        other => panic!("{other:?}"),
    });
    assert!(endings.0 > 0 && endings.1 > 0, "{endings:?}");
}

#[test]
fn a_panic_is_delivered_to_who_joins() {
    let trace = run(|| {
        let result = join(start(|| -> u8 { panic!("no {}", std::hint::black_box(7)) }));
        assert_eq!(result.unwrap_err().downcast_ref::<String>().expect("text"), "no 7");
    });
    assert_eq!(trace.ending, Ending::Finished);
    assert_eq!(trace.panics.len(), 1);
    assert_eq!(trace.panics[0].message, "no 7");
    assert!(trace.panics[0].location.contains("tests.rs"));
}

#[test]
fn a_panic_of_main_ends_the_execution_and_unwinds_the_others() {
    let alive = Rc::new(());
    let keep = alive.clone();
    let trace = run(move || {
        let (m, held) = (Rc::new(Lock(Slot::new())), keep.clone());
        m.lock();
        start(move || {
            m.lock();
            drop(held);
        });
        panic!("enough");
    });
    assert_eq!(trace.ending, Ending::Panicked(ThreadId::MAIN));
    assert_eq!(Rc::strong_count(&alive), 1, "the blocked thread's closure was dropped");
}

struct PanicOnDrop;

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_in_a_destructor_while_unwinding_is_survived_again_and_again() {
    for _ in 0..3 {
        let trace = run(|| {
            let _trap = PanicOnDrop;
            panic!("first");
        });
        assert_eq!(trace.ending, Ending::Panicked(ThreadId::MAIN));
        assert_eq!(trace.panics.last().expect("recorded").kind, PanicKind::WhileUnwinding);
        assert!(!std::thread::panicking());
    }
}

#[test]
fn the_panic_hook_can_be_replaced_after_a_thread_was_given_up() {
    run(|| {
        let _trap = PanicOnDrop;
        panic!("first");
    });
    let (done, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let hook = std::panic::take_hook();
        std::panic::set_hook(hook);
        let _ = done.send(());
    });
    waits.recv_timeout(std::time::Duration::from_secs(20)).expect("the hook is not locked for ever");
}

#[test]
fn a_panic_in_a_destructor_while_a_deadlock_is_torn_down_is_survived() {
    let trace = run(|| {
        let m = Lock(Slot::new());
        m.lock();
        let _trap = PanicOnDrop;
        m.lock();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    assert_eq!(trace.panics[0].kind, PanicKind::WhileTearingDown);
    assert!(!std::thread::panicking());
}

#[test]
fn a_destructor_that_would_wait_for_ever_while_torn_down_is_cut_off() {
    struct LockOnDrop(Rc<Lock>);
    impl Drop for LockOnDrop {
        fn drop(&mut self) {
            self.0.lock();
        }
    }
    let trace = run(|| {
        let m = Rc::new(Lock(Slot::new()));
        m.lock();
        let _trap = LockOnDrop(m.clone());
        m.lock();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    assert!(!std::thread::panicking());
    assert_eq!(run(|| {}).ending, Ending::Finished);
}

#[test]
fn a_model_that_catches_its_own_end_is_cut_off() {
    let trace = run(|| {
        let m = Rc::new(Lock(Slot::new()));
        m.lock();
        loop {
            let n = m.clone();
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || n.lock()));
        }
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn deep(n: u64) -> u64 {
    let block = std::hint::black_box([n; 64]);
    deep(block[0] + 1) + block[1]
}

#[test]
fn a_stack_overflow_on_top_of_other_fibers_ends_one_execution() {
    let (mut overflows, mut odd) = (0, 0);
    all(
        || {
            let word = Word::new();
            let threads = [1, 2].map(|n| {
                let word = word.clone();
                start(move || {
                    word.store(n);
                    // Only when the other thread has come in between.
                    if word.load() != n { deep(0) } else { 0 }
                })
            });
            threads.into_iter().for_each(|thread| drop(join(thread)));
        },
        |trace| match trace.ending {
            Ending::Panicked(_) => overflows += usize::from(trace.panics[0].kind == PanicKind::StackOverflow),
            _ => odd += usize::from(trace.steps.len() != 11),
        },
    );
    assert_eq!((overflows, odd), (4, 0));
}

#[test]
fn a_stack_overflow_is_a_panic_with_a_name() {
    for _ in 0..3 {
        let trace = run(|| {
            join(start(|| deep(0))).ok();
        });
        assert_eq!(trace.ending, Ending::Panicked(ThreadId(1)));
        assert_eq!(trace.panics[0].kind, PanicKind::StackOverflow);
    }
    assert_eq!(run(|| {}).ending, Ending::Finished);
}

#[test]
fn two_threads_that_spin_on_each_other_are_a_livelock_soon() {
    for hinted in [true, false] {
        let trace = run(move || {
            let [x, y] = [Word::new(), Word::new()];
            let (p, q) = (x.clone(), y.clone());
            let spin = move |mine: Rc<Word>, theirs: Rc<Word>| {
                while theirs.load() == 0 {
                    if hinted {
                        let here = Location::caller();
                        perform(Operation::free(Action::Thread(ThreadAction::Spin)), here);
                        current::offer_turn(here);
                    }
                }
                mine.store(1);
            };
            let other = start(move || spin(q, p));
            let mine = move |mine: Rc<Word>, theirs: Rc<Word>| {
                while theirs.load() == 0 {
                    let _ = &mine;
                }
            };
            if hinted {
                join(other).ok();
            } else {
                mine(x, y);
            }
        });
        assert_eq!(trace.ending, Ending::Livelocked);
        assert!(trace.steps.len() < 10_000, "{}", trace.steps.len());
    }
}

#[test]
fn a_spin_that_somebody_ends_is_none() {
    let model = || {
        let x = Word::new();
        let y = x.clone();
        let other = start(move || y.store(1));
        let mut rounds = 0;
        while x.load() == 0 {
            rounds += 1;
            let here = Location::caller();
            perform(Operation::free(Action::Thread(ThreadAction::Spin)), here);
            current::offer_turn(here);
        }
        join(other).expect("no panic");
        rounds
    };
    let rounds = outcomes(model);
    assert!(rounds.contains(&0) && rounds.contains(&1) && rounds.len() <= 5, "{rounds:?}");
}

#[test]
fn the_bound_on_steps_is_kept() {
    let settings = super::Settings { steps: 100, ..super::testing::settings() };
    let trace = super::testing::run_with(settings, || {
        let x = Word::new();
        loop {
            x.store(x.load() + 1);
        }
    });
    assert_eq!(trace.ending, Ending::StepLimit);
    assert_eq!(trace.schedule.len(), 100);
}

#[test]
fn is_finished_may_still_say_no_until_somebody_knows_better() {
    let model = || {
        let x = Word::new();
        let y = x.clone();
        let other = start(move || y.store(1));
        let ask = || {
            let ask = Action::Thread(ThreadAction::IsFinished(other.thread));
            perform(Operation::free(ask), Location::caller()) == Outcome::Value(1)
        };
        let seen = x.load() == 1;
        let answers = (seen, ask(), ask());
        join(other).expect("no panic");
        answers
    };
    let all = outcomes(model);
    assert!(all.contains(&(true, false, false)) && all.contains(&(true, true, true)));
    assert!(!all.iter().any(|(_, first, second)| *first && !second), "who has ended stays so");
}
