//! A step in a few plain words: "load finished -> false", "lock m", "notify one on empty, wakes consumer 1".

use super::printed::printed;
use super::{network, python};
use crate::base::{
    Action, ArcAction, AtomicAction, BarrierAction, CellAction, ChannelAction, CondvarAction, FOREVER,
    MutexAction, ObjectKind, OnceAction, Outcome, Rmw, RwLockAction, SharedAction, Step, ThreadAction,
    ThreadId, Width,
};
use crate::trace::Trace;
use crate::trace::names::Names;
use std::sync::atomic::Ordering;

/// What a phrase is made from besides its step.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Names of threads and objects.
    pub names: &'a Names,
    /// The trace, for what kind of thing an object is.
    pub trace: &'a Trace,
    /// Stands for the value, where the value has a text of its own.
    pub note: Option<&'a str>,
    /// Whom it notified.
    pub woken: &'a [ThreadId],
    /// Whether the last sender of a channel goes.
    pub hangs_up: bool,
}

/// The step in words, the thread being understood.
pub fn phrase(step: &Step, scene: &Scene<'_>) -> String {
    let object = scene.names.object(step.operation.object);
    match step.operation.action {
        Action::Atomic(action) => atomic(action, step, scene, object),
        Action::Fence(ordering) => format!("fence{}", ordered(ordering)),
        Action::Cell(CellAction::Read) => format!("read {object}{}", scene.noted(" -> ")),
        Action::Cell(CellAction::Write) => format!("write {object}{}", scene.noted(" = ")),
        Action::Shared(action) => shared(action, step, scene, object),
        Action::Mutex(action) => mutex(action, step.outcome, object),
        Action::RwLock(action) => rwlock(action, step.outcome, object),
        Action::Condvar(action) => condvar(action, step.outcome, scene, object),
        Action::Barrier(BarrierAction::Arrive) if step.outcome == Outcome::Chosen => {
            format!("comes to {object}, the last one")
        }
        Action::Barrier(BarrierAction::Arrive) => format!("comes to {object}"),
        Action::Barrier(BarrierAction::Pass { .. }) => format!("passes {object}"),
        Action::Once(action) => once(action, step.outcome, object),
        Action::Channel(action) => channel(action, step.outcome, scene, object),
        Action::Event(action) => python::event(action, step.outcome, object),
        Action::Queue(action) => python::queue(action, step, scene, object),
        Action::Semaphore(action) => python::semaphore(action, step.outcome, object),
        Action::Rendezvous(action) => python::rendezvous(action, step, scene, object),
        Action::Arc(action) => arc(action, step.outcome, object),
        Action::Output(action) => printed(action, scene),
        Action::Pipe(action) => super::processes::pipe(action, step, scene, object),
        Action::Port(action) => network::port(action, step, object),
        Action::Stream(action) => network::stream(action, step, scene, object),
        Action::Value(action) => super::processes::shared_value(action, step, scene, object),
        Action::Close => format!("shut down {object}"),
        Action::Thread(action) => thread(action, step.outcome, scene),
        Action::Choose(count) => {
            let value = step.outcome.value().unwrap_or(u64::from(step.choice));
            format!("choose below {count}{}", scene.noted_or(" -> ", value.to_string()))
        }
    }
}

impl Scene<'_> {
    pub(super) fn noted(&self, before: &str) -> String {
        self.note.map_or(String::new(), |note| format!("{before}{note}"))
    }

    pub(super) fn noted_or(&self, before: &str, value: String) -> String {
        format!("{before}{}", self.note.map_or(value, str::to_string))
    }

    pub(super) fn width(&self, step: &Step) -> Option<Width> {
        match self.trace.objects.get(step.operation.object.index())?.kind {
            ObjectKind::Atomic(width) => Some(width),
            ObjectKind::Shared(width)
            | ObjectKind::Queue(width)
            | ObjectKind::Pipe(width)
            | ObjectKind::ProcessQueue(width)
            | ObjectKind::Value(width)
            | ObjectKind::Served(width) => width,
            _ => None,
        }
    }
}

/// A value of so many bits, as its type shows it. Pointers differ from run to run, so only null is told from the rest.
pub fn value(bits: u64, width: Option<Width>) -> String {
    match width {
        Some(Width::Bool) => (bits != 0).to_string(),
        Some(Width::Pointer) => if bits == 0 { "null" } else { "ptr" }.to_string(),
        Some(Width::Signed(n)) if (1..64).contains(&n) => ((bits << (64 - n)) as i64 >> (64 - n)).to_string(),
        Some(Width::Signed(_)) => (bits as i64).to_string(),
        Some(Width::Unsigned(n)) if n < 64 => (bits & ((1 << n) - 1)).to_string(),
        Some(Width::Unsigned(_)) | None => bits.to_string(),
    }
}

