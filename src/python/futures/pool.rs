//! A pool of threads.

use super::Future;
use super::exit::{count, remember};
use super::task::{Task, Ticket};
use crate::base::FOREVER;
use crate::engine::current;
use crate::python::Error;
use crate::python::identity::require_exploration;
use crate::python::queue::SimpleQueue;
use crate::python::threading::{Lock, Semaphore, Thread, current_thread};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// `concurrent.futures.ThreadPoolExecutor`. A clone is the same pool.
///
/// It is built as CPython's: a queue of tasks, and threads that are started when a task comes and none is idle, up to so many.
/// An error is kept in the [`Future`]. So is a [`sys::exit`](crate::python::sys::exit), and a panic, as a `RuntimeError`; but that is a
/// finding too. Who never shuts the pool down has its threads ended when the main thread of the process ends, and no task is taken any
/// more from then on. Only what [`map`](ThreadPoolExecutor::map) has submitted is ever cancelled.
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

pub(super) struct Inner {
    tasks: SimpleQueue<Task>,
    /// A permit for each thread that has done a task and waits for another.
    idle: Semaphore,
    /// Guards the rest.
    lock: Lock,
    shut: AtomicBool,
    /// Whether that was done by the first thread of the process, which then need not do it again.
    shut_by_main: AtomicBool,
    threads: Mutex<Vec<Thread>>,
    most: usize,
    prefix: String,
}

/// The results of [`ThreadPoolExecutor::map`], in the order of what was given.
///
/// Who drops it cancels what no thread has begun yet; so does an error, after which there are no more results.
pub struct Results<T> {
    left: std::vec::IntoIter<(Future<T>, Arc<Ticket>)>,
    pool: Arc<Inner>,
    epoch: u64,
}

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
            shut_by_main: AtomicBool::new(false),
            threads: Mutex::default(),
            most,
            prefix,
        }));
        remember(&pool.0);
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
        if let Err(error) = pool.shutdown(true) {
            panic!("{error}");
        }
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
        self.submit_with(task, Arc::default())
    }

    #[track_caller]
    fn submit_with<T, F>(&self, task: F, ticket: Arc<Ticket>) -> Result<Future<T>, Error>
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
        inner.tasks.put(Task::new(task, future.clone(), ticket));
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
            let ticket = Arc::<Ticket>::default();
            futures.push((self.submit_with(move || function(item), Arc::clone(&ticket))?, ticket));
        }
        Ok(Results { left: futures.into_iter(), pool: Arc::clone(&self.0), epoch: current::epoch() })
    }

    /// `shutdown(wait)`: takes no more tasks, and has the threads end when all are done; waits for that, if so told.
    ///
    /// # Errors
    ///
    /// `RuntimeError: cannot join current thread` when a task of the pool's own is to wait.
    #[track_caller]
    pub fn shutdown(&self, wait: bool) -> Result<(), Error> {
        let inner = &self.0;
        inner.shut_down(Location::caller());
        let threads = inner.threads().clone();
        if wait && threads.contains(&current_thread()) {
            return Err(Error::runtime("cannot join current thread"));
        }
        if wait { threads.iter().try_for_each(Thread::join) } else { Ok(()) }
    }
}

impl Inner {
    /// Takes no more tasks, and tells the threads.
    fn shut_down(&self, location: &'static Location<'static>) {
        self.lock.acquire_within(FOREVER, location);
        self.shut.store(true, Relaxed);
        self.shut_by_main.fetch_or(current::thread() == current::process(), Relaxed);
        self.tasks.put_at(Task::Stop, location);
        let released = self.lock.release_at(location);
        debug_assert!(released.is_ok(), "it is the pool's own");
    }

    /// The process ends. Whether somebody else shuts the pool down is for its lock to say.
    pub(super) fn end(&self, location: &'static Location<'static>) {
        if !self.shut_by_main.load(Relaxed) {
            self.shut_down(location);
        }
    }

    /// What each thread does.
    fn work(&self) {
        while let Task::Do(task) = self.tasks.get() {
            task.run();
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
        let (future, _) = self.left.next()?;
        let result = future.result();
        if result.is_err() {
            self.cancel();
        }
        Some(result)
    }
}

impl<T> Results<T> {
    /// Cancels what nobody has begun: one step, which looks at what the threads have yet to take.
    #[track_caller]
    fn cancel(&mut self) {
        let left = std::mem::take(&mut self.left);
        if left.len() > 0 {
            self.pool.tasks.qsize();
            left.for_each(|(_, ticket)| ticket.cancel());
        }
    }
}

impl<T> Drop for Results<T> {
    #[track_caller]
    fn drop(&mut self) {
        if current::is_active() && !current::is_tearing_down() && current::epoch() == self.epoch {
            self.cancel();
        }
    }
}

impl fmt::Debug for ThreadPoolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolExecutor").field("max_workers", &self.0.most).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Results<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("left", &self.left.len()).finish_non_exhaustive()
    }
}
