//! Random programs over objects of every kind, as data.

use proptest::prelude::*;
use selvedge::python::queue::Queue;
use selvedge::python::threading::{Barrier, Condition, Event, Lock, Semaphore};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockWriteGuard};
use selvedge::thread;
use std::sync::Arc;
use std::time::Duration;

/// What a thread does. Where it makes no sense (to give back what is not held, to wait without the mutex) it is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Exchange(usize, u32, u32),
    /// Does the next only if the atomic is not zero.
    Unless(usize),
    Lock(usize),
    TryLock(usize),
    Unlock(usize),
    /// On the one condition variable, with mutex 0.
    Wait,
    WaitAwhile,
    NotifyOne,
    NotifyAll,
    Choose,
    Read,
    Write,
    WriteThenRead,
    Put,
    Get,
    GetNow,
    Raise,
    Lower,
    IsUp,
    AwaitUp,
    ShutDown,
    /// On Python's condition, over a lock of its own.
    Doze,
    DozeAwhile,
    Rouse,
    Acquire,
    AcquireNow,
    AcquireAwhile,
    Release,
    /// At a barrier for two.
    Meet,
    MeetAwhile,
    Break,
    Mend,
    AreThereAny,
    Park,
    ParkAwhile,
    /// To the thread of this number.
    Unpark(usize),
}

/// What each thread does. At its end it gives back what it still holds.
pub(crate) type Rich = Vec<Vec<Act>>;

/// Two threads of up to four operations, or three of up to three, all on objects of one or two kinds: then they meet.
pub(crate) fn rich() -> impl Strategy<Value = Rich> {
    use Act::*;
    let object = || 0..2usize;
    let atomics = prop_oneof![
        object().prop_map(Load),
        (object(), 1..3u32).prop_map(|(o, v)| Store(o, v)),
        object().prop_map(Add),
        (object(), 0..2u32, 1..3u32).prop_map(|(o, a, b)| Exchange(o, a, b)),
        object().prop_map(Unless),
        Just(Choose),
    ]
    .boxed();
    let locks = prop_oneof![
        2 => object().prop_map(Lock),
        1 => object().prop_map(TryLock),
        1 => object().prop_map(Unlock),
    ]
    .boxed();
    let conditions = prop_oneof![
        3 => Just(Lock(0)),
        3 => Just(Wait),
        1 => Just(WaitAwhile),
        2 => Just(NotifyOne),
        1 => Just(NotifyAll),
        1 => Just(Unlock(0)),
        1 => Just(TryLock(0)),
    ]
    .boxed();
    let shared = prop_oneof![Just(Read), Just(Write), Just(WriteThenRead), object().prop_map(Add)].boxed();
    let queues = prop_oneof![4 => Just(Put), 4 => Just(Get), 2 => Just(GetNow), 1 => Just(ShutDown)].boxed();
    let dozers = prop_oneof![2 => Just(Doze), 3 => Just(DozeAwhile), 3 => Just(Rouse)].boxed();
    let permits = prop_oneof![
        3 => Just(Acquire),
        3 => Just(Release),
        1 => Just(AcquireNow),
        1 => Just(AcquireAwhile),
    ]
    .boxed();
    let meetings = prop_oneof![
        4 => Just(Meet),
        1 => Just(MeetAwhile),
        1 => Just(Break),
        1 => Just(Mend),
        1 => Just(AreThereAny),
    ]
    .boxed();
    let events = prop_oneof![Just(Raise), Just(Lower), Just(IsUp), Just(AwaitUp)].boxed();
    let tokens = prop_oneof![Just(Park), Just(ParkAwhile), (0..3usize).prop_map(Unpark)].boxed();
    let kinds =
        [atomics.clone(), locks, conditions, shared, queues, events, tokens, dozers, permits, meetings];
    let kind = 0..kinds.len();
    (kind.clone(), kind, prop_oneof![Just((2usize, 4usize)), Just((3, 2)), Just((3, 3))]).prop_flat_map(
        move |(first, second, (count, most))| {
            let act = prop_oneof![kinds[first].clone(), kinds[second].clone(), kinds[0].clone()];
            proptest::collection::vec(proptest::collection::vec(act, 0..=most), count)
        },
    )
}

/// Behind a pointer that is not the facade's: the end of the last one is nobody's business.
struct Things {
    atomics: [AtomicU32; 2],
    mutexes: [Mutex<()>; 2],
    condvar: Condvar,
    shared: RwLock<u32>,
    queue: Queue<u64>,
    event: Event,
    condition: Condition,
    semaphore: Semaphore,
    barrier: Barrier,
}