fn ordered(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::Relaxed => " (relaxed)",
        Ordering::Acquire => " (acquire)",
        Ordering::Release => " (release)",
        Ordering::AcqRel => " (acq-rel)",
        _ => "",
    }
}

/// Under C11 a load may read another store than the newest.
fn older(step: &Step) -> &'static str {
    if step.choice > 0 { ", an older value" } else { "" }
}

/// Under C11 a store may be put before others that were performed earlier.
fn earlier(step: &Step) -> &'static str {
    if step.choice > 0 { ", before newer values" } else { "" }
}

pub(super) fn yes(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Value(0) | Outcome::Refused => "no",
        _ => "yes",
    }
}

fn atomic(action: AtomicAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let width = scene.width(step);
    let show = |bits| value(bits, width);
    let found = step.outcome.value().unwrap_or(0);
    match action {
        AtomicAction::Load(ordering) => {
            format!(
                "load {object}{}{}{}",
                scene.noted_or(" -> ", show(found)),
                older(step),
                ordered(ordering)
            )
        }
        AtomicAction::Store { value, ordering } => {
            format!(
                "store {object}{}{}{}",
                scene.noted_or(" = ", show(value)),
                earlier(step),
                ordered(ordering)
            )
        }
        AtomicAction::Rmw { function, operand, ordering } => {
            let after = show(apply(function, found, operand, width));
            let (operand, before) = (show(operand), show(found));
            let text = match function {
                Rmw::Swap => format!("swap {object}"),
                Rmw::Add => format!("add {operand} to {object}"),
                Rmw::Sub => format!("subtract {operand} from {object}"),
                Rmw::And => format!("and {object} with {operand}"),
                Rmw::Nand => format!("nand {object} with {operand}"),
                Rmw::Or => format!("or {object} with {operand}"),
                Rmw::Xor => format!("xor {object} with {operand}"),
                Rmw::Max => format!("raise {object} to at least {operand}"),
                Rmw::Min => format!("lower {object} to at most {operand}"),
            };
            format!("{text}: {before} -> {after}{}", ordered(ordering))
        }
        AtomicAction::CompareExchange { expected, new, success, failure, .. } => {
            let exchange = format!("exchange {object} {} -> {}", show(expected), show(new));
            match step.outcome {
                Outcome::Mismatch(found) if found == expected => {
                    format!("{exchange}: fails by chance{}", ordered(failure))
                }
                Outcome::Mismatch(found) => {
                    format!("{exchange}: fails, found {}{}", show(found), ordered(failure))
                }
                _ => format!("{exchange}{}", ordered(success)),
            }
        }
    }
}

/// What a read-modify-write leaves, for showing it; kept to the width by [`value`].
fn apply(function: Rmw, old: u64, operand: u64, width: Option<Width>) -> u64 {
    let signed = matches!(width, Some(Width::Signed(_)));
    match function {
        Rmw::Swap => operand,
        Rmw::Add => old.wrapping_add(operand),
        Rmw::Sub => old.wrapping_sub(operand),
        Rmw::And => old & operand,
        Rmw::Nand if width == Some(Width::Bool) => u64::from(old & operand == 0),
        Rmw::Nand => !(old & operand),
        Rmw::Or => old | operand,
        Rmw::Xor => old ^ operand,
        Rmw::Max if signed => (old as i64).max(operand as i64) as u64,
        Rmw::Max => old.max(operand),
        Rmw::Min if signed => (old as i64).min(operand as i64) as u64,
        Rmw::Min => old.min(operand),
    }
}

fn shared(action: SharedAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let show = |before: &str, bits: Option<u64>| match (bits, scene.width(step)) {
        (Some(bits), Some(width)) => scene.noted_or(before, value(bits, Some(width))),
        _ => scene.noted(before),
    };
    match action {
        SharedAction::Get => format!("read {object}{}", show(" -> ", step.outcome.value())),
        SharedAction::Set(bits) => format!("write {object}{}", show(" = ", bits)),
    }
}

fn mutex(action: MutexAction, outcome: Outcome, object: &str) -> String {
    match (action, outcome) {
        (MutexAction::Lock { .. }, Outcome::TimedOut) => format!("lock {object}: times out"),
        (MutexAction::Lock { .. }, Outcome::Poisoned) => format!("lock {object} (poisoned)"),
        (MutexAction::Lock { .. }, _) => format!("lock {object}"),
        (MutexAction::TryLock, outcome) => format!("try_lock {object} -> {}", attempt(outcome)),
        (MutexAction::Unlock { poison: true }, _) => format!("unlock {object}, poisoning it"),
        (MutexAction::Unlock { .. }, _) => format!("unlock {object}"),
        (MutexAction::Release, Outcome::Refused) => format!("release {object}: refused, nobody holds it"),
        (MutexAction::Release, _) => format!("release {object}"),
        (MutexAction::IsLocked, outcome) => format!("is {object} locked? {}", yes(outcome)),
        (MutexAction::IsPoisoned, outcome) => format!("is {object} poisoned? {}", yes(outcome)),
        (MutexAction::ClearPoison, _) => format!("clear poison of {object}"),
    }
}

