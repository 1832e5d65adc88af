//! A value that is made when it is first asked for: once, and without a lock from then on (double-checked locking).
//!
//! `cargo run --example double_checked_init` explores it, and a variant that looks right and is not.

mod show;

use selvedge::FindingKind;
use selvedge::cell::UnsafeCell;
use selvedge::sync::Mutex;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::thread;
use show::show;

/// A value that is made once.
struct Lazy {
    ready: AtomicBool,
    making: Mutex<()>,
    value: UnsafeCell<Option<u32>>,
}

// SAFETY: `value` is written once, under the lock and before `ready` is set, and read only after. This is what the
// exploration puts to the test.
unsafe impl Sync for Lazy {}

impl Lazy {
    fn new() -> Self {
        Lazy {
            ready: AtomicBool::with_name(false, "ready"),
            making: Mutex::with_name((), "making"),
            value: UnsafeCell::with_name(None, "value"),
        }
    }

    /// The value, which `make` makes for the first to ask.
    fn get(&self, make: impl FnOnce() -> u32) -> u32 {
        self.get_by(Ordering::Acquire, make)
    }

    /// Wrong: whoever sees that the value is ready need not see the value.
    fn get_relaxed(&self, make: impl FnOnce() -> u32) -> u32 {
        self.get_by(Ordering::Relaxed, make)
    }

    fn get_by(&self, look: Ordering, make: impl FnOnce() -> u32) -> u32 {
        if !self.ready.load(look) {
            let _making = self.making.lock().unwrap();
            // Somebody may have made it while this thread waited for the lock, which orders all that was done under it.
            if !self.ready.load(Ordering::Relaxed) {
                let made = Some(make());
                // SAFETY: nobody reads it yet, and whoever makes it holds the lock.
                self.value.with_mut(|value| unsafe { *value = made });
                self.ready.store(true, Ordering::Release);
            }
        }
        // SAFETY: it was written before `ready` was set, and is never written again.
        self.value.with(|value| unsafe { *value }).expect("it is ready")
    }
}

/// A way to ask for the value: what it takes to make one, and what comes back.
type Get = fn(&Lazy, &mut dyn FnMut() -> u32) -> u32;

/// Two threads ask for the value. Whoever makes one returns how many have been made.
fn one_value_is_made(get: Get) {
    let (lazy, made) = (Lazy::new(), AtomicU32::with_name(0, "made"));
    let ask = || get(&lazy, &mut || made.fetch_add(1, Ordering::Relaxed) + 1);
    let seen = thread::scope(|scope| {
        let other = scope.spawn(ask);
        [ask(), other.join().unwrap()]
    });
    assert_eq!(seen, [1, 1], "both get the first value");
}

fn main() {
    show(&[
        ("acquire", None, || one_value_is_made(|lazy, make| lazy.get(make))),
        ("relaxed", Some(FindingKind::DataRace), || one_value_is_made(|lazy, make| lazy.get_relaxed(make))),
    ]);
}

#[test]
fn what_it_shows_is_so() {
    main();
}
