//! The programs, each written once for all peers.

use super::peer::Peer;
use std::collections::VecDeque;

/// Does nothing.
pub(crate) fn empty<P: Peer>() {}

/// Starts and joins one thread that does nothing.
pub(crate) fn empty_thread<P: Peer>() {
    P::join(P::spawn(|| {}));
}

/// Threads that lock, add and unlock; the main thread reads the total.
pub(crate) fn locked_adds<P: Peer, const THREADS: usize, const ROUNDS: usize>() {
    let total = P::arc(P::mutex(0usize));
    let handles: [P::Handle; THREADS] = std::array::from_fn(|_| {
        let total = total.clone();
        P::spawn(move || {
            for _ in 0..ROUNDS {
                *P::lock(&*total) += 1;
            }
        })
    });
    handles.into_iter().for_each(P::join);
    assert_eq!(*P::lock(&*total), THREADS * ROUNDS);
}

/// Threads that load and store, and so lose updates: the document's bank account. Nobody looks at the end.
pub(crate) fn racy_adds<P: Peer, const THREADS: usize, const ROUNDS: usize>() {
    long_racy_adds::<P, THREADS>(ROUNDS);
}

/// The same with the number of rounds given at run time.
pub(crate) fn long_racy_adds<P: Peer, const THREADS: usize>(rounds: usize) {
    let account = P::arc(P::atomic(0));
    let handles: [P::Handle; THREADS] = std::array::from_fn(|_| {
        let account = account.clone();
        P::spawn(move || {
            for _ in 0..rounds {
                let balance = P::load(&account);
                P::store(&account, balance + 1);
            }
        })
    });
    handles.into_iter().for_each(P::join);
}

/// Two locks, taken in opposite orders.
pub(crate) fn abba<P: Peer>() {
    let locks = P::arc((P::mutex(0usize), P::mutex(0usize)));
    let other = locks.clone();
    let handle = P::spawn(move || {
        let mut second = P::lock(&other.1);
        *second += 1;
        *P::lock(&other.0) += 1;
    });
    {
        let mut first = P::lock(&locks.0);
        *first += 1;
        *P::lock(&locks.1) += 1;
    }
    P::join(handle);
}

struct Shelf<P: Peer> {
    queue: P::Mutex<VecDeque<usize>>,
    full: P::Condvar,
    empty: P::Condvar,
    finished: P::Atomic,
}

/// The document's bounded queue with one producer, one consumer and one item. The producer says that it has finished
/// without waking anybody: a consumer that looked before that and sleeps after it is never woken.
pub(crate) fn bounded_queue<P: Peer>() {
    let shelf = P::arc(Shelf::<P> {
        queue: P::mutex(VecDeque::new()),
        full: P::condvar(),
        empty: P::condvar(),
        finished: P::atomic(0),
    });
    let producer = {
        let shelf = shelf.clone();
        P::spawn(move || produce(&shelf))
    };
    let consumer = {
        let shelf = shelf.clone();
        P::spawn(move || consume(&shelf))
    };
    P::join(producer);
    P::join(consumer);
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
