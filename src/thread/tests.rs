//! Tests of threads.

use super::*;
use crate::base::{Action, Ending, ThreadAction};
use crate::engine::testing;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use crate::trace::{ThreadStatus, Trace};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Runs a model outside an exploration and inside.
fn both(model: impl Fn()) -> Trace {
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    assert_eq!(trace.ending, Ending::Finished);
    trace
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload.downcast_ref::<&str>().copied().unwrap_or("")
}

#[test]
fn threads_return_their_results_and_their_panics() {
    fn model() {
        let (good, bad) = (spawn(|| 1), spawn(|| -> u32 { panic!("bad") }));
        assert_eq!(good.join().unwrap(), 1);
        assert_eq!(message(&*bad.join().unwrap_err()), "bad");
        assert!(!panicking());
    }
    let trace = testing::run(model);
    assert!(matches!(trace.threads[2].status, ThreadStatus::Panicked { delivered: true }));
    assert_eq!((trace.ending, trace.panics.len()), (Ending::Finished, 1));
}

#[test]
fn threads_know_who_they_are() {
    both(|| {
        let named = Builder::new().name("worker".into()).stack_size(1 << 20);
        let named = named.spawn(|| (current().name().map(str::to_owned), current().id())).unwrap();
        let (handle, id) = (named.thread().clone(), named.thread().id());
        assert_eq!(named.join().unwrap(), (Some("worker".into()), id));
        assert_eq!(handle.name(), Some("worker"));
        assert_ne!(id, current().id());
        assert!(spawn(|| current().name().is_none()).join().unwrap());
        assert!(available_parallelism().is_ok());
    });
    let trace = testing::run(|| {
        assert_eq!(current().name(), Some("main"));
        assert_eq!(format!("{:?}", current().id()), "ThreadId(1)");
        let null = catch_unwind(|| Builder::new().name("a\0".into()).spawn(|| ()));
        assert!(null.is_err());
    });
    assert_eq!(trace.ending, Ending::Finished);
}

#[test]
fn tokens_wake_parked_threads() {
    both(|| {
        let sleeper = spawn(|| {
            park();
            park_timeout(Duration::from_millis(1));
            sleep(Duration::from_nanos(1));
        });
        sleeper.thread().unpark();
        sleeper.join().unwrap();
        current().unpark();
        park();
    });
    let trace = testing::run(park);
    assert_eq!(trace.ending, Ending::Deadlocked);
}

#[test]
#[expect(deprecated, reason = "these are std's older names")]
fn milliseconds_pass_as_durations_do() {
    let trace = both(|| {
        sleep_ms(1);
        park_timeout_ms(2);
    });
    let pauses = trace.steps.iter().filter_map(|step| match step.operation.action {
        Action::Thread(ThreadAction::Sleep(time) | ThreadAction::Park { timeout: time }) => Some(time),
        _ => None,
    });
    assert_eq!(pauses.collect::<Vec<_>>(), [1_000_000, 2_000_000]);
}

#[test]
fn a_stack_that_no_machine_has_room_for_is_refused() {
    both(|| {
        for size in [usize::MAX, usize::MAX / 2] {
            let huge = || Builder::new().name("huge".into()).stack_size(size);
            assert!(huge().spawn(|| ()).is_err());
            assert!(scope(|scope| huge().spawn_scoped(scope, || ()).is_err()));
        }
        assert_eq!(Builder::new().stack_size(0).spawn(|| 1).unwrap().join().unwrap(), 1);
    });
}

#[test]
fn a_loop_that_yields_or_spins_waits_without_a_million_steps() {
    for pause in [yield_now as fn(), crate::hint::spin_loop, || sleep(Duration::from_millis(1))] {
        let trace = both(move || {
            let flag = Arc::new(AtomicBool::new(false));
            let theirs = flag.clone();
            let waiter = spawn(move || {
                while !theirs.load(SeqCst) {
                    pause();
                }
            });
            yield_now();
            flag.store(true, SeqCst);
            waiter.join().unwrap();
        });
        assert!(trace.steps.len() < 40, "{}", trace.steps.len());
    }
}

#[test]
fn asking_whether_a_thread_is_finished_tells_either() {
    let answers = testing::outcomes(|| {
        let thread = spawn(|| ());
        let answer = thread.is_finished();
        thread.join().unwrap();
        answer
    });
    assert_eq!(answers, [false, true]);
    let thread = spawn(park);
    assert!(!thread.is_finished());
    thread.thread().unpark();
    thread.join().unwrap();
}

#[test]
fn the_result_of_a_thread_that_nobody_joins_is_dropped() {
    let kept = std::sync::Arc::new(());
    let ours = kept.clone();
    testing::run(move || {
        let (a, b) = (ours.clone(), ours.clone());
        drop(spawn(move || a));
        let late = spawn(move || {
            yield_now();
            b
        });
        drop(late);
        yield_now();
        yield_now();
    });
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
}

#[test]
fn a_scope_waits_for_its_threads_and_theirs() {
    both(|| {
        let (total, words) = (AtomicU32::new(0), ["a", "bc", "def"]);
        let joined = scope(|scope| {
            let handle = scope.spawn(|| words[0].len());
            let _ = Builder::new().name("second".into()).spawn_scoped(scope, || {
                scope.spawn(|| total.fetch_add(words[2].len() as u32, SeqCst));
                yield_now();
                total.fetch_add(words[1].len() as u32, SeqCst);
            });
            assert!(handle.thread().name().is_none());
            handle.join().unwrap()
        });
        assert_eq!((joined, total.load(SeqCst)), (1, 5));
    });
}

