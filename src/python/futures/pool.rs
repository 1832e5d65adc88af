//! A pool of threads.

use super::Future;
use crate::base::ThreadId;
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::require_exploration;
use crate::python::queue::SimpleQueue;
use crate::python::threading::{Lock, Semaphore, Thread};
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// `concurrent.futures.ThreadPoolExecutor`. A clone is the same pool.
///
/// It is built as CPython's: a queue of tasks, and threads that are started when a task comes and none is idle, up to so many.
/// A panic of a task is a finding and ends its thread; an error is kept in the [`Future`]. Who never shuts the pool down has its
/// threads ended when the main thread ends. A task cannot be cancelled.
///
/// ```
/// use selvedge::Explorer;
/// use selvedge::python::futures::ThreadPoolExecutor;
///
/// let report = Explorer::new()
///     .explore(|| {
///         ThreadPoolExecutor::with(2, |pool| {
///             let squares = pool.map(|n| Ok(n * n), [1, 2]).unwrap();
///             assert_eq!(squares.collect::<Result<Vec<u32>, _>>().unwrap(), [1, 4]);
///         });
///     })
///     .unwrap();
/// assert!(report.proved(), "{report}");
/// ```
#[derive(Clone)]
pub struct ThreadPoolExecutor(Arc<Inner>);

struct Inner {
    tasks: SimpleQueue<Task>,
    /// A permit for each thread that has done a task and waits for another.
    idle: Semaphore,
    /// Guards the rest.
    lock: Lock,
    shut: AtomicBool,
    threads: Mutex<Vec<Thread>>,
    most: usize,
    prefix: String,
}

/// What the threads are given.
enum Task {
    Do(Box<dyn FnOnce() + Send>),
    /// There will be no more.
    Stop,
}

/// The results of [`ThreadPoolExecutor::map`], in the order of what was given.
pub struct Results<T>(std::vec::IntoIter<Future<T>>);

impl ThreadPoolExecutor {
    /// `ThreadPoolExecutor(max_workers)`
    ///
    /// # Errors
    ///
    /// `ValueError: max_workers must be greater than 0`
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        require_exploration();
        if max_workers == 0 {
            return Err(Error::value("max_workers must be greater than 0"));
        }
        let prefix = format!("ThreadPoolExecutor-{}", count());
        Ok(ThreadPoolExecutor::made(max_workers, prefix))
    }

    /// `ThreadPoolExecutor(max_workers, thread_name_prefix=…)`
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// Outside of an exploration.
    #[track_caller]
    pub fn prefixed(max_workers: usize, prefix: &str) -> Result<Self, Error> {
        let mut pool = ThreadPoolExecutor::new(max_workers)?;
        if !prefix.is_empty() {
            pool = ThreadPoolExecutor::made(max_workers, prefix.to_owned());
        }
        Ok(pool)
    }

    #[track_caller]
    fn made(most: usize, prefix: String) -> Self {
        let pool = ThreadPoolExecutor(Arc::new(Inner {
            tasks: SimpleQueue::new().named("tasks"),
            idle: Semaphore::new(0).named("idle threads"),
            lock: Lock::new().named("lock of the pool"),
            shut: AtomicBool::new(false),
            threads: Mutex::default(),
            most,
            prefix,
        }));
        remember(&pool);
        pool
    }

    /// `with ThreadPoolExecutor(max_workers) as pool:` runs `body` and shuts the pool down, which waits for all tasks.
    ///
    /// # Panics
    ///
    /// Outside of an exploration, and with `max_workers` zero.
    #[track_caller]
    pub fn with<R>(max_workers: usize, body: impl FnOnce(&ThreadPoolExecutor) -> R) -> R {
        let pool = match ThreadPoolExecutor::new(max_workers) {
            Ok(pool) => pool,
            Err(error) => panic!("{error}"),
        };
        let result = body(&pool);
        pool.shutdown(true);
        result
    }

    /// `submit(task)`: has a thread of the pool do it, when one comes to it.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot schedule new futures after shutdown`
    #[track_caller]
    pub fn submit<T, F>(&self, task: F) -> Result<Future<T>, Error>
    where
        T: Clone + Send + Sync + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        let inner = &self.0;
        inner.lock.acquire();
        if inner.shut.load(Relaxed) {
            inner.lock.release()?;
            return Err(Error::runtime("cannot schedule new futures after shutdown"));
        }
        let future = Future::new();
        let promised = future.clone();
        inner.tasks.put(Task::Do(Box::new(move || promised.finish(task()))));
        let threads = inner.threads().len();
        if !inner.idle.try_acquire() && threads < inner.most {
            let worker = Arc::clone(inner);
            let thread = Thread::new(move || worker.work()).named(format!("{}_{threads}", inner.prefix));
            thread.start()?;
            inner.threads().push(thread);
        }
        inner.lock.release()?;
        Ok(future)
    }

    /// `map(function, items)`: submits all; the results come in the order of the items, and waiting for one is part of taking it.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    #[track_caller]
    pub fn map<T, I, F>(&self, function: F, items: I) -> Result<Results<T>, Error>
    where
        T: Clone + Send + Sync + 'static,
        I: IntoIterator<Item: Send + 'static>,
        F: Fn(I::Item) -> Result<T, Error> + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        let mut futures = Vec::new();
        for item in items {
            let function = Arc::clone(&function);
            futures.push(self.submit(move || function(item))?);
        }
        Ok(Results(futures.into_iter()))
    }

    /// `shutdown(wait)`: takes no more tasks, and has the threads end when all are done; waits for that, if so told.
    #[track_caller]
    pub fn shutdown(&self, wait: bool) {
        let inner = &self.0;
        inner.lock.acquire();
        inner.shut.store(true, Relaxed);
        inner.tasks.put(Task::Stop);
        let released = inner.lock.release();
        debug_assert!(released.is_ok(), "it is the pool's own");
        if wait {
            let threads = inner.threads().clone();
            threads.iter().for_each(|thread| drop(thread.join()));
        }
    }
}

