//! Renderings, whole, as a person sees them, and the words for every action.

use super::*;
use crate::base::{
    Action, ArcAction, AtomicAction, BarrierAction, ChannelAction, CondvarAction, Ending, EventAction,
    FOREVER, MutexAction, ObjectId, ObjectKind, OnceAction, Operation, Outcome, QueueAction, Rmw,
    RwLockAction, SharedAction, ThreadAction, ThreadId, Width,
};
use crate::trace::builder::{Builder, Does};
use std::sync::atomic::Ordering;

/// The words for one step of the main thread on an object of this kind, named `x`; a thread `b` and a mutex `m` exist.
fn words(kind: ObjectKind, action: Action, outcome: Outcome) -> String {
    let mut build = Builder::new();
    let x = build.object(kind, "x");
    build.mutex("m");
    build.thread("b");
    build.raw(0, 0, Operation::new(x, action), outcome);
    let trace = build.finish();
    phrases(&trace, &Names::new(&trace)).remove(0).1
}

const M: ObjectId = ObjectId(1);
const B: ThreadId = ThreadId(1);

#[test]
fn atomics_in_words() {
    let unsigned =
        |action, outcome| words(ObjectKind::Atomic(Width::Unsigned(8)), Action::Atomic(action), outcome);
    let signed =
        |action, outcome| words(ObjectKind::Atomic(Width::Signed(32)), Action::Atomic(action), outcome);
    let rmw = |function, operand| AtomicAction::Rmw { function, operand, ordering: Ordering::AcqRel };
    let exchange = AtomicAction::CompareExchange {
        expected: 1,
        new: 2,
        success: Ordering::SeqCst,
        failure: Ordering::Relaxed,
        weak: true,
    };
    assert_eq!(unsigned(AtomicAction::Load(Ordering::Acquire), Outcome::Value(3)), "load x -> 3 (acquire)");
    assert_eq!(unsigned(rmw(Rmw::Add, 1), Outcome::Value(255)), "add 1 to x: 255 -> 0 (acq-rel)");
    assert_eq!(signed(rmw(Rmw::Sub, 3), Outcome::Value(1)), "subtract 3 from x: 1 -> -2 (acq-rel)");
    assert_eq!(
        signed(rmw(Rmw::Max, 3), Outcome::Value(u64::MAX)),
        "raise x to at least 3: -1 -> 3 (acq-rel)"
    );
    assert_eq!(unsigned(rmw(Rmw::Swap, 9), Outcome::Value(1)), "swap x: 1 -> 9 (acq-rel)");
    assert_eq!(unsigned(exchange, Outcome::Value(1)), "exchange x 1 -> 2");
    assert_eq!(unsigned(exchange, Outcome::Mismatch(7)), "exchange x 1 -> 2: fails, found 7 (relaxed)");
    assert_eq!(unsigned(exchange, Outcome::Mismatch(1)), "exchange x 1 -> 2: fails by chance (relaxed)");
    let pointer = |bits| {
        let store = AtomicAction::Store { value: bits, ordering: Ordering::SeqCst };
        words(ObjectKind::Atomic(Width::Pointer), Action::Atomic(store), Outcome::Done)
    };
    assert_eq!((pointer(0x7fff_0123), pointer(0)), ("store x = ptr".into(), "store x = null".into()));
}

#[test]
fn locks_in_words() {
    let mutex = |action, outcome| words(ObjectKind::Mutex, Action::Mutex(action), outcome);
    assert_eq!(mutex(MutexAction::Lock { timeout: 5 }, Outcome::TimedOut), "lock x: times out");
    assert_eq!(mutex(MutexAction::Lock { timeout: FOREVER }, Outcome::Poisoned), "lock x (poisoned)");
    assert_eq!(mutex(MutexAction::TryLock, Outcome::Refused), "try_lock x -> busy");
    assert_eq!(mutex(MutexAction::TryLock, Outcome::Done), "try_lock x -> taken");
    assert_eq!(mutex(MutexAction::Unlock { poison: true }, Outcome::Done), "unlock x, poisoning it");
    assert_eq!(mutex(MutexAction::IsLocked, Outcome::Value(1)), "is x locked? yes");
    let rwlock = |action, outcome| words(ObjectKind::RwLock, Action::RwLock(action), outcome);
    assert_eq!(rwlock(RwLockAction::Read, Outcome::Done), "read-lock x");
    assert_eq!(rwlock(RwLockAction::TryWrite, Outcome::Refused), "try_write x -> busy");
    assert_eq!(rwlock(RwLockAction::UnlockWrite { poison: false }, Outcome::Done), "write-unlock x");
    assert_eq!(rwlock(RwLockAction::Downgrade, Outcome::Done), "downgrade x to a read-lock");
    let once = |action, outcome| words(ObjectKind::Once, Action::Once(action), outcome);
    assert_eq!(once(OnceAction::Begin { force: false }, Outcome::Chosen), "begins to initialize x");
    assert_eq!(once(OnceAction::Begin { force: false }, Outcome::Done), "finds x initialized");
    assert_eq!(once(OnceAction::Set, Outcome::Refused), "set x: refused, it is set");
}