/// The program as a model.
pub(crate) fn run_rich(program: &Rich) {
    let things = Arc::new(Things {
        atomics: Default::default(),
        mutexes: Default::default(),
        condvar: Condvar::new(),
        shared: RwLock::new(0),
        queue: Queue::new(1),
        event: Event::new(),
        condition: Condition::over(&Lock::new()),
        semaphore: Semaphore::new(1),
        barrier: Barrier::new(2),
    });
    // Threads learn of each other before any of them does anything that counts.
    let (mut threads, mut handles) = (Vec::new(), Vec::new());
    let known: Arc<std::sync::Mutex<Vec<thread::Thread>>> = Arc::default();
    for body in program {
        let (things, body, known) = (Arc::clone(&things), body.clone(), Arc::clone(&known));
        let handle = thread::spawn(move || perform(&body, &things, &known));
        threads.push(handle.thread().clone());
        handles.push(handle);
        if handles.len() == program.len() {
            break;
        }
    }
    *known.lock().unwrap() = threads;
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

fn perform(body: &[Act], things: &Things, known: &std::sync::Mutex<Vec<thread::Thread>>) {
    let mut held: [Option<MutexGuard<'_, ()>>; 2] = [None, None];
    let awhile = Duration::from_secs(1);
    let mut acts = body.iter();
    while let Some(act) = acts.next() {
        match *act {
            Act::Load(o) => drop(things.atomics[o].load(SeqCst).to_string()),
            Act::Store(o, value) => things.atomics[o].store(value, SeqCst),
            Act::Add(o) => drop(things.atomics[o].fetch_add(1, SeqCst).to_string()),
            Act::Exchange(o, from, to) => {
                let _ = things.atomics[o].compare_exchange(from, to, SeqCst, SeqCst);
            }
            Act::Unless(o) => {
                if things.atomics[o].load(SeqCst) == 0 {
                    acts.next();
                }
            }
            Act::Lock(o) => held[o] = Some(things.mutexes[o].lock().unwrap()),
            Act::TryLock(o) => {
                if let Ok(guard) = things.mutexes[o].try_lock() {
                    held[o] = Some(guard);
                }
            }
            Act::Unlock(o) => held[o] = None,
            Act::Wait => held[0] = held[0].take().map(|guard| things.condvar.wait(guard).unwrap()),
            Act::WaitAwhile => {
                let wait = |guard| things.condvar.wait_timeout(guard, awhile).unwrap().0;
                held[0] = held[0].take().map(wait);
            }
            Act::NotifyOne => things.condvar.notify_one(),
            Act::NotifyAll => things.condvar.notify_all(),
            Act::Choose => drop(selvedge::choose(2).to_string()),
            Act::Read => drop(things.shared.read().unwrap()),
            Act::Write => drop(things.shared.write().unwrap()),
            Act::WriteThenRead => drop(RwLockWriteGuard::downgrade(things.shared.write().unwrap())),
            Act::Put => drop(things.queue.try_put(1)),
            Act::Get => drop(things.queue.try_get()),
            Act::GetNow => drop(things.queue.get_nowait().is_ok().to_string()),
            Act::Raise => things.event.set(),
            Act::Lower => things.event.clear(),
            Act::IsUp => drop(things.event.is_set().to_string()),
            Act::AwaitUp => things.event.wait(),
            Act::ShutDown => things.queue.shutdown(true),
            Act::Doze => things.condition.with(|| things.condition.wait().unwrap()),
            Act::DozeAwhile => {
                let notified = things.condition.with(|| things.condition.wait_timeout(awhile).unwrap());
                drop(notified.to_string());
            }
            Act::Rouse => things.condition.with(|| things.condition.notify().unwrap()),
            Act::Acquire => things.semaphore.acquire(),
            Act::AcquireNow => drop(things.semaphore.try_acquire().to_string()),
            Act::AcquireAwhile => drop(things.semaphore.acquire_timeout(awhile).to_string()),
            Act::Release => things.semaphore.release(),
            Act::Meet => drop(things.barrier.wait()),
            Act::MeetAwhile => drop(things.barrier.wait_timeout(awhile)),
            Act::Break => things.barrier.abort(),
            Act::Mend => things.barrier.reset(),
            Act::AreThereAny => drop(things.barrier.n_waiting().to_string()),
            Act::Park => thread::park(),
            Act::ParkAwhile => thread::park_timeout(awhile),
            Act::Unpark(number) => {
                // Not while the list is locked: unparking gives the turn away.
                let thread = known.lock().unwrap().get(number).cloned();
                thread.iter().for_each(thread::Thread::unpark);
            }
        }
    }
}
