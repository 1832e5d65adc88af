//! Programs that wait, and whose number of graphs is known; the others are held to brute force.

use super::counts::{count, counts};
use super::program::{Op, Program};
use super::run::all;
use super::words::{add, atomic, channel, condvar, event, load, lock, mutex, notify, store, unlock};
use crate::base::object::State;
use crate::base::{
    Action, AtomicAction, ChannelAction, CondvarAction, EventAction, FOREVER, Rmw, ThreadAction,
};
use crate::memory::Model::{self, C11, SequentiallyConsistent as Sc};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

const MODELS: [Model; 2] = [Sc, C11];

/// Complete and waiting, under both models.
#[track_caller]
fn check(program: &Program, complete: usize, waiting: usize) {
    for model in MODELS {
        assert_eq!(counts(program, model), (complete, waiting), "{model:?}");
    }
}

fn critical(mutex: usize, inside: impl IntoIterator<Item = Op>) -> Vec<Op> {
    [lock(mutex)].into_iter().chain(inside).chain([unlock(mutex)]).collect()
}

fn factorial(n: usize) -> usize {
    (1..=n).product()
}

#[test]
fn locked_increments() {
    let increase = || critical(0, [load(1, 0, Relaxed), Op::StoreSum(1, 0, 1, Relaxed)]);
    for n in 2..=6 {
        check(&Program::new(vec![mutex(), atomic(0)], vec![increase(); n]), factorial(n), 0);
    }
    for (threads, rounds, expected) in [(2, 2, 6), (2, 3, 20), (2, 4, 70), (3, 2, 90), (3, 3, 1680)] {
        let thread: Vec<Op> = (0..rounds).flat_map(|_| increase()).collect();
        check(&Program::new(vec![mutex(), atomic(0)], vec![thread; threads]), expected, 0);
    }
}

#[test]
fn two_locks_the_wrong_way_round() {
    for (rounds, complete, waiting) in [(1, 2, 1), (2, 6, 5), (3, 20, 19)] {
        let thread = |a, b| (0..rounds).flat_map(|_| [lock(a), lock(b), unlock(b), unlock(a)]).collect();
        check(&Program::new(vec![mutex(), mutex()], vec![thread(0, 1), thread(1, 0)]), complete, waiting);
    }
}

#[test]
fn dining_philosophers() {
    for (n, complete) in [(3, 6), (4, 14), (5, 30)] {
        let eats = |i| {
            let (left, right) = (i, (i + 1) % n);
            vec![lock(left), lock(right), unlock(right), unlock(left)]
        };
        check(&Program::new(vec![mutex(); n], (0..n).map(eats).collect()), complete, 1);
    }
}

#[test]
fn a_lost_wakeup() {
    let waits = critical(0, [Op::Wait(1, 0)]);
    check(&Program::new(vec![mutex(), condvar()], vec![waits, critical(0, [notify(1)])]), 1, 1);
}

/// `while items < least: wait`, a few rounds unrolled, for there are only so many notifications.
fn wait_while(rounds: usize, under: impl Fn(usize) -> Op) -> Vec<Op> {
    (0..rounds).flat_map(|_| [load(2, 0, SeqCst), under(1), Op::Wait(1, 0)]).collect()
}

fn sub(object: usize) -> Op {
    let action = AtomicAction::Rmw { function: Rmw::Sub, operand: 1, ordering: SeqCst };
    Op::Act(object, Action::Atomic(action), 6)
}

fn pipeline(producers: &[usize], consumers: &[usize]) -> Program {
    let oldest = Op::Act(1, Action::Condvar(CondvarAction::NotifyFirst(1)), 7);
    let put = || critical(0, [add(2, 1, SeqCst), oldest]);
    let total: usize = producers.iter().sum();
    let get = || {
        let waits = wait_while(total + 1, |far| Op::UnlessLess(0, 1, far));
        critical(0, waits.into_iter().chain([sub(2)]))
    };
    let producers = producers.iter().map(|n| (0..*n).flat_map(|_| put()).collect());
    let consumers = consumers.iter().map(|n| (0..*n).flat_map(|_| get()).collect());
    Program::new(vec![mutex(), condvar(), atomic(0)], producers.chain(consumers).collect())
}

