//! For unit tests of the engine and of the facade: run a model once, or under every interleaving.
//!
//! The enumeration is the plainest there is, on purpose: it shares no code with the strategies that it helps to test.

use super::{Clock, Engine, Settings};
use crate::base::{Decision, Options, Strategy, ThreadId};
use crate::trace::Trace;
use std::cell::RefCell;
use std::rc::Rc;

/// Settings for small models.
pub(crate) fn settings() -> Settings {
    Settings {
        steps: 20_000,
        stack_size: 256 * 1024,
        clock: Clock::Abstract,
        memory: super::MemoryModel::SequentiallyConsistent,
        spurious_wakeups: 0,
        weak_failures: 0,
        notes: false,
        output: super::Output::Unobserved,
        endless: false,
    }
}

/// Runs the model once: the thread that ran last goes on as long as it can, then the one with the least number.
pub(crate) fn run(model: impl Fn()) -> Trace {
    run_with(settings(), model)
}

/// As [`run`], with settings.
pub(crate) fn run_with(settings: Settings, model: impl Fn()) -> Trace {
    let mut engine = Engine::new(settings);
    let path = Rc::new(RefCell::new(Path::default()));
    engine.run(&model, Box::new(Enumerate { path }));
    engine.trace()
}

/// Runs the model under every interleaving and calls `visit` on each trace; how many there were.
pub(crate) fn all(model: impl Fn(), visit: impl FnMut(&Trace)) -> usize {
    all_with(settings(), model, visit)
}

/// As [`all`], with settings.
pub(crate) fn all_with(settings: Settings, model: impl Fn(), mut visit: impl FnMut(&Trace)) -> usize {
    let mut engine = Engine::new(settings);
    let path = Rc::new(RefCell::new(Path::default()));
    let mut count = 0;
    loop {
        engine.run(&model, Box::new(Enumerate { path: Rc::clone(&path) }));
        visit(&engine.trace());
        count += 1;
        assert!(count < 200_000, "too many interleavings for a unit test");
        if !path.borrow_mut().advance() {
            return count;
        }
    }
}

/// Runs the model under every interleaving; what it returned each time, sorted, without duplicates.
pub(crate) fn outcomes<T: Ord + Clone + 'static>(model: impl Fn() -> T) -> Vec<T> {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let keep = Rc::clone(&seen);
    all(
        move || {
            let value = model();
            keep.borrow_mut().push(value);
        },
        |_| {},
    );
    let mut seen = seen.take();
    seen.sort();
    seen.dedup();
    seen
}

/// The branch taken and the number of branches, at each place where there was more than one.
#[derive(Default)]
struct Path {
    nodes: Vec<(u32, u32)>,
    at: usize,
}

impl Path {
    fn take(&mut self, count: u32) -> u32 {
        if self.at == self.nodes.len() {
            self.nodes.push((0, count));
        }
        let (branch, known) = self.nodes[self.at];
        assert_eq!(known, count, "the model is not deterministic");
        self.at += 1;
        branch
    }

    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((branch, count)) = self.nodes.pop() {
            if branch + 1 < count {
                self.nodes.push((branch + 1, count));
                return true;
            }
        }
        false
    }
}

struct Enumerate {
    path: Rc<RefCell<Path>>,
}

impl Strategy for Enumerate {
    fn describe(&self) -> String {
        "every interleaving".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        let mut order: Vec<ThreadId> = options.enabled.iter().filter(|t| *t != options.current).collect();
        if options.enabled.contains(options.current) {
            let place = if options.yielding { order.len() } else { 0 };
            order.insert(place, options.current);
        }
        let branch = self.path.borrow_mut().take(order.len() as u32);
        Decision::once(order[branch as usize])
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.path.borrow_mut().take(count)
    }
}
