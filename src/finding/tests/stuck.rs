//! Executions in which somebody cannot go on: deadlocks, lost wakeups, livelocks.

use super::*;
use crate::base::{Ending, ObjectId, ObjectKind, ThreadId};
use crate::trace::builder::{Builder, Does};
use std::sync::atomic::Ordering;

#[test]
fn a_deadlock_of_two_locks_shows_the_circle_and_leaves_joins_for_last() {
    let mut build = Builder::new();
    let (a, b) = (build.mutex("a"), build.mutex("b"));
    let (left, right) = (build.thread("left"), build.thread("right"));
    build.step(0, Does::Spawn(left)).step(0, Does::Spawn(right));
    build.step(1, Does::Lock(a)).step(2, Does::Lock(b));
    build.blocked(0, Does::Join(left)).blocked(1, Does::Lock(b)).blocked(2, Does::Lock(a));
    insta::assert_snapshot!(only(&build.finish()), @r"
    deadlock in model: `left` and `right` wait for each other

      `left` waits for `b`, held by `right` since step 4; `right` waits for `a`, held by `left` since step 3. In
      consequence `main` waits for `left` to end.

        step   a: main       b: left   c: right
           1   spawn left
           2   spawn right
           3                 lock a  <- never given back; right waits for it
      >    4                           lock b  <- never given back; left waits for it
         end   waits for left to end
         end                 waits for b, held by right since step 4
         end                           waits for a, held by left since step 3
      >        takes the turn from a thread that could have gone on

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_lock_taken_twice_is_a_deadlock_with_oneself() {
    let mut build = Builder::new();
    let m = build.mutex("");
    build.step(0, Does::Lock(m)).blocked(0, Does::Lock(m));
    insta::assert_snapshot!(only(&build.finish()), @r"
    deadlock in model: `main` waits for `mutex 1`, which it holds itself

      `main` waits for `mutex 1`, held by itself since step 1. The lock is not reentrant: its holder cannot take it
      again.

        step   a: main
           1   lock mutex 1  <- never given back; its holder waits for it
         end   waits for mutex 1, held by itself since step 1

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_lock_whose_holder_has_ended_is_given_back_by_nobody() {
    let mut build = Builder::new();
    let (m, b) = (build.mutex("m"), build.thread("worker"));
    build.step(0, Does::Spawn(b)).step(1, Does::Lock(m)).step(1, Does::End);
    build.blocked(0, Does::Lock(m));
    insta::assert_snapshot!(only(&build.finish()), @r"
    deadlock in model: `main` waits for `m`, whose holder has ended

      `main` waits for `m`, held by `worker` since step 2. Its holder has ended, so nobody can give it back.

        step   a: main        b: worker
           1   spawn worker
      >    2                  lock m  <- never given back; main waits for it
           3                  ends
         end   waits for m, held by worker since step 2
      >        takes the turn from a thread that could have gone on

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn sleepers_that_nobody_wakes() {
    let mut build = Builder::new();
    let (m, c) = (build.mutex("m"), build.condvar("ready"));
    let queue = build.object(ObjectKind::Queue(None), "queue");
    let (b, d) = (build.thread("b"), build.thread("d"));
    build.step(0, Does::Spawn(b)).step(0, Does::Spawn(d)).step(1, Does::Lock(m)).step(1, Does::Wait(c, m));
    build.blocked(0, Does::Join(b)).blocked(1, Does::Wake(c, m)).blocked(2, Does::Take(queue));
    insta::assert_snapshot!(only(&build.finish()), @r"
    deadlock in model: `b` and `d` wait for what nobody is left to do

      `b` sleeps on `ready`; `d` waits for an item in `queue`. In consequence `main` waits for `b` to end.

        step   a: main   b: b                         c: d
           1   spawn b
           2   spawn d
           3             lock m
           4             wait on ready (releases m)  <- never wakes
         end   waits for b to end
         end             sleeps on ready, nobody can wake it
         end                                          waits for an item in queue

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

/// The consumer sees `finished` down, the producer raises it and notifies too early, the consumer falls asleep.
fn bounded_queue() -> (Builder, ObjectId, ObjectId, ObjectId, ThreadId) {
    let mut build = Builder::new();
    let (lock, empty) = (build.mutex("lock"), build.condvar("empty"));
    let finished = build.flag("finished");
    let (producer, consumer) = (build.thread("producer"), build.thread("consumer 1"));
    build.step(0, Does::Spawn(producer)).step(0, Does::Spawn(consumer));
    build.step(1, Does::Lock(lock)).step(1, Does::NotifyOne(empty)).step(1, Does::Unlock(lock));
    build.step(2, Does::Lock(lock)).step(2, Does::Load(finished, 0));
    build.step(1, Does::Store(finished, 1, Ordering::SeqCst)).step(1, Does::End);
    build.step(2, Does::Wait(empty, lock));
    (build, finished, empty, lock, consumer)
}

#[test]
fn a_lost_wakeup_names_what_made_it_true_and_the_last_notify() {
    let (mut build, finished, empty, lock, consumer) = bounded_queue();
    build.blocked(0, Does::Join(consumer)).blocked(2, Does::Wake(empty, lock));
    let original = build.finish();
    assert_eq!(lost_wakeup::candidates(&original), [consumer]);
    build.step(2, Does::Wake(empty, lock)).step(2, Does::Load(finished, 1)).step(2, Does::Unlock(lock));
    let lost = lost_wakeup::judge(&original, consumer, &build.finish());
    let findings = diagnose_with(&original, lost.into_iter().collect());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].signature(&original).to_string(), "lost wakeup: empty, consumer #");
    insta::assert_snapshot!(checked(findings[0].render(&original, &context())), @r"
    lost wakeup in model: `consumer 1` sleeps on `empty` for ever, though what it waits for has come

      `consumer 1` would go on if woken: `producer` did `store finished = true` at step 8, after `consumer 1` had looked
      (`load finished -> false` at step 7). The last notify on `empty`, at step 4, came too early (it reached nobody),
      and nobody is left to send another.

        step   a: main            b: producer                         c: consumer 1
           1   spawn producer
           2   spawn consumer 1
           3                      lock lock
           4                      notify one on empty, nobody waits  <- the last notify on empty
           5                      unlock lock
      >    6                                                          lock lock
           7                                                          load finished -> false  <- so it decides to wait
      >    8                      store finished = true  <- what consumer 1 waits for
           9                      ends
          10                                                          wait on empty (releases lock)  <- never woken
         end   waits for consumer 1 to end
         end                                                          sleeps on empty, nobody can wake it
      >        takes the turn from a thread that could have gone on

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn one_who_sleeps_again_was_not_lost() {
    let (mut build, finished, empty, lock, consumer) = bounded_queue();
    build.blocked(0, Does::Join(consumer)).blocked(2, Does::Wake(empty, lock));
    let original = build.finish();
    build.step(2, Does::Wake(empty, lock)).step(2, Does::Load(finished, 0)).step(2, Does::Wait(empty, lock));
    assert_eq!(lost_wakeup::judge(&original, consumer, &build.finish()), None);
    assert_eq!(diagnose(&original)[0].kind(), FindingKind::Deadlock);
}

#[test]
fn what_changes_unseen_under_a_lock_is_told_by_the_lock() {
    let mut build = Builder::new();
    let (lock, ready) = (build.mutex("lock"), build.condvar("ready"));
    let worker = build.thread("worker");
    build.step(0, Does::Spawn(worker)).step(1, Does::Lock(lock)).step(1, Does::Wait(ready, lock));
    build.step(0, Does::Lock(lock)).step(0, Does::Unlock(lock));
    build.blocked(0, Does::Join(worker)).blocked(1, Does::Wake(ready, lock));
    let original = build.finish();
    build.step(1, Does::Wake(ready, lock)).step(1, Does::Unlock(lock));
    let lost = lost_wakeup::judge(&original, worker, &build.finish());
    let findings = diagnose_with(&original, lost.into_iter().collect());
    insta::assert_snapshot!(checked(findings[0].render(&original, &context())), @r"
    lost wakeup in model: `worker` sleeps on `ready` for ever, though what it waits for has come

      `worker` would go on if woken: what it waits for has become true under `lock`, which `main` last gave back at step
      5. Nobody ever notifies `ready`.

        step   a: main        b: worker
           1   spawn worker
      >    2                  lock lock
           3                  wait on ready (releases lock)  <- never woken
           4   lock lock
           5   unlock lock  <- by now worker could go on
         end   waits for worker to end
         end                  sleeps on ready, nobody can wake it
      >        takes the turn from a thread that could have gone on

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_spin_that_nobody_can_end_is_shown_once() {
    let mut build = Builder::new();
    let (flag, m, worker) = (build.flag("stop"), build.mutex("m"), build.thread("worker"));
    build.step(0, Does::Lock(m)).step(0, Does::Spawn(worker));
    for _ in 0..200 {
        build.step(0, Does::Load(flag, 0)).step(0, Does::Spin);
    }
    build.blocked(1, Does::Lock(m)).enabled(0, Does::Load(flag, 0)).ending(Ending::Livelocked);
    insta::assert_snapshot!(only(&build.finish()), @r"
    livelock in model: `main` goes round for ever, and nothing that is read can change

      `main` repeats `load stop -> false`, `spin`. `stop` was never changed. Meanwhile `worker` waits for `m`, held by
      `main` since step 1.

        step   a: main              b: worker
           1   lock m
           2   spawn worker
           3   load stop -> false  <- from here on it only goes round
           4   spin
         end                        waits for m, held by main since step 1
      and so on: 398 more steps were made before the execution was ended

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

/// It has put something, and will again: only its next round has not come to that yet.
#[test]
fn who_looks_in_vain_while_another_has_only_begun_its_round_is_not_starved() {
    let starves = |puts_later: bool| {
        let mut build = Builder::new();
        let queue = build.object(ObjectKind::Queue(None), "queue");
        let giver = build.thread("giver");
        build.step(0, Does::Spawn(giver)).step(1, Does::Round(true)).step(0, Does::Round(true));
        build.step(1, Does::Put(queue)).step(0, Does::Take(queue)).step(0, Does::Round(true));
        build.step(1, Does::Round(true));
        build.step(0, Does::IsEmpty(queue, true)).step(0, Does::Round(false));
        if puts_later {
            build.step(1, Does::Put(queue));
        } else {
            build.step(1, Does::Round(true)).step(0, Does::IsEmpty(queue, true)).step(0, Does::Round(false));
        }
        diagnose(&build.finish()).iter().map(Finding::kind).collect::<Vec<_>>()
    };
    assert_eq!(starves(true), []);
    assert_eq!(starves(false), [FindingKind::Starvation]);
}
