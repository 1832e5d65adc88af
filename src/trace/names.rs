//! Names for threads and objects, stable from run to run: given ones, or what a thing is and which of its kind.

use super::Trace;
use crate::base::{Action, ObjectId, ObjectKind, Operation, ThreadAction, ThreadId};
use std::collections::BTreeMap;

/// The names of a trace's threads and objects.
///
/// A thread that was given no name is `main` or `thread 1`, `thread 2`… by its number; an object is `mutex 1`, `mutex 2`…
/// in the order in which the trace meets them. Where several threads were given one name, each gets its letters behind
/// it: `worker (b)`, `worker (c)`; objects of one name are numbered: `fork (1)`, `fork (2)`.
#[derive(Clone, Debug)]
pub struct Names {
    threads: Vec<String>,
    objects: Vec<String>,
    ordinals: Vec<u32>,
}

impl Names {
    /// Names all that `trace` knows of.
    pub fn new(trace: &Trace) -> Self {
        let order = order_of_appearance(trace);
        let mut ordinals = vec![u32::MAX; trace.objects.len()];
        order.iter().zip(0..).for_each(|(object, n)| ordinals[object.index()] = n);
        Names { threads: thread_names(trace), objects: object_names(trace, &order), ordinals }
    }

    /// The name of `thread`.
    pub fn thread(&self, thread: ThreadId) -> &str {
        self.threads.get(thread.index()).map_or("a thread", String::as_str)
    }

    /// The name of `object`.
    pub fn object(&self, object: ObjectId) -> &str {
        self.objects.get(object.index()).map_or("nothing", String::as_str)
    }

    /// Which of all objects it is, in the order in which the trace meets them, counted from zero.
    pub fn ordinal(&self, object: ObjectId) -> Option<u32> {
        self.ordinals.get(object.index()).copied().filter(|n| *n != u32::MAX)
    }

    /// The names of several threads as a sentence has them: "`a`, `b` and `c`".
    pub fn threads<'a>(&self, threads: impl IntoIterator<Item = &'a ThreadId>) -> String {
        listed(threads.into_iter().map(|t| format!("`{}`", self.thread(*t))))
    }
}

/// What an object is, in a word.
pub fn kind_word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Atomic(_) => "atomic",
        ObjectKind::Cell => "cell",
        ObjectKind::Shared(_) => "variable",
        ObjectKind::Mutex => "mutex",
        ObjectKind::Lock => "lock",
        ObjectKind::RLock => "rlock",
        ObjectKind::RwLock => "rwlock",
        ObjectKind::Condvar => "condvar",
        ObjectKind::Barrier => "barrier",
        ObjectKind::Once => "once",
        ObjectKind::Channel => "channel",
        ObjectKind::Event => "event",
        ObjectKind::Queue(_) => "queue",
        ObjectKind::Semaphore { .. } => "semaphore",
        ObjectKind::Rendezvous { .. } => "barrier",
        ObjectKind::Arc => "arc",
        ObjectKind::Output => "output",
        ObjectKind::Pipe(_) => "pipe",
        ObjectKind::Port => "port",
        ObjectKind::Stream => "connection",
        ObjectKind::ProcessQueue(_) => "queue",
        ObjectKind::Value(_) => "value",
        ObjectKind::Served(_) => "proxy",
    }
}

