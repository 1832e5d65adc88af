//! Executions in which all go on and something is wrong: panics, races, lost updates, locks misused.

use super::*;
use crate::base::ObjectKind;
use crate::trace::builder::{Builder, Does};
use std::sync::atomic::Ordering;

#[test]
fn a_failed_assertion_is_explained_by_the_lost_update() {
    let mut build = Builder::new();
    let total = build.shared("total");
    let (b, c) = (build.thread("deposit"), build.thread("withdraw"));
    build.step(0, Does::Spawn(b)).step(0, Does::Spawn(c));
    build.step(1, Does::Get(total, 0));
    build.step(2, Does::Get(total, 0)).step(2, Does::Set(total, -100i64 as u64)).step(2, Does::End);
    build.step(1, Does::Set(total, 100)).step(1, Does::End);
    build.step(0, Does::Join(b)).step(0, Does::Join(c)).step(0, Does::Get(total, 100));
    build.panic(0, "assertion `left == right` failed\n  left: 100\n right: 0");
    let trace = build.finish();
    assert_eq!(
        diagnose(&trace)[0].signature(&trace).to_string(),
        "panic: main, assertion `left == right` failed\n  left: #\n right: #, src/model.rs:#:#"
    );
    insta::assert_snapshot!(only(&trace), @r"
    panic after a lost update in model: `main` panicked: assertion `left == right` failed
          left: 100
         right: 0

      The cause may be a lost update of `total`: `deposit` read `total` at step 3 (0) and wrote it at step 7 (100); in
      between, at step 5, `withdraw` had written it (-100), and that is gone.

        step   a: main             b: deposit          c: withdraw
           1   spawn deposit
           2   spawn withdraw
           3                       read total -> 0  <- what step 7 is made from
      >    4                                           read total -> 0
           5                                           write total = -100  <- undone by step 7
           6                                           ends
           7                       write total = 100  <- does not know of step 5
           8                       ends
           9   join deposit
          10   join withdraw
          11   read total -> 100
               panics: assertion `left == right` failed
      >        takes the turn from a thread that could have gone on

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_lost_update_alone_is_a_warning() {
    let mut build = Builder::new();
    let x = build.shared("x");
    build.thread("");
    build.step(0, Does::Get(x, 0)).step(1, Does::Get(x, 0)).step(1, Does::Set(x, 1)).step(0, Does::Set(x, 1));
    let trace = build.finish();
    let findings = diagnose(&trace);
    assert_eq!((findings.len(), findings[0].severity()), (1, Severity::Warning));
    insta::assert_snapshot!(findings[0].headline(&trace), @"lost update: `main` overwrites what `thread 1` wrote to `x`");
}

#[test]
fn the_panic_that_began_it_is_told_before_the_one_that_unwrapped_it() {
    let mut build = Builder::new();
    let (x, worker) = (build.shared("x"), build.thread("worker"));
    build.step(0, Does::Spawn(worker)).step(1, Does::Get(x, 3)).panic(1, "x is 3").step(1, Does::End);
    build.step(0, Does::Join(worker)).panic(0, "called `Result::unwrap()` on an `Err` value: Any { .. }");
    insta::assert_snapshot!(only(&build.finish()), @r"
    panic in model: `worker` panicked: x is 3

      Before that, `worker` last did `read x -> 3` (step 2). Then `main` panicked too.

        step   a: main        b: worker
           1   spawn worker
           2                  read x -> 3
                              panics: x is 3
           3                  ends
           4   join worker
               panics: called `Result::unwrap()` on an `Err` value: Any { .. }

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_race_through_a_relaxed_flag_says_so() {
    let mut build = Builder::new();
    let cell = build.object(ObjectKind::Cell, "data");
    let (flag, reader) = (build.flag("ready"), build.thread("reader"));
    build
        .step(0, Does::Spawn(reader))
        .step(0, Does::Write(cell))
        .step(0, Does::Store(flag, 1, Ordering::Relaxed));
    build.step(1, Does::Load(flag, 1)).step(1, Does::Read(cell)).step(1, Does::End).race(cell, 1, 4);
    insta::assert_snapshot!(only(&build.finish()), @r"
    data race in model: `main` writes `data`, `reader` reads it, and nothing orders the two

      Steps 2 and 5 could as well be made at the same moment: `ready` is passed from the one to the other (steps 3 and
      4), but the store does not release, so it orders nothing else.

        step   a: main                        b: reader
           1   spawn reader
           2   write data  <- races with step 5
           3   store ready = true (relaxed)
           4                                  load ready -> true
           5                                  read data  <- races with step 2
           6                                  ends

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn releasing_a_free_lock_is_a_misuse() {
    let mut build = Builder::new();
    let lock = build.object(ObjectKind::Lock, "lock");
    build.step(0, Does::Lock(lock)).step(0, Does::Unlock(lock)).step(0, Does::Release(lock));
    insta::assert_snapshot!(only(&build.finish()), @r"
    misuse in model: `main` releases `lock`, which nobody holds

      A lock can be released only while it is held. The last to change it was `main` with `unlock lock` (step 2).

        step   a: main
           1   lock lock
           2   unlock lock
           3   release lock: refused, nobody holds it  <- not allowed

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_lock_never_given_back_is_a_leak() {
    let mut build = Builder::new();
    let lock = build.mutex("lock");
    build.step(0, Does::Lock(lock)).step(0, Does::End);
    insta::assert_snapshot!(only(&build.finish()), @r"
    leak in model: `main` still holds `lock` at the end

      It took `lock` at step 1 and never gave it back.

        step   a: main
           1   lock lock  <- never given back
           2   ends

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn locks_in_both_orders_are_an_inversion() {
    let mut build = Builder::new();
    let (a, b) = (build.mutex("a"), build.mutex("b"));
    let (left, right) = (build.thread("left"), build.thread("right"));
    build.step(0, Does::Spawn(left)).step(0, Does::Spawn(right));
    build.step(1, Does::Lock(a)).step(1, Does::Lock(b)).step(1, Does::Unlock(b)).step(1, Does::Unlock(a));
    build.step(2, Does::Lock(b)).step(2, Does::Lock(a)).step(2, Does::Unlock(a)).step(2, Does::Unlock(b));
    insta::assert_snapshot!(only(&build.finish()), @r"
    lock-order inversion in model: `a` and `b` are taken in both orders

      `left` took `b` at step 4 while it held `a`; `right` took `a` at step 8 while it held `b`. It went well here; when
      they meet, each waits for the other for ever.

        step   a: main       b: left    c: right
           1   spawn left
           2   spawn right
           3                 lock a
           4                 lock b  <- while it holds a
           5                 unlock b
           6                 unlock a
           7                            lock b
           8                            lock a  <- while it holds b
           9                            unlock a
          10                            unlock b

      found in execution 7
      replay: cargo run --release -- replay model 'a2 b'
    ");
}

#[test]
fn a_gate_or_the_end_of_a_thread_makes_both_orders_harmless() {
    let both_orders = |gate: bool, joined: bool| {
        let mut build = Builder::new();
        let (g, a, b) = (build.mutex("gate"), build.mutex("a"), build.mutex("b"));
        let child = build.thread("");
        build.step(0, Does::Spawn(child));
        for (thread, first, second) in [(1, a, b), (0, b, a)] {
            if gate {
                build.step(thread, Does::Lock(g));
            }
            build.step(thread, Does::Lock(first)).step(thread, Does::Lock(second));
            build.step(thread, Does::Unlock(second)).step(thread, Does::Unlock(first));
            if gate {
                build.step(thread, Does::Unlock(g));
            }
            if joined && thread == 1 {
                build.step(1, Does::End).step(0, Does::Join(child));
            }
        }
        diagnose(&build.finish()).len()
    };
    assert_eq!((both_orders(false, false), both_orders(true, false), both_orders(false, true)), (1, 0, 0));
}

#[test]
fn a_finished_execution_has_nothing_wrong() {
    let mut build = Builder::new();
    let (x, b) = (build.shared("x"), build.thread("b"));
    build.step(0, Does::Spawn(b)).step(1, Does::Get(x, 0)).step(1, Does::Set(x, 1)).step(1, Does::End);
    build.step(0, Does::Join(b)).step(0, Does::Get(x, 1)).step(0, Does::End);
    assert_eq!(diagnose(&build.finish()), []);
}

#[test]
fn numbers_and_letters_behind_names_do_not_make_findings_differ() {
    assert_eq!(role("consumer 12"), "consumer #");
    assert_eq!(role("Timer Thread (c)"), "Timer Thread");
    assert_eq!(role("at 0x7fff01020304"), "at #x…");
}