impl Inner {
    /// What each thread does.
    fn work(&self) {
        while let Task::Do(task) = self.tasks.get() {
            task();
            self.idle.release();
        }
        // The next one is to be told too.
        self.tasks.put(Task::Stop);
    }

    fn threads(&self) -> MutexGuard<'_, Vec<Thread>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Iterator for Results<T> {
    type Item = Result<T, Error>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|future| future.result())
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolExecutor").field("max_workers", &self.0.most).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("left", &self.0.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Task::Do(_) => "a task",
            Task::Stop => "None",
        })
    }
}

/// The pools of an execution.
#[derive(Default)]
struct Pools {
    counted: u32,
    /// Their threads hold them.
    all: Vec<Weak<Inner>>,
}

fn with<R>(f: impl FnOnce(&mut Pools) -> R) -> R {
    current::of_execution(f)
}

/// The number in the names of a pool's threads.
fn count() -> u32 {
    with(|pools| {
        pools.counted += 1;
        pools.counted - 1
    })
}

/// Keeps a pool in mind until the main thread ends.
fn remember(pool: &ThreadPoolExecutor) {
    let first = with(|pools| {
        pools.all.push(Arc::downgrade(&pool.0));
        pools.all.len() == 1
    });
    if first {
        static KEY: u8 = 0;
        let key = std::ptr::from_ref(&KEY).addr();
        current::set_local_of(ThreadId::MAIN, key, Rc::new(AtExit(Location::caller())));
    }
}

/// Ends the threads of all pools that nobody has shut down, when the main thread drops its locals as its last deed.
struct AtExit(&'static Location<'static>);

impl Drop for AtExit {
    fn drop(&mut self) {
        if current::is_tearing_down() {
            return;
        }
        let pools = with(|pools| std::mem::take(&mut pools.all));
        for pool in pools.iter().filter_map(Weak::upgrade).filter(|pool| !pool.shut.load(Relaxed)) {
            pool.tasks.put_at(Task::Stop, self.0);
        }
    }
}
