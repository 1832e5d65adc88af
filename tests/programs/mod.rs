//! Programs for the laws: random ones as data, and a zoo of handwritten ones.

pub(crate) mod interpreter;
pub(crate) mod rich;
pub(crate) mod zoo;

use proptest::prelude::*;
use selvedge::base::Ending;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Mutex, MutexGuard};
use selvedge::thread;
use selvedge::trace::Trace;
use std::sync::Arc;

/// What a thread does, to one of two atomics or one of two mutexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Exchange(usize, u32, u32),
    Lock(usize),
    TryLock(usize),
    /// Nothing where it is not held.
    Unlock(usize),
}

/// What each thread does. At its end a thread gives back what it still holds, the first mutex first.
pub(crate) type Program = Vec<Vec<Do>>;

/// Two threads of up to four operations, or three of up to three.
pub(crate) fn program() -> impl Strategy<Value = Program> {
    let step = || {
        let object = 0..2usize;
        prop_oneof![
            object.clone().prop_map(Do::Load),
            (object.clone(), 1..3u32).prop_map(|(object, value)| Do::Store(object, value)),
            object.clone().prop_map(Do::Add),
            (object.clone(), 0..2u32, 1..3u32).prop_map(|(object, from, to)| Do::Exchange(object, from, to)),
            object.clone().prop_map(Do::Lock),
            object.clone().prop_map(Do::TryLock),
            object.prop_map(Do::Unlock),
        ]
    };
    let threads =
        move |count, most| proptest::collection::vec(proptest::collection::vec(step(), 0..=most), count);
    prop_oneof![threads(2, 4), threads(3, 3)]
}

/// The program as a model, which main ends with a look at the atomics.
pub(crate) fn run_and_look(program: &Program) -> [u32; 2] {
    start_and_join(program).0.each_ref().map(|atomic| atomic.load(SeqCst))
}

/// The program as a model. A thread that locks what it holds already waits for ever, and that is part of the game.
pub(crate) fn run(program: &Program) {
    start_and_join(program);
}

/// Not the facade's: the end of its last pointer is a step, and here it is nobody's business.
type Shared = Arc<([AtomicU32; 2], [Mutex<()>; 2])>;

fn start_and_join(program: &Program) -> Shared {
    let shared = Shared::default();
    let threads: Vec<_> = program
        .iter()
        .map(|body| {
            let (shared, body) = (Arc::clone(&shared), body.clone());
            thread::spawn(move || perform(&body, &shared.0, &shared.1))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    shared
}

fn perform(body: &[Do], atomics: &[AtomicU32; 2], mutexes: &[Mutex<()>; 2]) {
    let mut held: [Option<MutexGuard<'_, ()>>; 2] = [None, None];
    for step in body {
        match *step {
            Do::Load(object) => {
                atomics[object].load(SeqCst);
            }
            Do::Store(object, value) => atomics[object].store(value, SeqCst),
            Do::Add(object) => {
                atomics[object].fetch_add(1, SeqCst);
            }
            Do::Exchange(object, from, to) => {
                let _ = atomics[object].compare_exchange(from, to, SeqCst, SeqCst);
            }
            Do::Lock(object) => {
                let guard = mutexes[object].lock().unwrap();
                held[object] = Some(guard);
            }
            Do::TryLock(object) => {
                if let Ok(guard) = mutexes[object].try_lock() {
                    held[object] = Some(guard);
                }
            }
            Do::Unlock(object) => held[object] = None,
        }
    }
}

/// What came of each thread's operations, in its order, and whether all threads came to their ends.
pub(crate) type Outcomes = (Vec<Vec<String>>, bool);

/// What an execution came to, read off its trace.
pub(crate) fn outcome(trace: &Trace) -> Outcomes {
    let mut threads = vec![Vec::new(); trace.threads.len()];
    for step in trace.steps.iter().filter(|step| step.operation.is_point()) {
        threads[step.thread.index()].push(format!("{:?}", step.outcome));
    }
    (threads, trace.ending == Ending::Finished)
}
