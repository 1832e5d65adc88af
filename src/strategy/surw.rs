//! The selectively uniform random walk.
//!
//! **Paper.** Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform concurrency testing" (ASPLOS 2025).
//!
//! **Guarantee.** Where each thread performs a fixed number of steps on the object selected, every order of those steps is
//! equally likely, once the numbers are known: a thread goes next with probability proportional to how many it has left,
//! as in a fair shuffle. A plain random walk favours orders in which some thread is done early.
//!
//! **Deviations.**
//! - What is selected for an execution is the steps on one object, drawn among those that several threads meet and some
//!   thread changes. The paper leaves the selection to its user, and selects at random like this in its experiments.
//! - The numbers are means over all executions so far, where the paper has those of one run made for that. The first
//!   execution, of which nothing is known yet, is a plain random walk.
//! - Objects and threads are known by their numbers, which follow the order of first use and of starting. Where that
//!   differs between executions the numbers are those of other objects, and the walk is less uniform for it.
//! - Where all that can go on would perform a selected step out of turn, the next turn is drawn among them.
//! - Outcomes, which the paper has not, are uniform.

use super::dice::Dice;
use super::pending::{Pending, started_by};
use super::{Decision, Options, Strategy};
use crate::base::{Access, Action, Meeting, ObjectId, Operation, Step, ThreadAction, ThreadId, ThreadSet};
use std::panic::Location;

/// Lets threads perform the steps on one object in an order drawn uniformly, and all others at random.
///
/// ```text
/// begin:      selected = steps on one of the objects that threads contend for
///             intended = nobody
/// thread:     if nobody is intended { intended = a thread, with the weight of the selected steps that it has left;
///                                     those of a thread not started yet count for the one that will start it }
///             one of the enabled threads that are not about to perform a selected step, or are the intended one
/// performed:  a selected step by the intended thread, or its end { intended = nobody }
///             a start by it                                      { intended = one of the two, by weight }
/// end:        learn how many steps each thread performs on each object
/// ```
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::{Explorer, strategy, thread};
///
/// let report = Explorer::new()
///     .strategy(strategy::surw(7))
///     .executions(100)
///     .explore(|| {
///         static HITS: AtomicU32 = AtomicU32::new(0);
///         let other = thread::spawn(|| HITS.store(HITS.load(SeqCst) + 1, SeqCst));
///         HITS.store(HITS.load(SeqCst) + 1, SeqCst);
///         other.join().unwrap();
///         assert_eq!(HITS.load(SeqCst), 2);
///     })
///     .unwrap();
/// assert!(report.failed());
/// ```
#[derive(Clone, Debug)]
pub struct Surw {
    seed: u64,
    begun: u64,
    dice: Dice,
    pending: Pending,
    profile: Profile,
    selected: Option<ObjectId>,
    intended: Option<ThreadId>,
    // Those that have been started, and those of them that have not ended.
    started: ThreadSet,
    alive: ThreadSet,
    // By thread number: how many selected steps it has performed in this execution.
    done: Vec<u64>,
    // Memory for what is computed at each choice: weights by thread number, and threads that may go next.
    weights: Vec<u64>,
    free: ThreadSet,
}

impl Surw {
    /// Every execution follows from `seed` and the numbers of steps in those before it.
    pub fn new(seed: u64) -> Self {
        Surw {
            seed,
            begun: 0,
            dice: Dice::new(seed, 0),
            pending: Pending::default(),
            profile: Profile::default(),
            selected: None,
            intended: None,
            started: ThreadSet::new(),
            alive: ThreadSet::new(),
            done: Vec::new(),
            weights: Vec::new(),
            free: ThreadSet::new(),
        }
    }

    /// Whether `thread` is about to perform a selected step.
    fn is_at_selected(&self, thread: ThreadId) -> bool {
        self.pending.of(thread).is_some_and(|step| self.is_selected(step))
    }

    fn is_selected(&self, step: &Step) -> bool {
        self.selected.is_some_and(|selected| objects(step).any(|(object, _)| object == selected))
    }

