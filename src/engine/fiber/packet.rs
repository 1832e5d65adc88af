//! A value whose type only its owner knows: a thread's closure, later its result.

use super::Host;
use std::mem::MaybeUninit;

type Words = Vec<MaybeUninit<u128>>;

/// A value of a type that only its owner knows: a thread's closure, later its result. Keeps its memory for the next one.
pub(crate) struct Packet {
    words: Words,
    // Invariant: set exactly while `words` holds a value, and right for its type.
    drop: Option<unsafe fn(*mut u8)>,
    run: Option<unsafe fn(Host)>,
}

impl Packet {
    pub(crate) const fn new() -> Self {
        Packet { words: Vec::new(), drop: None, run: None }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.drop.is_some()
    }

    /// Whether it holds the result of a job that has run, rather than a job that has not.
    #[inline(always)]
    pub(crate) fn holds_result(&self) -> bool {
        self.is_full() && self.run.is_none()
    }

    /// What drops the value, and where it is. The packet counts as empty from then on; the caller must drop it, outside
    /// of [`with`], before the packet is used again.
    #[inline]
    pub(crate) fn take_drop(&mut self) -> Option<PendingDrop> {
        self.run = None;
        self.drop.take().map(|drop| PendingDrop { drop, value: self.words.as_mut_ptr().cast() })
    }

    /// Holds a job until it is run; `run` is what runs it.
    #[inline(always)]
    pub(super) fn put_job<F>(&mut self, job: F, run: unsafe fn(Host)) {
        self.put(job);
        self.run = Some(run);
    }

    /// What runs the job held, once.
    #[inline(always)]
    pub(super) fn take_run(&mut self) -> Option<unsafe fn(Host)> {
        self.run.take()
    }

    #[inline(always)]
    pub(super) fn put<V>(&mut self, value: V) {
        if align_of::<V>() > align_of::<u128>() { self.write(Box::new(value)) } else { self.write(value) }
    }

    /// # Safety
    ///
    /// The packet must hold a `V`.
    #[inline(always)]
    pub(super) unsafe fn take<V>(&mut self) -> V {
        if align_of::<V>() > align_of::<u128>() {
            // SAFETY: `put` boxed it for the same reason.
            *unsafe { self.read::<Box<V>>() }
        } else {
            // SAFETY: as the caller says.
            unsafe { self.read() }
        }
    }

    #[inline(always)]
    fn write<V>(&mut self, value: V) {
        debug_assert!(!self.is_full() && align_of::<V>() <= align_of::<u128>());
        let words = size_of::<V>().div_ceil(size_of::<u128>());
        if self.words.len() < words {
            self.make_room(words);
        }
        // SAFETY: the buffer is large enough and aligned for `V`, and holds no value now.
        unsafe { self.words.as_mut_ptr().cast::<V>().write(value) };
        self.drop = Some(drop_as::<V>);
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, words: usize) {
        self.words.resize(words, MaybeUninit::uninit());
    }

    /// # Safety
    ///
    /// The packet must hold a `V` put by `write`.
    #[inline(always)]
    unsafe fn read<V>(&mut self) -> V {
        assert!(self.drop.take().is_some(), "a packet is taken from once");
        // SAFETY: the packet holds a `V`, which is its caller's from here on.
        unsafe { self.words.as_mut_ptr().cast::<V>().read() }
    }
}

/// # Safety
///
/// There must be a `V` at `value`, which nobody uses afterwards.
unsafe fn drop_as<V>(value: *mut u8) {
    // SAFETY: as this function demands.
    unsafe { value.cast::<V>().drop_in_place() }
}

impl Drop for Packet {
    fn drop(&mut self) {
        if let Some(pending) = self.take_drop() {
            pending.run();
        }
    }
}

/// A value taken out of a packet to be dropped.
pub(crate) struct PendingDrop {
    drop: unsafe fn(*mut u8),
    value: *mut u8,
}

impl PendingDrop {
    /// Drops it.
    pub(crate) fn run(self) {
        // SAFETY: made by `Packet::take_drop` for a full packet, whose buffer stays untouched until this has run.
        unsafe { (self.drop)(self.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[repr(align(64))]
    struct Wide(u8);

    #[test]
    fn gives_back_what_was_put() {
        let mut packet = Packet::new();
        packet.put([7u8; 100]);
        assert!(packet.is_full());
        // SAFETY: it holds what was just put.
        assert_eq!(unsafe { packet.take::<[u8; 100]>() }, [7; 100]);
        packet.put(Wide(3));
        // SAFETY: as above.
        assert_eq!(unsafe { packet.take::<Wide>() }.0, 3);
        packet.put(());
        assert!(packet.is_full());
    }

    #[test]
    fn drops_what_nobody_took() {
        let value = Rc::new(());
        let mut packet = Packet::new();
        packet.put(value.clone());
        drop(packet);
        assert_eq!(Rc::strong_count(&value), 1);
        let mut packet = Packet::new();
        packet.put(value.clone());
        packet.take_drop().expect("full").run();
        assert!(!packet.is_full());
        assert_eq!(Rc::strong_count(&value), 1);
    }
}
