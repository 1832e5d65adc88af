//! Threads with a name.

use super::{JoinHandle, Scope, ScopedJoinHandle};
use crate::engine::current;
use std::io;
use std::panic::Location;

/// No stack is as large as that: half of an address space, as processors of today have them. What a machine could give besides
/// is no matter, because a model must not differ between machines.
const LARGEST_STACK: usize = if usize::BITS < 64 { 1 << (usize::BITS - 1) } else { 1 << 47 };

/// What a thread is to be like before it starts.
///
/// ```
/// use selvedge::thread::Builder;
///
/// let worker = Builder::new().name("worker".into()).spawn(|| 1).unwrap();
/// assert_eq!(worker.thread().name(), Some("worker"));
/// assert_eq!(worker.join().unwrap(), 1);
/// ```
#[must_use = "must eventually spawn the thread"]
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Gives it a name, which traces show too.
    ///
    /// # Panics
    ///
    /// When the thread starts, if the name has a null byte in it.
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Asks for a stack of so many bytes.
    ///
    /// Virtual threads have stacks of one size, which the configuration of the exploration gives: for them this says nothing,
    /// unless no address space has room for so many bytes.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread; see [`spawn`](super::spawn).
    ///
    /// # Errors
    ///
    /// If the system has no more threads to give, or the stack asked for is larger than any can be; inside an exploration there
    /// is no limit to threads.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        match current::is_active() {
            true => {
                let name = self.checked_name()?;
                Ok(JoinHandle::from_claim(current::spawn(name, false, Location::caller(), f)))
            }
            false => self.into_std().spawn(f).map(JoinHandle::from_std),
        }
    }

    /// Starts the thread in a scope; see [`Scope::spawn`].
    ///
    /// # Errors
    ///
    /// If the system has no more threads to give, or the stack asked for is larger than any can be; inside an exploration there
    /// is no limit to threads.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        scope.start(self, Location::caller(), f)
    }

    /// The name for a virtual thread; empty when none was given. What std would refuse is refused.
    pub(super) fn checked_name(&self) -> io::Result<&str> {
        let name = self.name.as_deref().unwrap_or_default();
        assert!(!name.contains('\0'), "thread name may not contain interior null bytes");
        match self.stack_size {
            Some(size) if size >= LARGEST_STACK => {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "no address space has room for such a stack"))
            }
            _ => Ok(name),
        }
    }

    pub(super) fn into_std(self) -> std::thread::Builder {
        let builder = std::thread::Builder::new();
        let builder = match self.name {
            Some(name) => builder.name(name),
            None => builder,
        };
        match self.stack_size {
            Some(size) => builder.stack_size(size),
            None => builder,
        }
    }
}
