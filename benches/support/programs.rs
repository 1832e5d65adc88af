//! The programs, each written once for all peers.

use super::peer::Peer;
use std::collections::VecDeque;
use std::fmt::Debug;

/// A program that every peer can run.
pub(crate) trait Program: Copy + Debug + Send + Sync + 'static {
    /// Whether two threads can ever run at the same time. Shuttle's PCT refuses a program in which they cannot.
    const CONCURRENT: bool = true;

    /// Runs it, inside one execution of `P`.
    fn run<P: Peer>(self);
}

/// Does nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Empty;

impl Program for Empty {
    const CONCURRENT: bool = false;

    #[inline(always)]
    fn run<P: Peer>(self) {}
}

/// Starts and joins threads that do nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmptyThreads<const THREADS: usize>;

impl<const THREADS: usize> Program for EmptyThreads<THREADS> {
    const CONCURRENT: bool = THREADS > 1;

    #[inline(always)]
    fn run<P: Peer>(self) {
        let handles: [P::Handle; THREADS] = std::array::from_fn(|_| P::spawn(|| {}));
        handles.into_iter().for_each(P::join);
    }
}

/// Threads that lock, add and unlock; the main thread reads the total.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockedAdds<const THREADS: usize> {
    pub(crate) rounds: usize,
}

impl<const THREADS: usize> Program for LockedAdds<THREADS> {
    #[inline(always)]
    fn run<P: Peer>(self) {
        let total = P::arc(P::mutex(0));
        let handles: [P::Handle; THREADS] = std::array::from_fn(|_| {
            let total = total.clone();
            P::spawn(move || {
                for _ in 0..self.rounds {
                    *P::lock::<usize>(&total) += 1;
                }
            })
        });
        handles.into_iter().for_each(P::join);
        assert_eq!(*P::lock::<usize>(&total), THREADS * self.rounds);
    }
}

/// Threads that load and store, and so lose updates: the document's bank account. The main thread looks at the end, and
/// minds nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RacyAdds<const THREADS: usize> {
    pub(crate) rounds: usize,
}

impl<const THREADS: usize> Program for RacyAdds<THREADS> {
    #[inline(always)]
    fn run<P: Peer>(self) {
        let account = P::arc(P::atomic(0));
        let handles: [P::Handle; THREADS] = std::array::from_fn(|_| {
            let account = account.clone();
            P::spawn(move || {
                for _ in 0..self.rounds {
                    let balance = P::load(&account);
                    P::store(&account, balance + 1);
                }
            })
        });
        handles.into_iter().for_each(P::join);
        assert!(P::load(&account) <= THREADS * self.rounds);
    }
}

/// Two locks, taken in opposite orders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abba;

impl Program for Abba {
    fn run<P: Peer>(self) {
        let locks = P::arc((P::mutex(0), P::mutex(0)));
        let other = locks.clone();
        let handle = P::spawn(move || {
            let mut second = P::lock::<usize>(&other.1);
            *second += 1;
            *P::lock::<usize>(&other.0) += 1;
        });
        {
            let mut first = P::lock::<usize>(&locks.0);
            *first += 1;
            *P::lock::<usize>(&locks.1) += 1;
        }
        P::join(handle);
    }
}

/// The document's bounded queue with one producer, one consumer and one item. The producer says that it has finished
/// without waking anybody: a consumer that looked before that and sleeps after it is never woken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundedQueue;

impl Program for BoundedQueue {
    fn run<P: Peer>(self) {
        let shelf = P::arc(Shelf::<P> {
            queue: P::mutex(VecDeque::new()),
            full: P::condvar(),
            empty: P::condvar(),
            finished: P::atomic(0),
        });
        let (producers, consumers) = (shelf.clone(), shelf);
        let producer = P::spawn(move || produce(&*producers));
        let consumer = P::spawn(move || consume(&*consumers));
        P::join(producer);
        P::join(consumer);
    }
}

struct Shelf<P: Peer> {
    queue: P::Mutex<VecDeque<usize>>,
    full: P::Condvar,
    empty: P::Condvar,
    finished: P::Atomic,
}

fn produce<P: Peer>(shelf: &Shelf<P>) {
    let mut queue = P::lock(&shelf.queue);
    while queue.len() >= 10 {
        queue = P::wait(&shelf.full, queue);
    }
    queue.push_back(0);
    P::notify_all(&shelf.empty);
    drop(queue);
    P::store(&shelf.finished, 1);
}

fn consume<P: Peer>(shelf: &Shelf<P>) {
    loop {
        let mut queue = P::lock(&shelf.queue);
        while queue.is_empty() && P::load(&shelf.finished) == 0 {
            queue = P::wait(&shelf.empty, queue);
        }
        if queue.pop_front().is_none() {
            return;
        }
        P::notify_one(&shelf.full);
    }
}