fn attempt(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Refused => "busy",
        Outcome::Poisoned => "taken (poisoned)",
        _ => "taken",
    }
}

fn rwlock(action: RwLockAction, outcome: Outcome, object: &str) -> String {
    let poisoned = if outcome == Outcome::Poisoned { " (poisoned)" } else { "" };
    match action {
        RwLockAction::Read => format!("read-lock {object}{poisoned}"),
        RwLockAction::TryRead => format!("try_read {object} -> {}", attempt(outcome)),
        RwLockAction::Write => format!("write-lock {object}{poisoned}"),
        RwLockAction::TryWrite => format!("try_write {object} -> {}", attempt(outcome)),
        RwLockAction::UnlockRead => format!("read-unlock {object}"),
        RwLockAction::UnlockWrite { poison: true } => format!("write-unlock {object}, poisoning it"),
        RwLockAction::UnlockWrite { .. } => format!("write-unlock {object}"),
        RwLockAction::Downgrade => format!("downgrade {object} to a read-lock"),
        RwLockAction::IsPoisoned => format!("is {object} poisoned? {}", yes(outcome)),
        RwLockAction::ClearPoison => format!("clear poison of {object}"),
    }
}

fn condvar(action: CondvarAction, outcome: Outcome, scene: &Scene<'_>, object: &str) -> String {
    let lock = |mutex| scene.names.object(mutex);
    match (action, outcome) {
        (CondvarAction::Wait { mutex, .. }, Outcome::Refused) => {
            format!("wait on {object}: refused, {} is not held", lock(mutex))
        }
        (CondvarAction::Wait { mutex, timeout: FOREVER }, _) => {
            format!("wait on {object} (releases {})", lock(mutex))
        }
        (CondvarAction::Wait { mutex, .. }, _) => {
            format!("wait on {object} for a time (releases {})", lock(mutex))
        }
        (CondvarAction::Reacquire { mutex }, Outcome::Spurious) => {
            format!("wakes up unasked, locks {}", lock(mutex))
        }
        (CondvarAction::Reacquire { mutex }, _) => format!("wakes up, locks {}", lock(mutex)),
        (CondvarAction::Wake { .. }, Outcome::TimedOut) => format!("wait on {object} times out"),
        (CondvarAction::Wake { .. }, Outcome::Spurious) => "wakes up unasked".into(),
        (CondvarAction::Wake { .. }, _) => "wakes up, notified".into(),
        (CondvarAction::Leave, Outcome::Value(0)) => format!("is no waiter of {object} any more"),
        (CondvarAction::Leave, _) => format!("a notify on {object} came too late for it, and helps nobody"),
        (CondvarAction::NotifyOne | CondvarAction::NotifyFirst(1), _) => {
            format!("notify one on {object}, {}", woken(outcome, scene))
        }
        (CondvarAction::NotifyFirst(count), _) => {
            format!("notify {count} on {object}, {}", woken(outcome, scene))
        }
        (CondvarAction::NotifyAll, _) => format!("notify all on {object}, {}", woken(outcome, scene)),
    }
}

fn woken(outcome: Outcome, scene: &Scene<'_>) -> String {
    let count = outcome.value().unwrap_or(scene.woken.len() as u64);
    let known = count == scene.woken.len() as u64;
    match (outcome, scene.woken) {
        (Outcome::Refused, _) => "refused: the lock is not held".into(),
        (_, woken) if known && (1..=3).contains(&woken.len()) => {
            let names: Vec<&str> = woken.iter().map(|t| scene.names.thread(*t)).collect();
            format!("wakes {}", names.join(", "))
        }
        _ if count == 0 => "nobody waits".into(),
        _ => format!("wakes {count}"),
    }
}

fn once(action: OnceAction, outcome: Outcome, object: &str) -> String {
    match (action, outcome) {
        (OnceAction::Begin { .. }, Outcome::Chosen) => format!("begins to initialize {object}"),
        (OnceAction::Begin { .. } | OnceAction::Wait, Outcome::Poisoned) => {
            format!("finds {object} poisoned")
        }
        (OnceAction::Begin { .. } | OnceAction::Wait, _) => format!("finds {object} initialized"),
        (OnceAction::Complete { poison: true }, _) => format!("fails to initialize {object}"),
        (OnceAction::Complete { .. }, _) => format!("has initialized {object}"),
        (OnceAction::IsCompleted, outcome) => format!("is {object} initialized? {}", yes(outcome)),
        (OnceAction::Set, Outcome::Refused) => format!("set {object}: refused, it is set"),
        (OnceAction::Set, _) => format!("set {object}"),
        (OnceAction::Reset, _) => format!("reset {object}"),
    }
}

