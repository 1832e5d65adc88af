//! The programs of [`wide`](super::wide), run.

use super::wide::{Act, Wide, load, store};
use selvedge::cell::UnsafeCell;
use selvedge::hint;
use selvedge::sync::atomic::Ordering;
use selvedge::sync::atomic::{AtomicU32, fence};
use selvedge::sync::mpsc::{Receiver, SyncSender, sync_channel};
use selvedge::sync::{
    Arc, Mutex, MutexGuard, Once, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak,
};
use selvedge::thread::{self, JoinHandle};
use selvedge::time::{Duration, Instant};
use std::panic::resume_unwind;

/// Behind a pointer that is not the facade's, unlike what `counted` is for.
struct Things {
    atomics: [AtomicU32; 2],
    mutex: Mutex<u32>,
    shared: RwLock<u32>,
    once: Once,
    cell: OnceLock<u32>,
    data: UnsafeCell<u32>,
    /// There only if somebody asks.
    begin: Option<Instant>,
}

// SAFETY: that it is accessed without protection is what is to be found.
unsafe impl Sync for Things {}

/// What was seen, by thread.
pub(crate) type Log = std::sync::Arc<std::sync::Mutex<Vec<Vec<u64>>>>;

/// A thread with what it has in hand.
struct Worker<'a> {
    things: &'a Things,
    sender: Option<SyncSender<u64>>,
    receiver: Option<Receiver<u64>>,
    before: Option<JoinHandle<()>>,
    counted: Option<Arc<u32>>,
    weak: Weak<u32>,
    children: Vec<JoinHandle<()>>,
    held: Option<MutexGuard<'a, u32>>,
    read: Option<RwLockReadGuard<'a, u32>>,
    written: Option<RwLockWriteGuard<'a, u32>>,
    all: &'a std::sync::Arc<Things>,
}

/// The program as a model.
pub(crate) fn run_wide(program: &Wide, log: &Log) {
    *log.lock().unwrap() = vec![Vec::new(); program.bodies.len()];
    let things = std::sync::Arc::new(Things {
        atomics: Default::default(),
        mutex: Mutex::new(0),
        shared: RwLock::new(0),
        once: Once::new(),
        cell: OnceLock::new(),
        data: UnsafeCell::new(0),
        begin: program.bodies.iter().flatten().any(|act| *act == Act::Time).then(Instant::now),
    });
    let (sender, receiver) = sync_channel(program.room);
    let counted = Arc::new(7);
    let weak = Arc::downgrade(&counted);
    let mut before = None;
    let mut receiver = Some(receiver);
    for (number, body) in program.bodies.iter().enumerate().skip(1) {
        let (things, body, log) = (std::sync::Arc::clone(&things), body.clone(), std::sync::Arc::clone(log));
        let (sender, counted, weak) = (sender.clone(), Arc::clone(&counted), weak.clone());
        let (previous, receiver) = (before.take(), receiver.take());
        before = Some(thread::spawn(move || {
            let hands = (sender, receiver, previous, counted, weak);
            work(number, &body, &things, hands, &log);
        }));
    }
    work(0, &program.bodies[0], &things, (sender, receiver, before, counted, weak), log);
}

type Hands = (SyncSender<u64>, Option<Receiver<u64>>, Option<JoinHandle<()>>, Arc<u32>, Weak<u32>);

fn work(number: usize, body: &[Act], things: &std::sync::Arc<Things>, hands: Hands, log: &Log) {
    let (sender, receiver, before, counted, weak) = hands;
    let mut worker = Worker {
        things,
        sender: Some(sender),
        receiver,
        before,
        counted: Some(counted),
        weak,
        children: Vec::new(),
        held: None,
        read: None,
        written: None,
        all: things,
    };
    let mut acts = body.iter();
    while let Some(act) = acts.next() {
        let seen = worker.perform(*act);
        log.lock().unwrap()[number].push(seen);
        if matches!(act, Act::If(..)) && seen != 0 {
            acts.next();
        }
    }
    let Worker { before, children, held, read, written, .. } = worker;
    drop((held, read, written));
    let ends: Vec<u64> =
        children.into_iter().chain(before).map(|handle| handle.join().is_ok().into()).collect();
    log.lock().unwrap()[number].extend(ends);
}

const AWHILE: Duration = Duration::from_secs(1);

impl<'a> Worker<'a> {
    /// What it came to.
    fn perform(&mut self, act: Act) -> u64 {
        let Things { atomics, .. } = self.things;
        match act {
            Act::Load(o, order) | Act::If(o, order) => atomics[o].load(load(order)).into(),
            Act::Store(o, value, order) => {
                atomics[o].store(value, store(order));
                0
            }
            Act::Add(o, order) => atomics[o].fetch_add(1, order).into(),
            Act::Exchange(o, value, order) => {
                match atomics[o].compare_exchange(0, value, order, load(order)) {
                    Ok(found) => found.into(),
                    Err(found) => 10 + u64::from(found),
                }
            }
            Act::Fence(order) => {
                fence(order);
                0
            }
            Act::Poll(o, tries, order) => tried(tries, || atomics[o].load(load(order)) != 0),
            Act::Await(o, order) => {
                while atomics[o].load(load(order)) == 0 {
                    hint::spin_loop();
                }
                1
            }
            Act::Choose => selvedge::choose(2).into(),
            _ => self.perform_once(act),
        }
    }

