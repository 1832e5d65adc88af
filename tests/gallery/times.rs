//! Time, as far as a program can rely on it: whoever goes on because of a step finds that all the time has passed that its thread
//! had let pass before.

use super::{every, every_trace, outcomes_of};
use selvedge::sync::atomic::Ordering::{self, Relaxed, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicU32};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock, mpsc};
use selvedge::time::{Duration, Instant};
use selvedge::{Coverage, Explorer, FindingKind, MemoryModel, Search, hint, thread};

const PAUSE: Duration = Duration::from_millis(5);

/// Sleeps before releasing the other thread, or only afterwards.
fn pause(late: bool, release: impl FnOnce()) {
    if late {
        release();
        thread::sleep(PAUSE);
    } else {
        thread::sleep(PAUSE);
        release();
    }
}

#[track_caller]
fn paused(begin: Instant) {
    let elapsed = begin.elapsed();
    assert!(elapsed >= PAUSE, "only {elapsed:?}");
}

/// Proved when the sleep comes before the release; found when it comes after it, and where more time is asked for than was slept.
#[track_caller]
fn relies_on_time(model: impl Fn(bool) + Copy + Send + Sync + 'static) {
    let every = || Explorer::new().search(Search::Dfs { preemptions: None }).executions(20_000);
    let c11 = || Explorer::new().memory(MemoryModel::C11);
    for explorer in [every, Explorer::new, || Explorer::new().search(Search::Exhaustive), c11] {
        let right = explorer().explore(move || model(false)).unwrap();
        assert!(!right.failed() && right.coverage() == Coverage::Proved, "{right}");
        let wrong = explorer().explore(move || model(true)).unwrap();
        let found = wrong.findings().iter().any(|found| found.finding.kind() == FindingKind::Panic);
        assert!(found, "{wrong}");
    }
}

#[test]
fn a_message_is_received_after_all_that_its_sender_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let (sender, receiver) = mpsc::channel();
        let a = thread::spawn(move || pause(late, || sender.send(()).unwrap()));
        receiver.recv().unwrap();
        paused(begin);
        a.join().unwrap();
    });
}

#[test]
fn there_is_room_for_a_message_after_all_that_the_receiver_has_slept() {
    for room in [0, 1] {
        relies_on_time(move |late| {
            let begin = Instant::now();
            let (sender, receiver) = mpsc::sync_channel(room);
            let a = thread::spawn(move || {
                pause(late, || receiver.recv().unwrap());
                receiver.recv().unwrap_or(());
            });
            (0..=room).for_each(|_| sender.send(()).unwrap());
            paused(begin);
            drop(sender);
            a.join().unwrap();
        });
    }
}

#[test]
fn the_last_sender_is_gone_after_all_that_it_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let (sender, receiver) = mpsc::channel::<()>();
        let a = thread::spawn(move || pause(late, || drop(sender)));
        receiver.recv().unwrap_err();
        paused(begin);
        a.join().unwrap();
    });
}

#[test]
fn a_condition_comes_true_after_all_that_its_setter_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let a = thread::spawn(move || {
            pause(late, || {
                *other.0.lock().unwrap() = true;
                other.1.notify_one();
            });
        });
        let mut ready = shared.0.lock().unwrap();
        while !*ready {
            ready = shared.1.wait(ready).unwrap();
        }
        drop(ready);
        paused(begin);
        a.join().unwrap();
    });
}

#[test]
fn a_barrier_opens_after_all_that_the_last_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let a = thread::spawn(move || pause(late, || _ = other.wait()));
        barrier.wait();
        paused(begin);
        a.join().unwrap();
    });
}

fn flag(late: bool, store: Ordering, load: Ordering) {
    let begin = Instant::now();
    let flag = Arc::new(AtomicBool::new(false));
    let other = Arc::clone(&flag);
    let a = thread::spawn(move || pause(late, || other.store(true, store)));
    while !flag.load(load) {
        hint::spin_loop();
    }
    paused(begin);
    a.join().unwrap();
}

#[test]
fn a_flag_is_up_after_all_that_its_setter_has_slept() {
    relies_on_time(|late| flag(late, SeqCst, SeqCst));
    relies_on_time(|late| flag(late, Relaxed, Relaxed));
    relies_on_time(|late| flag(late, Ordering::Release, Ordering::Acquire));
}

#[test]
fn who_is_unparked_has_waited_for_all_that_the_other_has_slept() {
    relies_on_time(|late| {
        let (begin, main) = (Instant::now(), thread::current());
        let a = thread::spawn(move || pause(late, || main.unpark()));
        thread::park();
        paused(begin);
        a.join().unwrap();
    });
}

#[test]
fn a_mutex_is_taken_after_all_that_its_holder_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let mutex = Arc::new(Mutex::new(false));
        let other = Arc::clone(&mutex);
        let a = thread::spawn(move || {
            let mut held = other.lock().unwrap();
            *held = true;
            pause(late, || drop(held));
        });
        if *mutex.lock().unwrap() {
            paused(begin);
        }
        a.join().unwrap();
    });
}

#[test]
fn a_writer_waits_for_all_that_a_reader_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let shared = Arc::new(RwLock::new(()));
        let (other, held) = (Arc::clone(&shared), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&held);
        let a = thread::spawn(move || {
            let guard = other.read().unwrap();
            held.store(true, SeqCst);
            pause(late, || drop(guard));
        });
        if seen.load(SeqCst) {
            drop(shared.write().unwrap());
            paused(begin);
        }
        a.join().unwrap();
    });
}

#[test]
fn what_is_initialized_is_there_after_all_that_the_initializer_has_slept() {
    relies_on_time(|late| {
        let begin = Instant::now();
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let a = thread::spawn(move || pause(late, || _ = other.set(1)));
        if cell.get().is_some() {
            paused(begin);
        }
        a.join().unwrap();
    });
}

#[test]
fn a_thread_has_ended_after_all_that_it_has_slept() {
    for joins in [false, true] {
        relies_on_time(move |late| {
            let begin = Instant::now();
            let a = thread::spawn(move || {
                if !late {
                    thread::sleep(PAUSE)
                }
            });
            if joins {
                a.join().unwrap();
                paused(begin);
            } else if a.is_finished() {
                paused(begin);
            }
        });
    }
}

/// `b` meets nobody before `main` joins it: whatever the others have slept, it may have been done before.
#[test]
fn no_time_has_passed_for_who_meets_nobody() {
    let model = || {
        let (y, begin) = (AtomicU32::new(0), Instant::now());
        let a = thread::spawn(move || {
            thread::sleep(PAUSE);
            begin.elapsed()
        });
        let b = thread::spawn(move || {
            y.store(1, SeqCst);
            begin.elapsed()
        });
        let all = (a.join().unwrap(), b.join().unwrap());
        assert!(all.0 >= PAUSE && begin.elapsed() >= PAUSE);
        all
    };
    let once = outcomes_of(every_trace(), model);
    assert_eq!((once.len(), once[0].1 < PAUSE), (1, true));
    assert_eq!(once, outcomes_of(every(), model));
    let hopes = move || assert!(model().1 >= PAUSE);
    for explorer in [every(), every_trace(), Explorer::new().search(Search::Random)] {
        explorer.expect(FindingKind::Panic).check(hopes);
    }
}
