//! Wakers that are pointers.

use super::{Arc, Owner, SeqCst, StdArc, UnsafeCell, Weak, testing};
use crate::sync::Mutex;
use crate::sync::atomic::AtomicU32;
use crate::thread;
use std::task::{RawWaker, Wake, Waker};

#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: StdArc<Self>) {
        self.0.fetch_add(10, SeqCst);
    }

    fn wake_by_ref(self: &StdArc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_waker_counts_as_the_pointer_did() {
    fn model() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let other = waker.clone();
        assert!(other.will_wake(&waker) && other.will_wake(&Waker::from(count.clone())));
        assert_eq!(Arc::strong_count(&count), 3);
        waker.wake_by_ref();
        other.wake();
        assert_eq!((count.0.load(SeqCst), Arc::strong_count(&count)), (11, 2));
        drop(waker);
        let raw = RawWaker::from(count);
        // SAFETY: it is a waker, used once.
        let last = unsafe { Waker::from_raw(raw) };
        last.wake();
    }
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}

#[test]
fn outside_waking_hands_the_last_pointer_over() {
    struct Last;
    impl Wake for Last {
        fn wake(self: StdArc<Self>) {
            assert!(StdArc::try_unwrap(self).is_ok());
        }
    }
    Waker::from(Arc::new(Last)).wake();
}

#[test]
fn a_destructor_comes_after_what_wakers_did() {
    struct Task(Owner);
    impl Wake for Task {
        fn wake(self: StdArc<Self>) {
            // SAFETY: nobody else uses it but the destructor.
            self.0.0.with_mut(|value| unsafe { *value = 1 });
        }
    }
    let executions = testing::all(
        || {
            let (task, gate) = (Arc::new(Task(Owner(UnsafeCell::new(0)))), Arc::new(AtomicU32::new(0)));
            let (waker, their_gate) = (Waker::from(task.clone()), gate.clone());
            let other = thread::spawn(move || {
                waker.wake();
                their_gate.fetch_add(1, SeqCst);
            });
            gate.fetch_add(1, SeqCst);
            drop(task);
            other.join().unwrap();
        },
        |trace| assert!(trace.races.is_empty() && trace.panics.is_empty(), "{trace:?}"),
    );
    assert!(executions > 1);
}

#[test]
fn a_task_comes_back_to_its_queue_as_one_of_ours() {
    struct Task {
        queue: Weak<Mutex<Vec<Arc<Task>>>>,
    }
    impl Wake for Task {
        fn wake(self: StdArc<Self>) {
            let task = Arc::from_std(self);
            if let Some(queue) = task.queue.upgrade() {
                queue.lock().unwrap().push(task);
            }
        }
    }
    let woken = testing::outcomes(|| {
        let queue = Arc::new(Mutex::new(Vec::new()));
        let waker = Waker::from(Arc::new(Task { queue: Arc::downgrade(&queue) }));
        let other = thread::spawn(move || waker.wake());
        let early = queue.lock().unwrap().pop().is_some();
        other.join().unwrap();
        let late = queue.lock().unwrap().pop();
        (early, late.is_some())
    });
    assert_eq!(woken, [(false, true), (true, false)]);
}