    /// Draws one of `among` with the weight of the selected steps that it has left; `None` when nobody has any left.
    fn draw(&mut self, among: &ThreadSet) -> Option<ThreadId> {
        let selected = self.selected?;
        self.weights.clear();
        for number in 0..self.profile.threads() {
            let thread = ThreadId(number as u32);
            let left = self.profile.expected(selected, thread);
            let done = self.done.get(number).copied().unwrap_or(0) * self.profile.executions;
            // Who stands before a selected step has at least that one left.
            let left = left.saturating_sub(done).max(u64::from(self.is_at_selected(thread)));
            self.weights.push(0);
            self.weights[self.profile.whose(thread, &self.started).index()] += left;
        }
        let weight = |thread: &ThreadId| self.weights.get(thread.index()).copied().unwrap_or(0);
        let total: u64 = among.iter().map(|t| weight(&t)).sum();
        if total == 0 {
            return None;
        }
        let mut rest = self.dice.below_long(total);
        among.iter().find(|thread| {
            let here = rest < weight(thread);
            rest = rest.saturating_sub(weight(thread));
            here
        })
    }
}

impl Strategy for Surw {
    fn describe(&self) -> String {
        format!("selectively uniform random walk, seed {}", self.seed)
    }

    fn begin(&mut self) -> bool {
        self.dice = Dice::new(self.seed, self.begun);
        self.begun += 1;
        self.pending.clear();
        self.profile.begin();
        self.selected = self.profile.select(&mut self.dice);
        self.intended = None;
        for set in [&mut self.started, &mut self.alive] {
            set.clear();
            set.insert(ThreadId::MAIN);
        }
        self.done.clear();
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        if self.intended.is_none() {
            let alive = std::mem::take(&mut self.alive);
            self.intended = self.draw(&alive);
            self.alive = alive;
        }
        let mut free = std::mem::take(&mut self.free);
        free.clear();
        for thread in options.enabled {
            if !self.is_at_selected(thread) || self.intended == Some(thread) {
                free.insert(thread);
            }
        }
        if free.is_empty() {
            self.intended = self.draw(options.enabled);
            free.insert(self.intended.expect("all of them stand before a selected step"));
        }
        let thread = self.dice.member(&free);
        self.free = free;
        Decision::once(thread)
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        self.dice.below(count)
    }

    fn follows(&self) -> bool {
        true
    }

    fn performed(&mut self, step: &Step) {
        let thread = step.thread;
        if let Some(child) = started_by(step) {
            self.profile.start(child, thread);
            self.started.insert(child);
            self.alive.insert(child);
        }
        let ends = matches!(step.operation.action, Action::Thread(ThreadAction::Exit { .. }));
        if ends {
            self.alive.remove(thread);
        }
        // What was performed without having been chosen, because it commutes with all that others can do, does not count.
        let chosen = self.pending.of(thread).is_some_and(|pending| pending.operation == step.operation);
        let selected = chosen && self.is_selected(step);
        if selected {
            count_up(&mut self.done, thread.index());
        }
        if chosen {
            objects(step).for_each(|(object, access)| self.profile.meet(object, thread, access));
        }
        self.pending.perform(step);
        if self.intended == Some(thread) && (selected || ends) {
            self.intended = None;
        } else if self.intended == Some(thread)
            && let Some(child) = started_by(step)
        {
            // What was drawn was one of them, or those whom they will start.
            self.intended = self.draw(&[thread, child].into_iter().collect());
        }
    }

    fn arrived(&mut self, thread: ThreadId, operation: &Operation, location: &'static Location<'static>) {
        // Also those of which no start is told.
        self.started.insert(thread);
        self.alive.insert(thread);
        self.profile.see(thread);
        self.pending.arrive(thread, operation, location);
    }

    fn end(&mut self, _choices: u64) {
        self.profile.executions += 1;
    }

    fn every_point(&self) -> bool {
        false
    }
}

/// How many steps threads perform on objects, over all executions.
#[derive(Clone, Debug, Default)]
struct Profile {
    executions: u64,
    // By object number.
    objects: Vec<Met>,
    // By thread number: who started it.
    parents: Vec<Option<ThreadId>>,
}

#[derive(Clone, Debug, Default)]
struct Met {
    // By thread number: up to the execution under way, and with it.
    known: Vec<u64>,
    counts: Vec<u64>,
    written: bool,
}

impl Profile {
    fn begin(&mut self) {
        self.objects.iter_mut().for_each(|met| met.known.clone_from(&met.counts));
    }

    /// One of the objects that several threads meet and some thread changes.
    fn select(&self, dice: &mut Dice) -> Option<ObjectId> {
        let contended = |met: &&Met| met.written && met.known.iter().filter(|count| **count > 0).count() > 1;
        let count = self.objects.iter().filter(contended).count();
        let chosen = dice.below(u32::try_from(count).ok().filter(|count| *count > 0)?);
        let mut contended = (0..).zip(&self.objects).filter(|(_, met)| contended(met));
        contended.nth(chosen as usize).map(|(number, _)| ObjectId(number))
    }