#[test]
fn producers_and_consumers() {
    for (items, expected) in [(1, 2), (2, 6), (3, 20), (4, 70)] {
        assert_eq!(count(&pipeline(&[items], &[items]), Sc), expected);
    }
    assert_eq!(count(&pipeline(&[1, 1], &[2]), Sc), 12);
    assert_eq!(count(&pipeline(&[2], &[1, 1]), Sc), 24);
    assert_eq!(count(&pipeline(&[2], &[2]), C11), 6);
}

/// Semaphores as counters under a mutex have other counts than primitive ones; as channels they are primitive.
#[test]
fn semaphores() {
    let act = |action| Op::Act(0, Action::Channel(action), 7);
    for (capacity, expected) in [(1, 2), (2, 18)] {
        let take = act(ChannelAction::Send);
        let give = act(ChannelAction::Receive { timeout: FOREVER });
        let body = vec![take, load(1, 0, SeqCst), Op::StoreSum(1, 0, 1, SeqCst), give];
        let program = Program::new(vec![channel(Some(capacity)), atomic(0)], vec![body.clone(), body]);
        assert_eq!(count(&program, Sc), expected);
    }
}

#[test]
fn what_does_not_meet_is_seen_once() {
    let own = |i| (0..5).map(|_| add(i, 1, SeqCst)).collect();
    check(&Program::new(vec![atomic(0); 3], (0..3).map(own).collect()), 1, 0);
    for n in 2..5 {
        check(&Program::new(Vec::new(), vec![Vec::new(); n]), 1, 0);
    }
    let idle = || vec![Op::Act(usize::MAX, Action::Thread(ThreadAction::Yield), 7); 4];
    check(&Program::new(vec![State::Cell], vec![idle(), idle()]), 1, 0);
}

#[test]
fn whether_a_thread_has_ended() {
    let asks = |n| (0..n).map(|_| Op::AskEnd(2, 0)).collect();
    let short = vec![store(0, 1, Relaxed)];
    for (questions, expected) in [(1, 2), (2, 3), (3, 4)] {
        check(&Program::new(vec![atomic(0)], vec![asks(questions), short.clone()]), expected, 0);
    }
}

#[test]
fn who_has_waited_in_time_for_an_end_knows_of_it() {
    let short = vec![store(0, 1, Relaxed)];
    // Late or too early, and then the end may be known by the question or not; in time, and nothing is left to ask.
    let asks = vec![Op::JoinWithin(2, 0), Op::AskEnd(2, 1)];
    check(&Program::new(vec![atomic(0)], vec![asks, short.clone()]), 3, 0);
    let looks = vec![Op::JoinWithin(2, 0), load(0, 1, Relaxed)];
    check(&Program::new(vec![atomic(0)], vec![looks, short]), 3, 0);
}

#[test]
fn tokens_and_events() {
    let park = Op::Act(usize::MAX, Action::Thread(ThreadAction::Park { timeout: FOREVER }), 7);
    check(&Program::new(Vec::new(), vec![vec![park], vec![Op::Unpark(1)]]), 1, 0);
    check(&Program::new(Vec::new(), vec![vec![park, park], vec![Op::Unpark(1)]]), 0, 1);
    let set = Op::Act(0, Action::Event(EventAction::Set), 7);
    let wait = Op::Act(0, Action::Event(EventAction::Wait { timeout: FOREVER }), 7);
    let clear = Op::Act(0, Action::Event(EventAction::Clear), 7);
    let program = Program::new(vec![event()], vec![vec![wait], vec![set, clear]]);
    check(&program, 1, 1);
    assert_eq!(all(&program, Sc, 1000).map(|keys| keys.len()), Some(2));
}

/// Threads that start threads: their numbers differ from execution to execution.
#[test]
fn threads_that_start_threads() {
    let inner = vec![add(0, 1, SeqCst)];
    let outer = |child| vec![add(0, 1, SeqCst), Op::Start(child), add(0, 1, SeqCst), Op::Join(child)];
    let main = vec![Op::Start(1), Op::Start(2), add(0, 1, SeqCst), Op::Join(2), Op::Join(1)];
    let threads = vec![main, outer(3), outer(4), inner.clone(), inner];
    let program = Program { threads, objects: vec![atomic(0)] };
    let expected = all(&program, Sc, 100_000).map(|keys| keys.len());
    for model in MODELS {
        assert_eq!(Some(count(&program, model)), expected);
    }
}
