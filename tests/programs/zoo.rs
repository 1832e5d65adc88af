//! Programs that between them use every kind of object, and whose executions may deadlock but never panic.
//!
//! None of them spins: a thread that goes round rests until something has changed, which is no matter of conflicts.

use selvedge::python;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard, mpsc};
use selvedge::thread;
use std::time::Duration;

/// The programs, by name.
pub(crate) fn zoo() -> [(&'static str, fn()); 14] {
    [
        ("conditions", conditions),
        ("waiting for a time", waiting_for_a_time),
        ("readers and writers", readers_and_writers),
        ("channels", channels),
        ("bounded channels", bounded_channels),
        ("barriers", barriers),
        ("initializers", initializers),
        ("tokens", tokens),
        ("events and queues", events_and_queues),
        ("python's conditions", python_conditions),
        ("semaphores", semaphores),
        ("python's barriers", python_barriers),
        ("queues of all kinds", all_queues),
        ("sockets", sockets),
    ]
}

/// Starts all, then joins all.
fn together<F: FnOnce() + Send + 'static>(bodies: impl IntoIterator<Item = F>) {
    let threads: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Starts some threads on one thing that they share.
fn share<T: Send + Sync + 'static>(shared: T, bodies: &[fn(&T)]) {
    let shared = Arc::new(shared);
    together(bodies.iter().map(|&body| {
        let shared = Arc::clone(&shared);
        move || body(&shared)
    }));
}

fn conditions() {
    type Shared = (Mutex<u32>, Condvar, AtomicU32);
    let wait = |(count, changed, x): &Shared| {
        x.fetch_add(1, SeqCst);
        let mut count = changed.wait_while(count.lock().unwrap(), |count| *count == 0).unwrap();
        *count -= 1;
    };
    let put = |(count, changed, x): &Shared| {
        *count.lock().unwrap() += 1;
        x.fetch_add(1, SeqCst);
        changed.notify_one();
    };
    share((Mutex::new(0), Condvar::new(), AtomicU32::new(0)), &[wait, wait, put, put]);
}

fn waiting_for_a_time() {
    type Shared = (Mutex<u32>, Condvar, AtomicU32);
    let wait = |(count, changed, x): &Shared| {
        let (count, result) = changed.wait_timeout(count.lock().unwrap(), Duration::from_secs(1)).unwrap();
        drop(count);
        x.fetch_add(u32::from(result.timed_out()), SeqCst);
    };
    let notify = |(count, changed, x): &Shared| {
        drop(count.try_lock());
        changed.notify_all();
        x.load(SeqCst);
    };
    share((Mutex::new(0), Condvar::new(), AtomicU32::new(0)), &[wait, wait, notify]);
}

fn readers_and_writers() {
    type Shared = (RwLock<u32>, AtomicU32);
    let read = |(value, x): &Shared| {
        let value = value.read().unwrap();
        x.load(SeqCst);
        drop(value);
        x.load(SeqCst);
    };
    let try_both = |(value, x): &Shared| {
        drop(value.try_read());
        x.fetch_add(1, SeqCst);
        drop(value.try_write());
    };
    let write = |(value, _): &Shared| {
        let mut value = value.write().unwrap();
        *value += 1;
        drop(RwLockWriteGuard::downgrade(value));
    };
    share((RwLock::new(0), AtomicU32::new(0)), &[read, read, write, try_both]);
}