#[test]
fn conditions_in_words() {
    let condvar = |action, outcome| words(ObjectKind::Condvar, Action::Condvar(action), outcome);
    let wait = |timeout| CondvarAction::Wait { mutex: M, timeout };
    assert_eq!(condvar(wait(FOREVER), Outcome::Done), "wait on x (releases m)");
    assert_eq!(condvar(wait(9), Outcome::Done), "wait on x for a time (releases m)");
    assert_eq!(condvar(CondvarAction::Reacquire { mutex: M }, Outcome::Done), "wakes up, locks m");
    assert_eq!(
        condvar(CondvarAction::Reacquire { mutex: M }, Outcome::Spurious),
        "wakes up unasked, locks m"
    );
    assert_eq!(
        condvar(CondvarAction::Wake { timeout: 9, stays: false }, Outcome::TimedOut),
        "wait on x times out"
    );
    assert_eq!(condvar(CondvarAction::NotifyOne, Outcome::Value(0)), "notify one on x, nobody waits");
    assert_eq!(condvar(CondvarAction::NotifyAll, Outcome::Value(2)), "notify all on x, wakes 2");
    let barrier = |action, outcome| words(ObjectKind::Barrier, Action::Barrier(action), outcome);
    assert_eq!(barrier(BarrierAction::Arrive, Outcome::Chosen), "comes to x, the last one");
    assert_eq!(barrier(BarrierAction::Pass { generation: 0 }, Outcome::Done), "passes x");
    let event = |action, outcome| words(ObjectKind::Event, Action::Event(action), outcome);
    assert_eq!(event(EventAction::IsSet, Outcome::Value(0)), "is x set? no");
    assert_eq!(event(EventAction::Wait { timeout: FOREVER }, Outcome::Done), "wait for x: it is set");
}

#[test]
fn queues_channels_and_the_rest_in_words() {
    let queue =
        |action, outcome| words(ObjectKind::Queue(Some(Width::Signed(32))), Action::Queue(action), outcome);
    assert_eq!(queue(QueueAction::Put { timeout: FOREVER }, Outcome::Value(3)), "put 3 into x");
    assert_eq!(queue(QueueAction::Get { timeout: 0 }, Outcome::Refused), "get from x: empty");
    assert_eq!(queue(QueueAction::Get { timeout: 7 }, Outcome::TimedOut), "get from x: times out");
    assert_eq!(queue(QueueAction::IsEmpty, Outcome::Value(1)), "is x empty? yes");
    let channel = |action, outcome| words(ObjectKind::Channel, Action::Channel(action), outcome);
    assert_eq!(channel(ChannelAction::Send, Outcome::Value(1)), "send on x");
    assert_eq!(channel(ChannelAction::TrySend, Outcome::Refused), "try_send on x -> full");
    let receive = ChannelAction::Receive { timeout: FOREVER };
    assert_eq!(channel(receive, Outcome::Disconnected), "receive from x: the senders are gone");
    let arc = |action, outcome| words(ObjectKind::Arc, Action::Arc(action), outcome);
    assert_eq!(arc(ArcAction::Unique, Outcome::Value(0)), "is x the only one? no");
    assert_eq!(arc(ArcAction::Upgrade, Outcome::Refused), "upgrade x -> gone");
    let thread = |action, outcome| words(ObjectKind::Mutex, Action::Thread(action), outcome);
    assert_eq!(thread(ThreadAction::Join { thread: B, timeout: 3 }, Outcome::TimedOut), "join b: times out");
    assert_eq!(thread(ThreadAction::IsFinished(B), Outcome::Value(1)), "has b ended? yes");
    assert_eq!(thread(ThreadAction::Unpark(B), Outcome::Done), "unpark b");
    assert_eq!(words(ObjectKind::Mutex, Action::Choose(3), Outcome::Value(2)), "choose below 3 -> 2");
    assert_eq!(words(ObjectKind::Mutex, Action::Fence(Ordering::Acquire), Outcome::Done), "fence (acquire)");
    assert_eq!(
        words(ObjectKind::Shared(None), Action::Shared(SharedAction::Set(None)), Outcome::Done),
        "write x"
    );
}