    fn perform_once(&mut self, act: Act) -> u64 {
        let Things { atomics, once, cell, data, .. } = self.things;
        match act {
            Act::Once => {
                once.call_once(|| {
                    atomics[0].fetch_add(1, Ordering::Relaxed);
                });
                0
            }
            Act::IsDone => once.is_completed().into(),
            Act::Set => cell.set(5).is_ok().into(),
            Act::Get => cell.get().copied().unwrap_or(0).into(),
            Act::Init => (*cell.get_or_init(|| atomics[1].fetch_add(1, Ordering::Relaxed) + 6)).into(),
            // SAFETY: races are what is looked for; nothing else runs during the access.
            Act::Peek => data.with(|data| unsafe { *data }).into(),
            // SAFETY: as above.
            Act::Poke => data
                .with_mut(|data| unsafe {
                    *data += 1;
                    *data
                })
                .into(),
            Act::Start(o) => {
                let all = std::sync::Arc::clone(self.all);
                self.children.push(thread::spawn(move || {
                    all.atomics[o].fetch_add(1, Ordering::Relaxed);
                }));
                0
            }
            Act::Yield => {
                thread::yield_now();
                0
            }
            Act::Sleep => {
                thread::sleep(AWHILE);
                0
            }
            Act::Time => self.things.begin.map_or(0, |begin| begin.elapsed().as_micros() as u64),
            Act::Park => {
                thread::park();
                0
            }
            Act::ParkAwhile => {
                thread::park_timeout(AWHILE);
                0
            }
            _ => self.perform_on_the_mutex(act),
        }
    }

    fn perform_on_the_mutex(&mut self, act: Act) -> u64 {
        let Things { mutex, .. } = self.things;
        match act {
            Act::Lock => {
                let taken = mutex.lock();
                let broken = taken.is_err();
                self.held = Some(taken.unwrap_or_else(std::sync::PoisonError::into_inner));
                broken.into()
            }
            Act::TryLock => match mutex.try_lock() {
                Ok(guard) => {
                    self.held = Some(guard);
                    0
                }
                Err(std::sync::TryLockError::Poisoned(guard)) => {
                    self.held = Some(guard.into_inner());
                    1
                }
                Err(std::sync::TryLockError::WouldBlock) => 2,
            },
            Act::Unlock => {
                self.held = None;
                0
            }
            Act::Break => {
                assert!(self.held.is_none(), "broken");
                0
            }
            Act::Resume => {
                if self.held.is_some() {
                    resume_unwind(Box::new("broken"));
                }
                0
            }
            Act::Mend => {
                mutex.clear_poison();
                0
            }
            Act::IsBroken => mutex.is_poisoned().into(),
            _ => self.perform_on_what_it_holds(act),
        }
    }

    fn perform_on_what_it_holds(&mut self, act: Act) -> u64 {
        let Things { shared, .. } = self.things;
        match act {
            Act::Read => {
                self.read = Some(shared.read().unwrap());
                0
            }
            Act::Write => {
                self.written = Some(shared.write().unwrap());
                0
            }
            Act::TryRead => match shared.try_read() {
                Ok(guard) => {
                    self.read = Some(guard);
                    1
                }
                Err(_) => 0,
            },
            Act::TryWrite => match shared.try_write() {
                Ok(guard) => {
                    self.written = Some(guard);
                    1
                }
                Err(_) => 0,
            },
            Act::GiveBack => {
                self.read = None;
                self.written = None;
                0
            }
            Act::Count => self.counted.as_ref().map_or(9, |counted| Arc::strong_count(counted) as u64),
            Act::Upgrade => self.weak.upgrade().is_some().into(),
            Act::LetGo => {
                self.counted = None;
                0
            }
            Act::GetMut => self.counted.as_mut().map_or(9, |counted| Arc::get_mut(counted).is_some().into()),
            _ => self.perform_with_others(act),
        }
    }

    fn perform_with_others(&mut self, act: Act) -> u64 {
        match (act, &self.sender, &self.receiver, &self.before) {
            (Act::Send, Some(sender), ..) => sender.send(3).is_ok().into(),
            (Act::TrySend, Some(sender), ..) => match sender.try_send(4) {
                Ok(()) => 1,
                Err(std::sync::mpsc::TrySendError::Full(_)) => 2,
                Err(std::sync::mpsc::TrySendError::Disconnected(_)) => 3,
            },
            (Act::Receive, _, Some(receiver), _) => receiver.recv().unwrap_or(1),
            (Act::TryReceive, _, Some(receiver), _) => match receiver.try_recv() {
                Ok(value) => value,
                Err(std::sync::mpsc::TryRecvError::Empty) => 1,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => 2,
            },
            (Act::ReceiveAwhile, _, Some(receiver), _) => match receiver.recv_timeout(AWHILE) {
                Ok(value) => value,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => 1,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => 2,
            },
            (Act::PollMessages(tries), _, Some(receiver), _) => tried(tries, || receiver.try_recv().is_ok()),
            (Act::IsOver(tries), _, _, Some(before)) => tried(tries, || before.is_finished()),
            (Act::Unpark, _, _, Some(before)) => {
                before.thread().unpark();
                0
            }
            (Act::HangUp, ..) => {
                self.sender = None;
                self.receiver = None;
                0
            }
            (Act::Join, ..) => self.before.take().map_or(9, |before| before.join().is_ok().into()),
            _ => 9,
        }
    }
}

/// Tries so often, and gives up; whether it has come to something.
fn tried(tries: u32, mut attempt: impl FnMut() -> bool) -> u64 {
    for _ in 0..tries {
        if attempt() {
            return 1;
        }
        hint::spin_loop();
    }
    0
}
