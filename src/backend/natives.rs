//! What loom and shuttle both have under std's names, and no trait that says so.

use crate::base::{AtomicAction, Outcome};

/// An atomic variable of another crate.
pub(super) trait Variable {
    /// Performs an operation; values are the variable's bits, zero- or sign-extended to 64.
    fn perform(&self, action: AtomicAction) -> Outcome;
}

/// The types behind a [`Kit`](super::kit::Kit), of the crate given.
macro_rules! natives {
    ($krate:ident) => {
        type LockGuard<'a> = $krate::sync::MutexGuard<'a, ()>;
        type ReadGuard<'a> = $krate::sync::RwLockReadGuard<'a, ()>;
        type WriteGuard<'a> = $krate::sync::RwLockWriteGuard<'a, ()>;

        self_cell::self_cell!(
            /// A mutex that is held, with its guard.
            pub(super) struct HeldLock {
                owner: Rc<$krate::sync::Mutex<()>>,
                #[covariant]
                dependent: LockGuard,
            }
        );

        self_cell::self_cell!(
            /// A lock held by a reader, with the guard.
            pub(super) struct HeldRead {
                owner: Rc<$krate::sync::RwLock<()>>,
                #[covariant]
                dependent: ReadGuard,
            }
        );

        self_cell::self_cell!(
            /// A lock held by a writer, with the guard.
            pub(super) struct HeldWrite {
                owner: Rc<$krate::sync::RwLock<()>>,
                #[covariant]
                dependent: WriteGuard,
            }
        );

        $crate::backend::natives::variable!($krate::sync::atomic::AtomicU8, u8);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicU16, u16);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicU32, u32);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicU64, u64);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicI8, i8);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicI16, i16);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicI32, i32);
        $crate::backend::natives::variable!($krate::sync::atomic::AtomicI64, i64);

        /// A variable that is so wide and begins with a value.
        fn variable(width: Width, value: u64) -> Box<dyn Variable> {
            use $krate::sync::atomic;
            match width {
                Width::Bool | Width::Unsigned(..=8) => Box::new(atomic::AtomicU8::new(value as u8)),
                Width::Unsigned(..=16) => Box::new(atomic::AtomicU16::new(value as u16)),
                Width::Unsigned(..=32) => Box::new(atomic::AtomicU32::new(value as u32)),
                Width::Unsigned(_) | Width::Pointer => Box::new(atomic::AtomicU64::new(value)),
                Width::Signed(..=8) => Box::new(atomic::AtomicI8::new(value as i8)),
                Width::Signed(..=16) => Box::new(atomic::AtomicI16::new(value as i16)),
                Width::Signed(..=32) => Box::new(atomic::AtomicI32::new(value as i32)),
                Width::Signed(_) => Box::new(atomic::AtomicI64::new(value as i64)),
            }
        }
    };
}

/// What the crates say alike, inside of the `impl` of a kit.
macro_rules! alike {
    ($krate:ident) => {
        type Lock = $krate::sync::Mutex<()>;
        type Held = HeldLock;
        type RwLock = $krate::sync::RwLock<()>;
        type HeldRead = HeldRead;
        type HeldWrite = HeldWrite;
        type Handle = $krate::thread::JoinHandle<()>;

        fn lock() -> Self::Lock {
            $krate::sync::Mutex::new(())
        }

        fn acquire(lock: Rc<Self::Lock>) -> Self::Held {
            // Who holds it when it panics leaves its mark, which is the engine's business.
            HeldLock::new(lock, |lock| lock.lock().unwrap_or_else(PoisonError::into_inner))
        }

        fn try_acquire(lock: Rc<Self::Lock>) -> Option<Self::Held> {
            HeldLock::try_new(lock, |lock| taken(lock.try_lock())).ok()
        }

        fn rw_lock() -> Self::RwLock {
            $krate::sync::RwLock::new(())
        }

        fn read(lock: Rc<Self::RwLock>) -> Self::HeldRead {
            HeldRead::new(lock, |lock| lock.read().unwrap_or_else(PoisonError::into_inner))
        }

        fn try_read(lock: Rc<Self::RwLock>) -> Option<Self::HeldRead> {
            HeldRead::try_new(lock, |lock| taken(lock.try_read())).ok()
        }

        fn write(lock: Rc<Self::RwLock>) -> Self::HeldWrite {
            HeldWrite::new(lock, |lock| lock.write().unwrap_or_else(PoisonError::into_inner))
        }

        fn try_write(lock: Rc<Self::RwLock>) -> Option<Self::HeldWrite> {
            HeldWrite::try_new(lock, |lock| taken(lock.try_write())).ok()
        }

        fn join(handle: Self::Handle) {
            // What it has come to is the engine's business.
            drop(handle.join());
        }

        fn pause() {
            $krate::thread::yield_now();
        }

        fn fence(ordering: Ordering) {
            $krate::sync::atomic::fence(ordering);
        }
    };
}

macro_rules! variable {
    ($name:path, $value:ty) => {
        impl Variable for $name {
            fn perform(&self, action: AtomicAction) -> Outcome {
                let bits = |value: $value| value as u64;
                match action {
                    AtomicAction::Load(ordering) => Outcome::Value(bits(self.load(ordering))),
                    AtomicAction::Store { value, ordering } => {
                        self.store(value as $value, ordering);
                        Outcome::Done
                    }
                    AtomicAction::Rmw { function, operand, ordering } => {
                        let operand = operand as $value;
                        Outcome::Value(bits(match function {
                            Rmw::Swap => self.swap(operand, ordering),
                            Rmw::Add => self.fetch_add(operand, ordering),
                            Rmw::Sub => self.fetch_sub(operand, ordering),
                            Rmw::And => self.fetch_and(operand, ordering),
                            Rmw::Nand => self.fetch_nand(operand, ordering),
                            Rmw::Or => self.fetch_or(operand, ordering),
                            Rmw::Xor => self.fetch_xor(operand, ordering),
                            Rmw::Max => self.fetch_max(operand, ordering),
                            Rmw::Min => self.fetch_min(operand, ordering),
                        }))
                    }
                    AtomicAction::CompareExchange { expected, new, success, failure, .. } => {
                        match self.compare_exchange(expected as $value, new as $value, success, failure) {
                            Ok(value) => Outcome::Value(bits(value)),
                            Err(value) => Outcome::Mismatch(bits(value)),
                        }
                    }
                }
            }
        }
    };
}

pub(super) use {alike, natives, variable};