fn channels() {
    let (sender, receiver) = mpsc::channel();
    let x = Arc::new(AtomicU32::new(0));
    let senders: Vec<_> = (0..2)
        .map(|number| {
            let (sender, x) = (sender.clone(), Arc::clone(&x));
            thread::spawn(move || {
                x.fetch_add(1, SeqCst);
                let _ = sender.send(number);
                let _ = sender.send(number + 2);
            })
        })
        .collect();
    drop(sender);
    let _ = receiver.try_recv();
    x.load(SeqCst);
    let _ = receiver.recv();
    let _ = receiver.recv_timeout(Duration::from_secs(1));
    drop(receiver);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

fn bounded_channels() {
    for room in [0, 1] {
        let (sender, receiver) = mpsc::sync_channel(room);
        let other = sender.clone();
        let one = thread::spawn(move || {
            let _ = sender.send(1);
            let _ = sender.send(2);
        });
        let two = thread::spawn(move || {
            let _ = other.try_send(3);
        });
        let three = thread::spawn(move || {
            let _ = receiver.recv();
            let _ = receiver.try_recv();
        });
        [one, two, three].into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn barriers() {
    let meet = |(barrier, x): &(Barrier, AtomicU32)| {
        x.load(SeqCst);
        if barrier.wait().is_leader() {
            x.fetch_add(1, SeqCst);
        }
        barrier.wait();
    };
    share((Barrier::new(3), AtomicU32::new(0)), &[meet, meet, meet]);
}

fn initializers() {
    type Shared = (Once, OnceLock<u32>, AtomicU32);
    let get = |(once, cell, x): &Shared| {
        once.call_once(|| drop(x.fetch_add(1, SeqCst).to_string()));
        cell.get_or_init(|| x.load(SeqCst));
        x.load(SeqCst);
    };
    let look = |(once, cell, x): &Shared| {
        x.load(SeqCst);
        let _ = (once.is_completed(), cell.get(), cell.set(9));
    };
    share((Once::new(), OnceLock::new(), AtomicU32::new(0)), &[get, get, look]);
}

fn tokens() {
    let x = Arc::new(AtomicU32::new(0));
    let sleepers: Vec<_> = (0..2)
        .map(|_| {
            let x = Arc::clone(&x);
            thread::spawn(move || {
                x.fetch_add(1, SeqCst);
                thread::park();
                x.fetch_add(1, SeqCst);
                thread::park_timeout(Duration::from_secs(1));
            })
        })
        .collect();
    sleepers.iter().rev().for_each(|sleeper| sleeper.thread().unpark());
    let _ = sleepers[0].is_finished();
    sleepers[1].thread().unpark();
    sleepers.into_iter().for_each(|sleeper| sleeper.join().unwrap());
}

/// Not in the zoo yet: what a count tells depends on drops, which are no steps.
pub(crate) fn pointers() {
    let strong = Arc::new(AtomicU32::new(0));
    let weak = Arc::downgrade(&strong);
    let (one, two) = (Arc::clone(&strong), weak.clone());
    let threads = [
        thread::spawn(move || {
            one.fetch_add(1, SeqCst);
            let _ = Arc::into_inner(one);
        }),
        thread::spawn(move || {
            if let Some(value) = two.upgrade() {
                value.fetch_add(1, SeqCst);
            }
        }),
        thread::spawn(move || {
            let _ = (weak.strong_count(), weak.upgrade().is_some());
        }),
    ];
    drop(strong);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn events_and_queues() {
    use python::queue::Queue;
    use python::threading::Event;
    let (queue, event) = (Queue::new(1), Event::new());
    let (filled, raised) = (queue.clone(), event.clone());
    let put = thread::spawn(move || {
        filled.put(1u64);
        raised.set();
        filled.put(2);
    });
    let (asked, seen) = (queue.clone(), event.clone());
    let look = thread::spawn(move || {
        let _ = (asked.empty(), seen.is_set(), asked.full(), asked.qsize());
        seen.wait();
        seen.clear();
    });
    queue.get();
    let _ = queue.get_nowait();
    let _ = event.is_set();
    put.join().unwrap();
    look.join().unwrap();
}

fn python_conditions() {
    use python::threading::{Condition, RLock};
    let condition = Condition::over(&RLock::new());
    let total = python::Shared::new(0i64);
    let side = |delta: i64| {
        let (condition, total) = (condition.clone(), total.clone());
        move || {
            total.get();
            condition.with(|| {
                while delta < 0 && total.get() == 0 {
                    condition.wait().expect("the lock is held");
                }
                total.set(total.get() + delta);
                condition.notify().expect("the lock is held");
            });
        }
    };
    together([side(1), side(-1), side(1), side(-1)]);
}

fn semaphores() {
    use python::threading::{BoundedSemaphore, Semaphore};
    type Shared = (Semaphore, BoundedSemaphore, AtomicU32);
    let inside = |(pool, bounded, x): &Shared| {
        pool.with(|| x.fetch_add(1, SeqCst));
        let _ = bounded.release();
    };
    let hasty = |(pool, bounded, x): &Shared| {
        if pool.try_acquire() {
            x.load(SeqCst);
            pool.release();
        }
        let _ = (bounded.acquire_timeout(Duration::from_secs(1)), bounded.release_n(2));
    };
    let generous = |(pool, bounded, _): &Shared| {
        bounded.acquire();
        let _ = pool.release_n(2);
        pool.acquire();
    };
    share((Semaphore::new(1), BoundedSemaphore::new(1), AtomicU32::new(0)), &[inside, hasty, generous]);
}

fn python_barriers() {
    use python::threading::Barrier;
    type Shared = (Barrier, Barrier, AtomicU32);
    let meet = |(first, second, x): &Shared| {
        if first.wait() == Ok(1) {
            x.fetch_add(1, SeqCst);
        }
        let _ = second.wait_timeout(Duration::from_secs(1));
    };
    let disturb = |(first, second, x): &Shared| {
        let _ = (first.n_waiting(), x.load(SeqCst));
        second.abort();
        let _ = (second.broken(), first.broken());
        second.reset();
    };
    let acts = Barrier::new(2).action(|| ());
    share((Barrier::new(2), acts, AtomicU32::new(0)), &[meet, meet, disturb]);
}

fn all_queues() {
    use python::queue::{LifoQueue, PriorityQueue, SimpleQueue};
    let (stack, heap, simple) = (LifoQueue::new(1), PriorityQueue::new(0), SimpleQueue::new());
    let (stack_end, heap_end, simple_end) = (stack.clone(), heap.clone(), simple.clone());
    let put = thread::spawn(move || {
        let _ = stack_end.try_put(1);
        heap_end.put(2);
        let _ = heap_end.put_timeout(1, Duration::from_secs(1));
        simple_end.put(3);
        let _ = (stack_end.put_nowait(4), heap_end.task_done());
    });
    let shut = stack.clone();
    let end = thread::spawn(move || {
        let _ = shut.get_nowait();
        shut.shutdown(false);
        shut.join();
    });
    let _ = (heap.try_get(), simple.get_timeout(Duration::from_secs(1)), stack.try_get(), heap.qsize());
    put.join().unwrap();
    end.join().unwrap();
}

fn sockets() {
    use python::socket::{create_connection, create_server};
    let serve = || {
        if let Ok(server) = create_server("server", 1)
            && let Ok((connection, _)) = server.accept_timeout(Duration::from_secs(1))
        {
            let _ = connection.recv(2);
            let _ = connection.send(b"a");
        }
    };
    let ask = || {
        if let Ok(client) = create_connection("server") {
            let _ = client.send(b"abc");
            let _ = client.recv_timeout(2, Duration::from_secs(1));
        }
    };
    let look = || drop(create_connection("server"));
    together([serve as fn(), ask, look]);
}
