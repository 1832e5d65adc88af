//! Tests of the atomic types.

use super::*;
use crate::base::{AtomicAction, Outcome};
use crate::engine::Settings;
use crate::engine::testing::{self, settings};
use crate::sync::Arc;
use crate::thread;
use crate::trace::Trace;
use Ordering::{AcqRel, Acquire, Release, SeqCst};
use std::panic::catch_unwind;

/// Runs a model outside an exploration and inside.
fn both(model: impl Fn()) -> Trace {
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
    trace
}

#[test]
fn integers_behave_as_stds() {
    both(|| {
        let mut a = AtomicI8::new(-3);
        assert_eq!(a.fetch_sub(126, SeqCst), -3);
        assert_eq!(a.swap(5, Relaxed), 127);
        assert_eq!(a.fetch_max(-9, AcqRel), 5);
        assert_eq!(a.fetch_min(-9, Acquire), 5);
        assert_eq!((a.fetch_and(6, Release), a.fetch_or(1, SeqCst)), (-9, 6));
        assert_eq!((a.fetch_xor(2, SeqCst), a.fetch_nand(4, SeqCst)), (7, 5));
        assert_eq!(a.compare_exchange(0, 1, SeqCst, Relaxed), Err(-5));
        assert_eq!(a.compare_exchange_weak(-5, 1, SeqCst, Relaxed), Ok(-5));
        assert_eq!(a.fetch_update(SeqCst, SeqCst, |x| (x > 5).then_some(0)), Err(1));
        assert_eq!(a.fetch_update(SeqCst, SeqCst, |x| Some(x + 1)), Ok(1));
        assert_eq!(a.update(SeqCst, SeqCst, |x| x + 1), 2);
        a.store(a.load(Acquire) + 1, Release);
        *a.get_mut() += 1;
        assert_eq!((a.load(SeqCst), format!("{a:?}")), (5, "5".into()));
        *a.get_mut() = -1;
        assert_eq!(a.into_inner(), -1);
        let b = AtomicU64::from(3);
        b.store(u64::MAX, SeqCst);
        let b = b.named("b");
        assert_eq!((b.fetch_add(2, SeqCst), b.load(SeqCst)), (u64::MAX, 1));
        assert_eq!(AtomicU16::default().numbered("c", 1).into_inner(), 0);
        assert_eq!(AtomicIsize::new(isize::MIN).fetch_max(0, SeqCst), isize::MIN);
    });
}

#[test]
fn flags_and_pointers_behave_as_stds() {
    both(|| {
        let flag = AtomicBool::new(true);
        assert!(flag.fetch_not(SeqCst) && !flag.fetch_nand(true, SeqCst) && flag.swap(false, SeqCst));
        assert!(!flag.fetch_or(true, SeqCst) && flag.fetch_and(true, SeqCst) && flag.fetch_xor(true, SeqCst));
        assert_eq!(flag.compare_exchange(false, true, SeqCst, SeqCst), Ok(false));
        assert!(flag.into_inner());
        let mut values = [1_u16, 2];
        let first = values.as_mut_ptr();
        let mut pointer = AtomicPtr::default();
        assert!(pointer.swap(first, SeqCst).is_null());
        assert_eq!(pointer.fetch_ptr_add(1, SeqCst), first);
        // SAFETY: it points to the second value, which nobody else uses.
        assert_eq!(unsafe { *pointer.load(SeqCst) }, 2);
        assert_eq!(pointer.fetch_byte_sub(2, SeqCst), first.wrapping_add(1));
        assert_eq!(pointer.fetch_or(1, SeqCst), first);
        assert_eq!(pointer.fetch_and(!1, SeqCst).addr(), first.addr() | 1);
        assert_eq!(format!("{pointer:p}"), format!("{first:p}"));
        assert_eq!(pointer.compare_exchange(first, std::ptr::null_mut(), SeqCst, SeqCst), Ok(first));
        *pointer.get_mut() = first;
        assert_eq!(pointer.into_inner(), first);
    });
}