    fn see(&mut self, thread: ThreadId) {
        if self.parents.len() <= thread.index() {
            self.parents.resize(thread.index() + 1, None);
        }
    }

    fn start(&mut self, child: ThreadId, parent: ThreadId) {
        self.see(child);
        self.parents[child.index()] = Some(parent);
    }

    fn meet(&mut self, object: ObjectId, thread: ThreadId, access: Access) {
        if self.objects.len() <= object.index() {
            self.objects.resize_with(object.index() + 1, Met::default);
        }
        let met = &mut self.objects[object.index()];
        count_up(&mut met.counts, thread.index());
        met.written |= access == Access::Write;
    }

    fn threads(&self) -> usize {
        self.parents.len()
    }

    /// How many steps `thread` has performed on `object` in all executions before this one.
    fn expected(&self, object: ObjectId, thread: ThreadId) -> u64 {
        let met = self.objects.get(object.index());
        met.and_then(|met| met.known.get(thread.index()).copied()).unwrap_or(0)
    }

    /// The thread itself if it has been started; otherwise the one that will start it, or start who starts it.
    fn whose(&self, mut thread: ThreadId, started: &ThreadSet) -> ThreadId {
        while !started.contains(thread) {
            // Whoever started it in another execution has a smaller number.
            match self.parents[thread.index()] {
                Some(parent) if parent < thread => thread = parent,
                _ => return ThreadId::MAIN,
            }
        }
        thread
    }
}

/// The objects that a step meets.
fn objects(step: &Step) -> impl Iterator<Item = (ObjectId, Access)> {
    step.accesses().into_iter().flatten().filter_map(|(meeting, access)| match meeting {
        Meeting::Object(object) => Some((object, access)),
        _ => None,
    })
}

fn count_up(counts: &mut Vec<u64>, index: usize) {
    if counts.len() <= index {
        counts.resize(index + 1, 0);
    }
    counts[index] += 1;
}

#[cfg(test)]
mod tests {
    use super::super::simulator::{Op, Program, Run, some};
    use super::*;
    use std::collections::BTreeMap;

    fn executions(program: &Program, seed: u64, count: usize) -> Vec<Run> {
        some(program, &mut Surw::new(seed), count)
    }

    #[test]
    fn every_order_of_the_steps_on_one_object_is_equally_likely() {
        // The six orders of three and one, and of two and two: a random walk gives 1/8 to 1/2 of the former.
        for (lengths, orders) in [([3, 1], 4), ([2, 2], 6)] {
            let program = Program::new(lengths.map(|n| vec![Op::Set(0, 1); n]));
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            for execution in executions(&program, 1, 6000).split_off(1) {
                *counts.entry(execution.schedule().to_string()).or_default() += 1;
            }
            assert_eq!(counts.len(), orders);
            let mean = 6000 / orders as u32;
            assert!(counts.values().all(|c| c.abs_diff(mean) < mean / 6), "{counts:?}");
        }
    }

    #[test]
    fn steps_elsewhere_do_not_tip_the_scales() {
        // One of many steps, and one alone: the orders of the writes are equally likely all the same.
        let long = [vec![Op::Free; 20], vec![Op::Set(0, 1)]].concat();
        let program = Program::new([long, vec![Op::Set(0, 2)]]);
        let count = 4000;
        let last = executions(&program, 1, count).iter().filter(|r| r.variables[0] == 2).count();
        assert!(last.abs_diff(count / 2) < 130, "{last}");
    }

    #[test]
    fn threads_not_started_yet_count_for_who_starts_them() {
        let starter = vec![Op::Set(0, 1), Op::Start(1), Op::Start(2)];
        let program = Program::new([starter, vec![Op::Set(0, 2)], vec![Op::Set(0, 3)]]).later(&[1, 2]);
        let runs = executions(&program, 2, 3000);
        let last = runs.iter().filter(|r| r.variables[0] == 2).count();
        assert!(last.abs_diff(1500) < 120, "{last}");
    }

    #[test]
    fn spin_loops_and_locks_come_to_an_end() {
        let spin = vec![Op::If(0, 1, 3), Op::Yield, Op::Goto(0)];
        let locked = vec![Op::Lock(0), Op::Set(0, 1), Op::Unlock(0)];
        let program = Program::new([spin, locked.clone(), locked]);
        assert!(executions(&program, 3, 200).iter().all(|r| !r.endless && !r.deadlocked));
        assert_eq!(executions(&program, 3, 50), executions(&program, 3, 50));
    }
}