#[test]
fn a_note_stands_for_a_value_too_large_for_a_step() {
    let mut build = Builder::new();
    let (queue, list) =
        (build.object(ObjectKind::Queue(None), "queue"), build.object(ObjectKind::Shared(None), "list"));
    build.step(0, Does::Put(queue)).note("'item\n1'").step(0, Does::Get(list, 0)).note("[1, 2]");
    build.step(0, Does::IsEmpty(queue, true));
    insta::assert_snapshot!(render(&build.finish(), &[], &Style::default()), @r"
    step   a: main
       1   put 'item 1' into queue
       2   read list -> [1, 2]
       3   is queue empty? yes
    ");
}

#[test]
fn a_notify_says_whom_it_wakes_as_chosen() {
    let mut build = Builder::new();
    let (m, c) = (build.mutex("m"), build.condvar("c"));
    for name in ["one", "two"] {
        let thread = build.thread(name);
        build.step(0, Does::Spawn(thread)).step(thread.0, Does::Lock(m)).step(thread.0, Does::Wait(c, m));
    }
    let notify = Operation::new(c, Action::Condvar(CondvarAction::NotifyOne));
    build.raw(0, 1, notify, Outcome::Value(1)).step(0, Does::NotifyAll(c)).step(0, Does::TryLockBusy(m));
    build.step(2, Does::Wake(c, m)).blocked(1, Does::Wake(c, m));
    insta::assert_snapshot!(render(&build.finish(), &[], &Style::default()), @r"
      step   a: main                      b: one                   c: two
         1   spawn one
    >    2                                lock m
         3                                wait on c (releases m)
         4   spawn two
         5                                                         lock m
         6                                                         wait on c (releases m)
         7   notify one on c, wakes two
         8   notify all on c, wakes one
         9   try_lock m -> busy
        10                                                         wakes up, locks m
       end                                was notified, but waits for m, held by two since step 10
    >        takes the turn from a thread that could have gone on
    ");
}

#[test]
fn with_more_threads_than_fit_it_is_a_list() {
    let mut build = Builder::new();
    let (x, event) = (build.shared("x"), build.object(ObjectKind::Event, "event"));
    for n in 1..=9 {
        build.thread("worker");
        build.step(n, Does::Get(x, n.into()));
    }
    build.step(3, Does::SetEvent(event)).step(0, Does::IsSet(event, true));
    insta::assert_snapshot!(render(&build.finish(), &[Annotation::new(2, "here")], &Style::default()), @r"
      step   thread       action
    >    1   worker (b)   read x -> 1
         2   worker (c)   read x -> 2
         3   worker (d)   read x -> 3  <- here
    >    4   worker (e)   read x -> 4
         5   worker (f)   read x -> 5
         6   worker (g)   read x -> 6
         7   worker (h)   read x -> 7
         8   worker (i)   read x -> 8
         9   worker (j)   read x -> 9
        10   worker (d)   set event
        11   a: main      is event set? yes
    >        takes the turn from a thread that could have gone on
    ");
}

#[test]
fn a_long_trace_keeps_its_ends_and_what_is_said_of_it() {
    let mut build = Builder::new();
    let x = build.shared("x");
    for n in 0..100 {
        build.step(0, Does::Set(x, n));
    }
    let mut trace = build.finish();
    trace.skipped = 1000;
    let style = Style { max_rows: 12, ..Style::default() };
    insta::assert_snapshot!(render(&trace, &[Annotation::new(1050, "the middle")], &style), @r"
    step   a: main
     ...   (1000 steps left out)
    1001   write x = 0
    1002   write x = 1
    1003   write x = 2
     ...   (46 steps left out)
    1050   write x = 49
    1051   write x = 50  <- the middle
    1052   write x = 51
     ...   (43 steps left out)
    1096   write x = 95
    1097   write x = 96
    1098   write x = 97
    1099   write x = 98
    1100   write x = 99
    ");
}

#[test]
fn locations_are_shown_when_asked_without_absolute_paths() {
    let mut build = Builder::new();
    let x = build.shared("x");
    build.step(0, Does::Get(x, 1));
    let text = render(&build.finish(), &[], &Style { locations: true, ..Style::default() });
    let line = text.lines().nth(1).unwrap();
    assert!(line.contains("read x -> 1  [src/trace/builder.rs:"), "{line}");
    assert_eq!(short_path("/home/someone/src/model.rs"), "model.rs");
    assert_eq!(short_path("C:\\src\\model.rs"), "model.rs");
    assert_eq!(short_path("models/src/bank.rs"), "models/src/bank.rs");
}

#[test]
fn wide_letters_take_two_columns() {
    assert_eq!(width("쓰레드 1"), 8);
    let mut build = Builder::new();
    let (x, b) = (build.shared("x"), build.thread("소비자"));
    build.step(0, Does::Spawn(b)).step(1, Does::Get(x, 0)).step(0, Does::Get(x, 0));
    insta::assert_snapshot!(render(&build.finish(), &[], &Style::default()), @r"
      step   a: main        b: 소비자
         1   spawn 소비자
    >    2                  read x -> 0
         3   read x -> 0
    >        takes the turn from a thread that could have gone on
    ");
}

#[test]
fn an_execution_cut_short_says_who_waits() {
    let mut build = Builder::new();
    let (m, b) = (build.mutex("m"), build.thread("b"));
    build.step(0, Does::Lock(m)).step(0, Does::Spawn(b)).blocked(1, Does::Lock(m)).ending(Ending::StepLimit);
    let text = render(&build.finish(), &[], &Style::default());
    assert!(text.ends_with("waits for m, held by main since step 1\n"), "{text}");
}