#[test]
fn orderings_that_do_not_exist_are_refused_as_by_std() {
    fn check() {
        let refused: [(fn(), &str); 7] = [
            (|| _ = AtomicU8::new(0).load(Release), "a release load"),
            (|| _ = AtomicU8::new(0).load(AcqRel), "an acquire-release load"),
            (|| AtomicU8::new(0).store(0, Acquire), "an acquire store"),
            (|| AtomicU8::new(0).store(0, AcqRel), "an acquire-release store"),
            (|| _ = AtomicU8::new(0).compare_exchange(0, 0, SeqCst, Release), "a release failure ordering"),
            (
                || _ = AtomicU8::new(0).compare_exchange(0, 0, SeqCst, AcqRel),
                "an acquire-release failure ordering",
            ),
            (|| fence(Relaxed), "a relaxed fence"),
        ];
        for (wrong, name) in refused {
            let payload = catch_unwind(wrong).expect_err("it is refused");
            let message = payload.downcast_ref::<&str>().expect("a literal");
            assert_eq!(*message, format!("there is no such thing as {name}"));
        }
    }
    check();
    let trace = testing::run(check);
    assert_eq!(trace.ending, crate::base::Ending::Finished);
}

#[test]
fn a_static_starts_afresh_in_every_execution() {
    static COUNT: AtomicU32 = AtomicU32::with_name(5, "count");
    for _ in 0..2 {
        let trace = testing::run(|| assert_eq!(COUNT.fetch_add(1, SeqCst), 5));
        assert!(trace.panics.is_empty());
        assert_eq!(trace.objects[0].name.to_string(), "count");
    }
    assert_eq!(COUNT.load(SeqCst), 5);
}

#[test]
fn an_unsynchronized_increment_is_lost_in_some_interleavings() {
    let count = |n: u32| {
        testing::all(
            move || {
                let count = Arc::new(AtomicU32::new(0));
                let workers = [(); 2].map(|()| {
                    let count = Arc::clone(&count);
                    thread::spawn(move || {
                        for _ in 0..n {
                            count.store(count.load(SeqCst) + 1, SeqCst);
                        }
                    })
                });
                workers.into_iter().for_each(|worker| worker.join().unwrap());
            },
            |_| {},
        )
    };
    assert_eq!([1, 2, 3].map(count), [6, 70, 924]);
    let totals = testing::outcomes(|| {
        let count = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        count.store(count.load(SeqCst) + 1, SeqCst);
        other.join().unwrap();
        count.load(SeqCst)
    });
    assert_eq!(totals, [1, 2]);
}

#[test]
fn a_weak_exchange_fails_for_no_reason_only_when_asked_to() {
    let failures = |weak_failures| {
        let mut failed = 0;
        testing::all_with(
            Settings { weak_failures, ..settings() },
            || {
                let value = AtomicU8::new(0);
                while value.compare_exchange_weak(0, 1, SeqCst, SeqCst).is_err() {}
                assert_eq!(value.fetch_update(SeqCst, SeqCst, |x| Some(x + 1)), Ok(1));
            },
            |trace| {
                failed += trace.steps.iter().filter(|s| matches!(s.outcome, Outcome::Mismatch(_))).count()
            },
        );
        failed
    };
    assert_eq!(failures(0), 0);
    assert_eq!(failures(1), 2);
}

#[test]
fn orderings_and_fences_are_kept_in_the_trace() {
    let trace = both(|| {
        fence(Acquire);
        compiler_fence(SeqCst);
        AtomicU8::new(0).store(1, Release);
    });
    assert_eq!(trace.steps[0].operation.action, Action::Fence(Acquire));
    let store = AtomicAction::Store { value: 1, ordering: Release };
    assert_eq!(trace.steps[1].operation.action, Action::Atomic(store));
    assert!(trace.steps[1].location.file().ends_with("tests.rs"));
}

#[test]
fn variables_cross_threads_and_panics_as_stds() {
    fn check<T: Send + Sync + Unpin + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    check::<AtomicU8>();
    check::<AtomicBool>();
    check::<AtomicPtr<std::rc::Rc<()>>>();
}