fn channel(action: ChannelAction, outcome: Outcome, scene: &Scene<'_>, object: &str) -> String {
    let item = scene.noted(" ");
    match (action, outcome) {
        (ChannelAction::Send | ChannelAction::TrySend, Outcome::Disconnected) => {
            format!("send{item} on {object}: the receiver is gone")
        }
        (ChannelAction::Send, _) => format!("send{item} on {object}"),
        (ChannelAction::TrySend, Outcome::Refused) => format!("try_send{item} on {object} -> full"),
        (ChannelAction::TrySend, _) => format!("try_send{item} on {object}"),
        (ChannelAction::AwaitTaken { .. }, Outcome::Disconnected) => {
            format!("message on {object} not taken: the receiver is gone")
        }
        (ChannelAction::AwaitTaken { .. }, _) => format!("message on {object} was taken"),
        (ChannelAction::Receive { .. } | ChannelAction::TryReceive, Outcome::Disconnected) => {
            format!("receive from {object}: the senders are gone")
        }
        (ChannelAction::Receive { .. }, Outcome::TimedOut) => format!("receive from {object}: times out"),
        (ChannelAction::Receive { .. }, _) => format!("receive{item} from {object}"),
        (ChannelAction::TryReceive, Outcome::Refused) => format!("try_recv from {object} -> empty"),
        (ChannelAction::TryReceive, _) => format!("try_recv{item} from {object}"),
        (ChannelAction::DropSender { .. }, _) if scene.hangs_up => {
            format!("drop the last sender of {object}")
        }
        (ChannelAction::DropSender { .. }, _) => format!("drop a sender of {object}"),
        (ChannelAction::DropReceiver, _) => format!("drop the receiver of {object}"),
    }
}

fn arc(action: ArcAction, outcome: Outcome, object: &str) -> String {
    match action {
        ArcAction::Count => format!("count of {object} -> {}", outcome.value().unwrap_or(0)),
        ArcAction::Unique => format!("is {object} the only one? {}", yes(outcome)),
        ArcAction::Begin => format!("{object} has its value"),
        ArcAction::Upgrade if yes(outcome) == "no" => format!("upgrade {object} -> gone"),
        ArcAction::Upgrade => format!("upgrade {object}"),
        ArcAction::Drop if yes(outcome) == "no" => format!("drop {object}, not the last"),
        ArcAction::DropLast | ArcAction::Drop => format!("drop the last {object}"),
        ArcAction::Clone => format!("clone {object}"),
        ArcAction::Downgrade => format!("make a weak pointer to {object}"),
        ArcAction::DropWeak => format!("drop a weak pointer to {object}"),
    }
}

fn thread(action: ThreadAction, outcome: Outcome, scene: &Scene<'_>) -> String {
    let name = |thread| scene.names.thread(thread);
    match (action, outcome) {
        (ThreadAction::Spawn(child), _) => format!("spawn {}", name(child)),
        (ThreadAction::Exit { panicked: false }, _) => "ends".into(),
        (ThreadAction::Exit { panicked: true }, _) => "ends by its panic".into(),
        (ThreadAction::Join { thread, .. }, Outcome::TimedOut) => format!("join {}: times out", name(thread)),
        (ThreadAction::Join { thread, .. }, _) => format!("join {}", name(thread)),
        (ThreadAction::IsFinished(thread), outcome) => {
            format!("has {} ended? {}", name(thread), yes(outcome))
        }
        (ThreadAction::Park { .. }, Outcome::TimedOut) => "park: times out".into(),
        (ThreadAction::Park { .. }, Outcome::Spurious) => "park: wakes up unasked".into(),
        (ThreadAction::Park { .. }, _) => "park: has its token".into(),
        (ThreadAction::Unpark(thread), _) => format!("unpark {}", name(thread)),
        (ThreadAction::Yield, _) => "yield".into(),
        (ThreadAction::Spin, _) => "spin".into(),
        (ThreadAction::Sleep(_), _) => "sleep".into(),
        (ThreadAction::Round { fruitful: true }, _) => "begins a round".into(),
        (ThreadAction::Round { fruitful: false }, _) => "begins a round, the last one in vain".into(),
        (ThreadAction::GoOn, _) => "goes on for ever".into(),
        (ThreadAction::Kill(thread), Outcome::Refused) => format!("kill {}: it has ended", name(thread)),
        (ThreadAction::Kill(thread), _) => format!("kill {}", name(thread)),
    }
}
