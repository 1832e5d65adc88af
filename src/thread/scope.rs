//! Threads that may borrow from the function that starts them.

use super::handle::Owner;
use super::{Builder, Thread};
use crate::base::ThreadId;
use crate::engine::current;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where threads may be started that borrow what lives longer than the scope; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    kind: Kind<'scope, 'env>,
    // Both invariant, as std's.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

enum Kind<'scope, 'env: 'scope> {
    Virtual(Children),
    // Set before the scope is handed out, valid as long as it is.
    Native(AtomicPtr<std::thread::Scope<'scope, 'env>>),
}

/// Runs `f` with a scope, in which it may start threads that borrow; waits for all of them before it returns.
///
/// ```
/// use selvedge::thread;
///
/// let words = ["a", "bc"];
/// let total: usize = thread::scope(|scope| {
///     let lengths = words.map(|word| scope.spawn(move || word.len()));
///     lengths.map(|length| length.join().unwrap()).iter().sum()
/// });
/// assert_eq!(total, 3);
/// ```
///
/// # Panics
///
/// If a thread panicked that was not joined by hand.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    match current::is_active() {
        true => virtual_scope(f, Location::caller()),
        false => native_scope(f),
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Starts a thread that the scope waits for; inside an exploration it runs at once, up to its first operation.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.start(Builder::new(), Location::caller(), f).expect("failed to spawn thread")
    }

    pub(super) fn start<F, T>(
        &'scope self,
        builder: Builder,
        location: &'static Location<'static>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        match &self.kind {
            Kind::Virtual(children) => {
                let claim = current::spawn(builder.checked_name()?, false, location, f);
                children.list().push(claim.thread);
                Ok(ScopedJoinHandle(Handle::Virtual(Owner::new(claim), children)))
            }
            Kind::Native(scope) => {
                // SAFETY: `native_scope` stored it before it gave `self` to anybody. std's scope lives until its closure has
                // returned and all its threads have ended, and only those can have `self`: `'scope` is any lifetime for
                // them, so they cannot keep it. `'scope` ends not before std's scope, because `self` outlives that, so what
                // lives for `'scope` lives as long as std's threads.
                let scope: &'scope std::thread::Scope<'scope, 'env> =
                    unsafe { &*scope.load(Ordering::Relaxed) };
                let handle = builder.into_std().spawn_scoped(scope, f)?;
                let thread = Thread::from_std(handle.thread().clone());
                Ok(ScopedJoinHandle(Handle::Native(handle, thread)))
            }
        }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The right to wait for the end of a scoped thread and to take its result. The scope waits for it in any case.
pub struct ScopedJoinHandle<'scope, T>(Handle<'scope, T>);

enum Handle<'scope, T> {
    Virtual(Owner<T>, &'scope Children),
    Native(std::thread::ScopedJoinHandle<'scope, T>, Thread),
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has ended; its result, or `Err` with what it panicked with.
    ///
    /// # Errors
    ///
    /// The payload of the thread's panic.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        match self.0 {
            Handle::Native(handle, _) => handle.join(),
            Handle::Virtual(owner, children) => {
                let thread = owner.claim.number();
                let result = owner.join(Location::caller());
                // Nothing of it is left for the scope to see to.
                children.list().retain(|child| *child != thread);
                result
            }
        }
    }

    /// Whether the thread has ended, so that a join would not wait.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Native(handle, _) => handle.is_finished(),
            Handle::Virtual(owner, _) => owner.claim.is_finished(Location::caller()),
        }
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        match &self.0 {
            Handle::Native(_, thread) => thread,
            Handle::Virtual(owner, _) => &owner.claim.handle,
        }
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}

/// Outside an exploration: std's scope, behind ours.
///
/// What makes its unsafe line sound is that nothing made inside the scope's closure lives for `'scope`:
///
/// ```compile_fail
/// selvedge::thread::scope(|scope| {
///     let inner = 1;
///     scope.spawn(|| inner + 1);
/// });
/// ```
///
/// ```compile_fail
/// let mut kept = None;
/// selvedge::thread::scope(|scope| kept = Some(scope));
/// ```
fn native_scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let inner = AtomicPtr::new(std::ptr::null_mut());
    let scope = Scope { kind: Kind::Native(inner), scope: PhantomData, env: PhantomData };
    std::thread::scope(|std| {
        if let Kind::Native(inner) = &scope.kind {
            inner.store(std::ptr::from_ref(std).cast_mut().cast(), Ordering::Relaxed);
        }
        f(&scope)
    })
}

fn virtual_scope<'env, F, T>(f: F, location: &'static Location<'static>) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope { kind: Kind::Virtual(Children::default()), scope: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    let ended = match &scope.kind {
        Kind::Virtual(children) => children.settle(location),
        Kind::Native(_) => unreachable!("made above"),
    };
    match (result, ended) {
        (Err(payload), _) | (Ok(_), Err(Failure::InDrop(payload))) => resume_unwind(payload),
        (Ok(_), Err(Failure::InThread)) => panic!("a scoped thread panicked"),
        (Ok(value), Ok(())) => value,
    }
}

/// The scope's threads that nobody has joined.
#[derive(Default)]
struct Children(Mutex<Vec<ThreadId>>);

/// What goes wrong with threads that nobody joined.
enum Failure {
    InThread,
    /// The destructor of a result that nobody took panicked.
    InDrop(Box<dyn std::any::Any + Send>),
}

impl Children {
    /// Never held while anything else runs.
    fn list(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for all, also for those that they start meanwhile, and drops what results nobody took: these may borrow what
    /// does not outlive the scope.
    fn settle(&self, location: &'static Location<'static>) -> Result<(), Failure> {
        let mut result = Ok(());
        loop {
            let Some(child) = self.list().first().copied() else { return result };
            current::join(child, location);
            self.list().retain(|other| *other != child);
            if current::ended_in_panic(child) {
                current::mark_delivered(child);
                result = result.and(Err(Failure::InThread));
            }
            let discard = || current::detach(child, current::epoch());
            if let Err(payload) = catch_unwind(AssertUnwindSafe(discard)) {
                result = Err(Failure::InDrop(payload));
            }
        }
    }
}
