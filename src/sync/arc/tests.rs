//! Tests of reference-counted pointers.

mod forms;
mod wakers;

use super::*;
use crate::base::ObjectKind;
use crate::cell::UnsafeCell;
use crate::engine::testing;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use crate::thread;
use crate::trace::Trace;

/// How many steps on pointers' counts a trace has.
fn steps_on_counts(trace: &Trace) -> usize {
    trace.steps.iter().filter(|step| matches!(step.operation.action, Action::Arc(_))).count()
}

#[test]
fn behaves_as_stds_inside_and_outside() {
    fn model() {
        let mut a = Arc::new(String::from("a"));
        let b = Arc::clone(&a);
        assert!(Arc::ptr_eq(&a, &b) && Arc::strong_count(&a) == 2 && Arc::weak_count(&a) == 0);
        assert!(Arc::get_mut(&mut a).is_none());
        Arc::make_mut(&mut a).push('x');
        assert_eq!((a.as_str(), b.as_str()), ("ax", "a"));
        assert!(!Arc::ptr_eq(&a, &b));
        let weak = Arc::downgrade(&a);
        assert_eq!((weak.strong_count(), weak.weak_count(), Arc::weak_count(&a)), (1, 1, 1));
        Arc::make_mut(&mut a).push('y');
        assert!(weak.upgrade().is_none() && a.as_str() == "axy");
        Arc::get_mut(&mut a).unwrap().clear();
        assert_eq!(Arc::try_unwrap(a), Ok(String::new()));
        let c = Arc::clone(&b);
        let b = Arc::try_unwrap(b).unwrap_err();
        assert_eq!(Arc::unwrap_or_clone(c), "a");
        assert_eq!(Arc::into_inner(b).as_deref(), Some("a"));
        let (x, y) = (Arc::named(Arc::new(1), "x"), Arc::with_name(2, "y"));
        assert!(x < y && *x == 1 && format!("{x:?}{y}") == "12");
        assert!(Arc::into_inner(x.clone()).is_none());
    }
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}

#[test]
fn is_made_of_what_stds_is_made_of() {
    fn model() {
        assert_eq!(&*Arc::<str>::from("ab"), "ab");
        assert_eq!(&*Arc::<str>::from(String::from("ab")), "ab");
        assert_eq!(&*Arc::<[u8]>::from(vec![1, 2]), [1, 2]);
        assert_eq!(&*(1..3).collect::<Arc<[u8]>>(), [1, 2]);
        assert_eq!(*Arc::<u8>::from(Box::new(3)), 3);
        assert_eq!(Arc::<[u8]>::default().len() + Arc::<str>::default().len() + *Arc::<usize>::default(), 0);
        assert_eq!(*Arc::pin(4), 4);
        let any: Arc<dyn Any + Send + Sync> = Arc::from_std(StdArc::new(5_u32));
        let any = any.downcast::<u8>().unwrap_err();
        assert_eq!(*any.downcast::<u32>().unwrap(), 5);
        let cyclic = Arc::new_cyclic(|weak: &Weak<(u32, Weak<u32>)>| {
            assert!(weak.upgrade().is_none());
            (6, Weak::new())
        });
        assert!(cyclic.0 == 6 && cyclic.1.upgrade().is_none() && Arc::weak_count(&cyclic) == 0);
        let raw = Arc::into_raw(Arc::new(7));
        // SAFETY: each pointer came from `into_raw` and counts for one.
        unsafe {
            Arc::increment_strong_count(raw);
            Arc::decrement_strong_count(raw);
            assert_eq!(*Arc::from_raw(raw), 7);
        }
    }
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}

#[test]
fn only_what_observes_the_count_is_a_step() {
    let trace = testing::run(|| {
        let a = Arc::new(());
        let b = a.clone();
        let weak = Arc::downgrade(&a);
        drop((b, weak.clone()));
    });
    // The weak pointer goes first: nobody can tell when the last strong one goes.
    assert_eq!(steps_on_counts(&trace), 0);
    let trace = testing::run(|| {
        let a = Arc::new(());
        let weak = Arc::downgrade(&a);
        drop((a, weak));
    });
    assert_eq!(steps_on_counts(&trace), 1);
    let trace = testing::run(|| assert_eq!(Arc::strong_count(&Arc::new(())), 1));
    assert_eq!(steps_on_counts(&trace), 1);
    assert_eq!(trace.objects.len(), 1);
}

