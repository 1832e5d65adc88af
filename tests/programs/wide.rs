//! Random programs over what std has besides locks and atomics, as data: channels, ends of threads, initializers, counted
//! pointers, cells, panics, loops that give up; under orderings of all strengths.

use proptest::prelude::*;
use selvedge::sync::atomic::Ordering::{self, SeqCst};

impl Act {
    /// Whether it has a place in the one order of all sequentially consistent accesses.
    pub(crate) fn is_total(self) -> bool {
        use Act::{Add, Await, Exchange, Fence, If, Load, Poll, Store};
        matches!(
            self,
            Load(_, SeqCst)
                | Store(_, _, SeqCst)
                | Add(_, SeqCst)
                | Exchange(_, _, SeqCst)
                | Fence(SeqCst)
                | If(_, SeqCst)
                | Poll(_, _, SeqCst)
                | Await(_, SeqCst)
        )
    }
}

/// What a thread does. Where it makes no sense (to receive without the receiver, to give back what is not held) it is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Load(usize, Ordering),
    Store(usize, u32, Ordering),
    Add(usize, Ordering),
    Exchange(usize, u32, Ordering),
    Fence(Ordering),
    /// Does the next only if the atomic is zero.
    If(usize, Ordering),
    /// Looks so many times whether the atomic is not zero, and gives up.
    Poll(usize, u32, Ordering),
    /// Spins until the atomic is not zero.
    Await(usize, Ordering),
    Lock,
    TryLock,
    Unlock,
    /// Panics with the mutex in hand.
    Break,
    /// Hands a panic on.
    Resume,
    Mend,
    IsBroken,
    Read,
    Write,
    TryRead,
    TryWrite,
    GiveBack,
    Send,
    TrySend,
    Receive,
    TryReceive,
    ReceiveAwhile,
    /// Tries so many times to receive, and gives up.
    PollMessages(u32),
    HangUp,
    /// Whether the thread started before this one has ended; so many times, until it has.
    IsOver(u32),
    Join,
    Park,
    ParkAwhile,
    /// The thread started before this one.
    Unpark,
    Once,
    IsDone,
    Set,
    Get,
    Init,
    Count,
    Upgrade,
    LetGo,
    GetMut,
    Peek,
    Poke,
    /// Starts a thread that adds one to the atomic, and joins it at its own end.
    Start(usize),
    Yield,
    Sleep,
    /// How much time has passed since the beginning.
    Time,
    Choose,
}

/// What the main thread does between starting the others and joining the last of them, and what each of those does, of whom each but
/// the first joins the one before it; and the size of the channel.
#[derive(Clone, Debug)]
pub(crate) struct Wide {
    pub(crate) bodies: Vec<Vec<Act>>,
    pub(crate) room: usize,
}

fn ordering() -> impl Strategy<Value = Ordering> + Clone {
    use Ordering::{AcqRel, Relaxed, SeqCst};
    prop_oneof![2 => Just(Relaxed), 1 => Just(AcqRel), 2 => Just(SeqCst)]
}

/// What is left of it for a load or a store.
pub(crate) fn load(ordering: Ordering) -> Ordering {
    if ordering == Ordering::AcqRel { Ordering::Acquire } else { ordering }
}

pub(crate) fn store(ordering: Ordering) -> Ordering {
    if ordering == Ordering::AcqRel { Ordering::Release } else { ordering }
}

type Acts = BoxedStrategy<Act>;

/// Operations on atomics, and loops.
fn atomics_and_loops() -> [Acts; 2] {
    use Act::*;
    let object = || 0..2usize;
    let atomics = prop_oneof![
        2 => (object(), ordering()).prop_map(|(o, order)| Load(o, order)),
        2 => (object(), 1..3u32, ordering()).prop_map(|(o, v, order)| Store(o, v, order)),
        1 => (object(), ordering()).prop_map(|(o, order)| Add(o, order)),
        1 => (object(), 1..3u32, ordering()).prop_map(|(o, v, order)| Exchange(o, v, order)),
        1 => prop_oneof![Just(Fence(Ordering::SeqCst)), Just(Fence(Ordering::AcqRel))],
        1 => (object(), ordering()).prop_map(|(o, order)| If(o, order)),
        1 => Just(Choose),
        1 => Just(Yield),
    ]
    .boxed();
    let loops = prop_oneof![
        2 => (object(), 1..3u32, ordering()).prop_map(|(o, n, order)| Poll(o, n, order)),
        1 => (object(), ordering()).prop_map(|(o, order)| Await(o, order)),
        2 => (object(), ordering()).prop_map(|(o, order)| Store(o, 1, order)),
        1 => (1..3u32).prop_map(PollMessages),
        1 => (1..3u32).prop_map(IsOver),
        1 => Just(Send),
        1 => Just(Sleep),
    ]
    .boxed();
    [atomics, loops]
}

