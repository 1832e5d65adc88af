//! Programs of pools of threads: right ones and wrong ones.

use super::{every_trace, headlines};
use selvedge::Report;
use selvedge::python::futures::ThreadPoolExecutor;
use selvedge::python::threading::Lock;
use selvedge::python::{Error, Shared};

fn explored(model: impl Fn() + Send + Sync + 'static) -> Report {
    every_trace().explore(model).unwrap()
}

#[test]
fn tasks_that_share_a_variable_need_a_lock() {
    let model = |locked: bool| {
        move || {
            let (total, lock) = (Shared::new(0).named("total"), Lock::new().named("lock"));
            ThreadPoolExecutor::with(2, |pool| {
                for _ in 0..2 {
                    let (total, lock) = (total.clone(), lock.clone());
                    let add = move || total.set(total.get() + 1);
                    let task = move || {
                        if locked {
                            lock.with(add)
                        } else {
                            add()
                        }
                        Ok(())
                    };
                    pool.submit(task).unwrap();
                }
            });
            assert_eq!(total.get(), 2);
        }
    };
    let report = explored(model(true));
    assert!(report.proved(), "{report}");
    let report = explored(model(false));
    assert!(report.to_string().contains("The cause may be a lost update of `total`"), "{report}");
}

#[test]
fn a_task_that_waits_for_a_task_of_its_own_pool_takes_the_thread_that_would_do_it() {
    let model = |threads: usize| {
        move || {
            ThreadPoolExecutor::with(threads, |pool| {
                let inner = pool.clone();
                let outer = pool.submit(move || inner.submit(|| Ok(1))?.result()).unwrap();
                assert_eq!(outer.result(), Ok(1));
            });
        }
    };
    let report = explored(model(2));
    assert!(report.proved(), "{report}");
    let report = explored(model(1));
    let headline = "deadlock: `main` and `ThreadPoolExecutor-0_0` wait for what nobody is left to do";
    assert_eq!(headlines(&report), [headline], "{report}");
}

#[test]
fn an_error_that_nobody_asks_for_goes_unheard() {
    let report = explored(|| {
        ThreadPoolExecutor::with(1, |pool| {
            let future = pool.submit(|| Err::<(), _>(Error::ValueError("unheard".into()))).unwrap();
            drop(future);
        });
    });
    assert!(report.proved(), "{report}");
}