struct Owner(UnsafeCell<u32>);

// SAFETY: each test says who may use the cell.
unsafe impl Sync for Owner {}

impl Drop for Owner {
    fn drop(&mut self) {
        assert_eq!(*self.0.get_mut(), 1);
    }
}

#[test]
fn a_destructor_comes_after_all_other_drops() {
    let executions = testing::all(
        || {
            let (ours, gate) = (Arc::new(Owner(UnsafeCell::new(0))), Arc::new(AtomicU32::new(0)));
            let (theirs, their_gate) = (ours.clone(), gate.clone());
            let writer = thread::spawn(move || {
                // SAFETY: nobody else uses it but the destructor.
                theirs.0.with_mut(|value| unsafe { *value = 1 });
                their_gate.fetch_add(1, Relaxed);
            });
            gate.fetch_add(1, Relaxed);
            drop(ours);
            writer.join().unwrap();
        },
        |trace| assert!(trace.races.is_empty() && trace.panics.is_empty(), "{trace:?}"),
    );
    assert!(executions > 1);
}

#[test]
fn a_refused_try_unwrap_teaches_nothing() {
    let mut racy = 0;
    testing::all(
        || {
            let ours = Arc::new((UnsafeCell::new(0), AtomicU32::new(0)));
            struct Share(Arc<(UnsafeCell<i32>, AtomicU32)>);
            // SAFETY: false, on purpose: the race must be found.
            unsafe impl Send for Share {}
            let (theirs, kept) = (Share(ours.clone()), ours.clone());
            let writer = thread::spawn(move || {
                let theirs = theirs;
                theirs.0.0.with_mut(|_| ());
            });
            let ours = Arc::try_unwrap(ours).map(|_| ()).unwrap_err();
            kept.0.with(|_| ());
            drop(ours);
            writer.join().unwrap();
        },
        |trace| racy += usize::from(!trace.races.is_empty()),
    );
    assert_ne!(racy, 0);
}

#[test]
fn an_upgrade_finds_the_value_or_not() {
    let found = testing::outcomes(|| {
        let strong = Arc::new(1);
        let weak = Arc::downgrade(&strong);
        let upgrade = thread::spawn(move || weak.upgrade().is_some());
        drop(strong);
        upgrade.join().unwrap()
    });
    assert_eq!(found, [false, true]);
}

#[test]
fn counts_are_seen_in_every_state() {
    let seen = testing::outcomes(|| {
        let mut ours = Arc::new(AtomicU32::new(0));
        let theirs = ours.clone();
        let other = thread::spawn(move || theirs.fetch_add(1, SeqCst));
        let seen = (Arc::get_mut(&mut ours).is_some(), Arc::strong_count(&ours));
        other.join().unwrap();
        seen
    });
    assert_eq!(seen, [(false, 1), (false, 2), (true, 1)]);
}

#[test]
fn a_pointer_from_outside_is_one_object_in_every_execution() {
    let outside = Arc::with_name(AtomicU32::new(0), "outside");
    testing::all(
        || {
            let theirs = outside.clone();
            let other =
                thread::spawn(move || theirs.fetch_add(1, SeqCst) + Arc::strong_count(&theirs) as u32);
            outside.fetch_add(1, SeqCst);
            let _ = Arc::strong_count(&outside);
            other.join().unwrap();
        },
        |trace| {
            let pointers = trace.objects.iter().filter(|object| object.kind == ObjectKind::Arc);
            assert_eq!(pointers.map(|object| object.name.to_string()).collect::<Vec<_>>(), ["outside"]);
        },
    );
    assert_eq!(Arc::strong_count(&outside), 1);
    assert_eq!(outside.load(SeqCst), 0);
}

#[test]
fn nothing_leaks_when_threads_are_torn_down() {
    let outside = StdArc::new(());
    let counted = outside.clone();
    let trace = testing::run(move || {
        let shared = Arc::from_std(StdArc::new(counted.clone()));
        let theirs = shared.clone();
        thread::spawn(move || {
            thread::park();
            drop(theirs);
        });
    });
    assert_eq!(trace.ending, crate::base::Ending::Deadlocked);
    assert_eq!(StdArc::strong_count(&outside), 1);
}