#[test]
fn a_scope_tells_of_panics_that_nobody_took() {
    fn model() {
        let told = catch_unwind(|| scope(|scope| drop(scope.spawn(|| panic!("lost")))));
        assert_eq!(message(&*told.unwrap_err()), "a scoped thread panicked");
        let taken = scope(|scope| scope.spawn(|| panic!("taken")).join().is_err());
        assert!(taken);
        let done = AtomicBool::new(false);
        let own = catch_unwind(AssertUnwindSafe(|| {
            scope(|scope| {
                scope.spawn(|| {
                    yield_now();
                    done.store(true, SeqCst);
                });
                panic!("own");
            })
        }));
        assert_eq!(message(&*own.unwrap_err()), "own");
        assert!(done.load(SeqCst));
    }
    assert_eq!(testing::run(model).ending, Ending::Finished);
}

#[test]
fn results_that_borrow_are_dropped_before_the_scope_ends() {
    struct Noted<'a>(&'a Cell<u32>, &'a RefCell<Vec<u32>>);
    // SAFETY: outside an exploration the test uses no second thread, and inside all threads are one.
    unsafe impl Send for Noted<'_> {}
    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0.get());
        }
    }
    let trace = testing::run(|| {
        let (value, log) = (Cell::new(1), RefCell::new(Vec::new()));
        let noted = Noted(&value, &log);
        scope(|scope| drop(scope.spawn(move || noted)));
        value.set(2);
        assert_eq!(log.take(), [1]);
    });
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}

#[test]
fn a_deadlocked_scope_is_torn_down_from_within() {
    let kept = std::sync::Arc::new(());
    let ours = kept.clone();
    let trace = testing::run(move || {
        let mine = ours.clone();
        scope(|scope| {
            scope.spawn(|| mine.clone());
            scope.spawn(|| {
                let _mine = &mine;
                park();
            });
        });
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
}

#[test]
fn joins_are_no_choices_and_happen_once() {
    let mut joins = Vec::new();
    let count = testing::all(
        || {
            scope(|scope| {
                let first = scope.spawn(|| ());
                scope.spawn(|| ());
                first.join().unwrap();
            })
        },
        |trace| {
            let is_join = |s: &&crate::base::Step| {
                matches!(s.operation.action, crate::base::Action::Thread(ThreadAction::Join { .. }))
            };
            joins.push(trace.steps.iter().filter(is_join).count());
        },
    );
    assert_eq!((count, joins), (1, vec![2]));
}

crate::thread_local! {
    /// Documented.
    static DEPTH: Cell<u32> = const { Cell::new(7) };
    pub(crate) static LOG: RefCell<Vec<u32>> = RefCell::new(vec![DEPTH.get()]);
    static LAST: Loud = Loud
}

/// Its destructor asks for other locals and for itself.
struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {
        assert!(LAST.try_with(|_| ()).is_err());
        DEPTH.with(|_| ());
        let _ = EXTRA.try_with(|_| ());
        std_count(|count| count.set(count.get() + 1));
    }
}

struct Echo;

impl Drop for Echo {
    fn drop(&mut self) {
        assert!(LAST.try_with(|_| ()).is_err());
    }
}

crate::thread_local!(static EXTRA: Echo = Echo);

fn std_count<R>(f: impl FnOnce(&Cell<u32>) -> R) -> R {
    std::thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    COUNT.with(f)
}

#[test]
fn every_thread_has_locals_of_its_own() {
    both(|| {
        DEPTH.set(1);
        let theirs = spawn(|| (DEPTH.replace(2), LOG.take(), DEPTH.take(), DEPTH.get()));
        assert_eq!(theirs.join().unwrap(), (7, vec![2], 2, 0));
        assert_eq!(DEPTH.get(), 1);
        LOG.set(vec![3]);
        LOG.with_borrow_mut(|log| log.push(4));
        assert_eq!(LOG.with_borrow(Vec::len), 2);
        assert_eq!(LOG.replace(Vec::new()), [3, 4]);
    });
    // And afresh in every execution.
    for _ in 0..2 {
        let trace = testing::run(|| assert_eq!(DEPTH.replace(9), 7));
        assert!(trace.panics.is_empty());
    }
}

#[test]
fn locals_are_destroyed_with_their_thread_and_cannot_come_back() {
    let before = std_count(Cell::get);
    let trace = testing::run(|| spawn(|| LAST.with(|_| ())).join().unwrap());
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    assert_eq!(std_count(Cell::get), before + 1);
    // Also when it is torn down.
    let trace = testing::run(|| {
        LAST.with(|_| ());
        park();
    });
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    assert_eq!(std_count(Cell::get), before + 2);
}

#[test]
fn handles_cross_threads_as_stds() {
    fn check<T: Send + Sync>() {}
    check::<JoinHandle<std::rc::Rc<()>>>();
    check::<ScopedJoinHandle<'static, Cell<u32>>>();
    check::<Scope<'static, 'static>>();
    check::<LocalKey<std::rc::Rc<()>>>();
    check::<(Thread, ThreadId, Builder, AccessError)>();
}