/// Operations on a channel.
fn channels() -> Acts {
    use Act::*;
    prop_oneof![
        3 => Just(Send),
        1 => Just(TrySend),
        3 => Just(Receive),
        1 => Just(TryReceive),
        1 => Just(ReceiveAwhile),
        1 => Just(HangUp),
    ]
    .boxed()
}

/// Up to four threads that do nothing but send and receive, with room for a message at least.
pub(crate) fn letters() -> impl Strategy<Value = Wide> {
    let shape = prop_oneof![Just((2usize, 4usize)), Just((3, 2)), Just((4, 1))];
    (shape, 1..3usize).prop_flat_map(|((count, most), room)| {
        let bodies = proptest::collection::vec(proptest::collection::vec(channels(), 0..=most), count);
        bodies.prop_map(move |bodies| Wide { bodies, room })
    })
}

/// Operations on one other object each.
fn others() -> [Acts; 7] {
    use Act::*;
    let object = || 0..2usize;
    let locks = prop_oneof![
        3 => Just(Lock),
        1 => Just(TryLock),
        1 => Just(Unlock),
        2 => Just(Break),
        1 => Just(Resume),
        1 => Just(Mend),
        1 => Just(IsBroken),
    ]
    .boxed();
    let readers = prop_oneof![
        2 => Just(Read),
        2 => Just(Write),
        1 => Just(TryRead),
        1 => Just(TryWrite),
        2 => Just(GiveBack),
    ]
    .boxed();
    let lives = prop_oneof![
        2 => (1..3u32).prop_map(IsOver),
        2 => Just(Join),
        1 => object().prop_map(Start),
        1 => Just(Park),
        1 => Just(ParkAwhile),
        2 => Just(Unpark),
    ]
    .boxed();
    let begins = prop_oneof![Just(Once), Just(IsDone), Just(Set), Just(Get), Just(Init)].boxed();
    let counts = prop_oneof![Just(Count), Just(Upgrade), Just(LetGo), Just(GetMut)].boxed();
    let cells = prop_oneof![Just(Peek), Just(Poke)].boxed();
    [locks, readers, channels(), lives, begins, counts, cells]
}

/// Two or three threads, of which the first is the main one, of a few operations of two kinds.
pub(crate) fn wide() -> impl Strategy<Value = Wide> {
    let [atomics, _] = atomics_and_loops();
    among(atomics)
}

/// As [`wide`], where threads let time pass, and ask for it.
pub(crate) fn timed() -> impl Strategy<Value = Wide> {
    use Act::*;
    among(prop_oneof![Just(Sleep), Just(Time), Just(ReceiveAwhile), Just(ParkAwhile)].boxed())
}

/// Of two kinds, and of a third one.
fn among(third: Acts) -> impl Strategy<Value = Wide> {
    let kinds: Vec<Acts> = atomics_and_loops().into_iter().chain(others()).collect();
    let (first, second) = (0..kinds.len(), 0..kinds.len());
    let shape = prop_oneof![Just((2usize, 4usize)), Just((3, 2)), Just((3, 3))];
    (first, second, shape, 0..3usize).prop_flat_map(move |(first, second, (count, most), room)| {
        let act = prop_oneof![kinds[first].clone(), kinds[second].clone(), third.clone()];
        let bodies = proptest::collection::vec(proptest::collection::vec(act, 0..=most), count);
        bodies.prop_map(move |bodies| Wide { bodies, room })
    })
}