/// Joins words as a sentence does: "a", "a and b", "a, b and c".
pub fn listed(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().collect();
    match words.pop() {
        None => "nobody".into(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

/// The threads that an operation names.
fn thread_named(operation: &Operation) -> Option<ThreadId> {
    match operation.action {
        Action::Thread(
            ThreadAction::Spawn(thread)
            | ThreadAction::Join { thread, .. }
            | ThreadAction::IsFinished(thread)
            | ThreadAction::Unpark(thread)
            | ThreadAction::Kill(thread),
        ) => Some(thread),
        _ => None,
    }
}

fn thread_names(trace: &Trace) -> Vec<String> {
    let named = trace.steps.iter().flat_map(|s| [Some(s.thread), thread_named(&s.operation)]).flatten();
    let known = named.map(|t| t.index() + 1).max().unwrap_or(0).max(trace.threads.len());
    let base = |index: usize| match trace.threads.get(index) {
        Some(record) if !record.name.is_empty() => one_line(&record.name),
        _ if index == 0 => "main".to_string(),
        _ => format!("thread {index}"),
    };
    let names: Vec<String> = (0..known).map(base).collect();
    let mut uses: BTreeMap<&str, u32> = BTreeMap::new();
    names.iter().for_each(|name| *uses.entry(name).or_default() += 1);
    let letters = |index| ThreadId(index as u32);
    let tell_apart = |(index, name): (usize, &String)| match uses[name.as_str()] {
        1 => name.clone(),
        _ => format!("{name} ({})", letters(index)),
    };
    names.iter().enumerate().map(tell_apart).collect()
}

/// Objects in the order in which the trace meets them; those that it never meets are left out.
fn order_of_appearance(trace: &Trace) -> Vec<ObjectId> {
    let mut seen = vec![false; trace.objects.len()];
    let mut order = Vec::new();
    let steps = trace.steps.iter().map(|step| step.operation);
    let pending = trace.threads.iter().filter_map(|thread| thread.status.pending());
    for operation in steps.chain(pending) {
        for object in [Some(operation.object), operation.second_object()].into_iter().flatten() {
            if seen.get(object.index()) == Some(&false) {
                seen[object.index()] = true;
                order.push(object);
            }
        }
    }
    order
}

fn object_names(trace: &Trace, order: &[ObjectId]) -> Vec<String> {
    let given = |object: ObjectId| one_line(&trace.objects[object.index()].name.to_string());
    let base = |object: ObjectId| match given(object) {
        name if name.is_empty() => kind_word(trace.objects[object.index()].kind).to_string(),
        name => name,
    };
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    order.iter().for_each(|o| *uses.entry(base(*o)).or_default() += 1);
    let mut names: Vec<String> = (0..trace.objects.len() as u32).map(|o| base(ObjectId(o))).collect();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for &object in order {
        let name = base(object);
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        names[object.index()] = match (given(object).is_empty(), uses[&name]) {
            (true, _) => format!("{name} {count}"),
            (false, 1) => name,
            (false, _) => format!("{name} ({count})"),
        };
    }
    names
}

/// Names stand in columns and in files of lines, so a line break inside one becomes a space.
fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::builder::{Builder, Does};

    #[test]
    fn things_without_a_name_are_called_by_what_they_are_in_the_order_of_the_trace() {
        let mut build = Builder::new();
        let (unused, second, first) = (build.mutex(""), build.mutex(""), build.mutex(""));
        let named = build.mutex("left");
        let b = build.thread("");
        build
            .step(0, Does::Spawn(b))
            .step(0, Does::Lock(first))
            .step(0, Does::Lock(second))
            .step(1, Does::Lock(named));
        let names = Names::new(&build.finish());
        assert_eq!((names.thread(ThreadId(0)), names.thread(ThreadId(1))), ("main", "thread 1"));
        assert_eq!((names.object(first), names.object(second)), ("mutex 1", "mutex 2"));
        assert_eq!((names.object(named), names.object(unused)), ("left", "mutex"));
        assert_eq!((names.ordinal(second), names.ordinal(unused)), (Some(1), None));
    }

    #[test]
    fn one_name_for_several_is_told_apart() {
        let mut build = Builder::new();
        let threads = [build.thread("Timer Thread"), build.thread("Timer\nThread")];
        let (x, y) = (build.shared("x"), build.shared("x"));
        build.step(0, Does::Spawn(threads[0])).step(1, Does::Get(y, 0)).step(2, Does::Get(x, 0));
        let names = Names::new(&build.finish());
        assert_eq!(
            (names.thread(ThreadId(1)), names.thread(ThreadId(2))),
            ("Timer Thread (b)", "Timer Thread (c)")
        );
        assert_eq!((names.object(y), names.object(x)), ("x (1)", "x (2)"));
        assert_eq!(names.threads(&threads), "`Timer Thread (b)` and `Timer Thread (c)`");
    }
}
