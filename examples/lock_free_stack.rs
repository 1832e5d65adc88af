//! A pool of buffers: those that are free are a lock-free stack (Treiber's), linked by their numbers.
//!
//! `cargo run --example lock_free_stack` explores it, and two variants that look right and are not.

mod show;

use selvedge::FindingKind;
use selvedge::cell::Cell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::thread;
use show::show;

/// The number of no buffer.
const NONE: u32 = 0;
/// More than there are buffers. A power of two would be usual; this one is easy to read in a trace.
const BASE: u32 = 1_000;

/// Buffers that threads take, use alone, and give back. Nothing is ever freed, so that a thread that comes too late may
/// still read a link.
struct Pool {
    /// How often a buffer has been taken, times `BASE`, and the number of the first free one.
    head: AtomicU32,
    buffers: Vec<Buffer>,
}

struct Buffer {
    /// The free buffer below this one.
    next: AtomicU32,
    content: Cell<u32>,
}

// SAFETY: `content` is used only by the thread that has taken the buffer. This is what the exploration puts to the test.
unsafe impl Sync for Buffer {}

impl Pool {
    /// Buffers 1 to `size`, all of them free, number 1 on top.
    fn new(size: u32) -> Self {
        let buffer = |number| Buffer {
            next: AtomicU32::new(if number < size { number + 1 } else { NONE }).numbered("next", number),
            content: Cell::new(0).numbered("content", number),
        };
        let buffers = (1..=size).map(buffer).collect();
        Pool { head: AtomicU32::with_name(1, "head"), buffers }
    }

    fn buffer(&self, number: u32) -> &Buffer {
        &self.buffers[number as usize - 1]
    }

    /// The number of a buffer that is the caller's from now on.
    fn take(&self) -> Option<u32> {
        self.take_by(|head| head / BASE + 1)
    }

    /// Wrong: without the count a head that was taken and given back looks like one that nobody has touched, though the
    /// buffer below it is another one by now (the ABA problem).
    fn take_without_counting(&self) -> Option<u32> {
        self.take_by(|_| 0)
    }

    fn take_by(&self, taken: fn(u32) -> u32) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let first = head % BASE;
            if first == NONE {
                return None;
            }
            let next = self.buffer(first).next.load(Ordering::Relaxed);
            let new = taken(head) * BASE + next;
            match self.head.compare_exchange(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(first),
                Err(now) => head = now,
            }
        }
    }

    /// The caller has no further use for a buffer that it has taken.
    fn give_back(&self, number: u32) {
        self.give_back_by(number, Ordering::Release);
    }

    /// Wrong: whoever takes the buffer next need not see what was done to it before.
    fn give_back_relaxed(&self, number: u32) {
        self.give_back_by(number, Ordering::Relaxed);
    }

    fn give_back_by(&self, number: u32, ordering: Ordering) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            self.buffer(number).next.store(head % BASE, Ordering::Relaxed);
            let new = head - head % BASE + number;
            match self.head.compare_exchange(head, new, ordering, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// One thread takes a buffer while another takes two and gives one back. In the end each buffer is in one place.
fn each_buffer_has_one_owner(take: fn(&Pool) -> Option<u32>) {
    let pool = Arc::new(Pool::new(2));
    let theirs = Arc::clone(&pool);
    let other = thread::spawn(move || {
        let (first, second) = (take(&theirs), take(&theirs));
        if let Some(first) = first {
            theirs.give_back(first);
        }
        second
    });
    let mine = take(&pool);
    let mut places: Vec<u32> = [mine, other.join().unwrap()].into_iter().flatten().collect();
    while let Some(free) = take(&pool) {
        places.push(free);
        assert!(places.len() <= 2, "buffer {free} is in two places");
    }
    places.sort();
    assert_eq!(places, [1, 2], "each buffer is in one place");
}

/// Two threads use the one buffer there is, if they get it.
fn a_buffer_has_one_user(give_back: fn(&Pool, u32)) {
    let pool = Arc::new(Pool::new(1));
    let theirs = Arc::clone(&pool);
    let other = thread::spawn(move || use_one(&theirs, give_back));
    use_one(&pool, give_back);
    other.join().unwrap();
}

fn use_one(pool: &Pool, give_back: fn(&Pool, u32)) {
    if let Some(number) = pool.take() {
        pool.buffer(number).content.update(|content| content + 1);
        give_back(pool, number);
    }
}

fn main() {
    show(&[
        ("owners", None, || each_buffer_has_one_owner(Pool::take)),
        ("contents", None, || a_buffer_has_one_user(Pool::give_back)),
        ("owners-uncounted", Some(FindingKind::Panic), || {
            each_buffer_has_one_owner(Pool::take_without_counting);
        }),
        ("contents-relaxed", Some(FindingKind::DataRace), || {
            a_buffer_has_one_user(Pool::give_back_relaxed);
        }),
    ]);
}

#[test]
fn what_it_shows_is_so() {
    main();
}
