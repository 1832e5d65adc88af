//! Tests of channels.

use super::*;
use crate::base::Ending;
use crate::cell::UnsafeCell;
use crate::engine::testing::{all, outcomes, run};
use crate::sync::tests::{deadlocks, finishes};
use crate::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(1);

/// What holds in either world.
fn behaves() {
    let (sender, receiver) = channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.clone().send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!((receiver.recv(), receiver.try_recv()), (Ok(1), Ok(2)));
    sender.send(3).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [3]);
    sender.send(4).unwrap();
    assert_eq!(receiver.recv_timeout(LONG), Ok(4));
    assert_eq!(format!("{sender:?} {receiver:?}"), "Sender { .. } Receiver { .. }");
    drop(sender);
    assert_eq!((receiver.recv(), receiver.try_recv()), (Err(RecvError), Err(TryRecvError::Disconnected)));
    assert_eq!(receiver.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));

    let (sender, receiver) = sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.clone().try_send(2), Err(TrySendError::Full(2)));
    drop(receiver);
    assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
    assert_eq!(sender.send(4), Err(SendError(4)));
    assert_eq!(format!("{sender:?}"), "SyncSender { .. }");
}

#[test]
fn outside_it_behaves_as_stds() {
    behaves();
    let (sender, receiver) = channel::<u32>();
    assert_eq!(receiver.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    let thread = std::thread::spawn(move || (0..3).for_each(|i| sender.send(i).unwrap()));
    assert_eq!(receiver.iter().sum::<u32>(), 3);
    thread.join().unwrap();
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::spawn(move || (0..3).for_each(|i| sender.send(i).unwrap()));
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
    thread.join().unwrap();
}

#[test]
fn outside_a_rendezvous_needs_both() {
    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
    let other = sender.clone();
    let thread = std::thread::spawn(move || other.send(1));
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(thread.join().unwrap(), Ok(()));
    let other = sender.clone();
    let thread = std::thread::spawn(move || other.send(2));
    std::thread::sleep(SHORT);
    drop(receiver);
    assert_eq!(thread.join().unwrap(), Err(SendError(2)));
    assert_eq!(sender.try_send(3), Err(TrySendError::Disconnected(3)));
    let (sender, receiver) = sync_channel(0);
    let thread = std::thread::spawn(move || receiver.recv());
    let mut message = 4;
    while let Err(TrySendError::Full(back)) = sender.try_send(message) {
        message = back;
    }
    assert_eq!(thread.join().unwrap(), Ok(4));
}

#[test]
fn inside_it_behaves_as_outside() {
    finishes_somehow(behaves);
}

#[test]
fn ends_are_sent_and_shared_as_stds() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let (sender, receiver) = channel::<Cell>();
    let (bounded, _) = sync_channel::<Cell>(1);
    is_send(&(&sender, &bounded));
    is_sync(&(&sender, &bounded));
    is_send(&receiver);
    type Cell = std::cell::Cell<u8>;
}

#[test]
fn messages_of_one_sender_keep_their_order() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel_with_name("c");
        let other = sender.clone();
        let thread = thread::spawn(move || (1..3).for_each(|i| other.send(i).unwrap()));
        sender.send(3).unwrap();
        drop(sender);
        let seen: Vec<_> = receiver.into_iter().collect();
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [[1, 2, 3], [1, 3, 2], [3, 1, 2]]);
}

#[test]
fn a_full_channel_holds_its_sender_back() {
    finishes(|| {
        let (sender, receiver) = sync_channel_with_name(1, "c");
        let thread = thread::spawn(move || (0..3).for_each(|i| sender.send(i).unwrap()));
        assert!(receiver.iter().eq(0..3));
        thread.join().unwrap();
    });
}

#[test]
fn a_rendezvous_waits_for_its_receiver() {
    let seen = outcomes(|| {
        let (sender, receiver) = sync_channel(0);
        let thread = thread::spawn(move || sender.send(1));
        let received = receiver.try_recv();
        drop(receiver);
        let sent = thread.join().unwrap();
        assert_eq!(received.is_ok(), sent.is_ok());
        sent.is_ok()
    });
    assert_eq!(seen, [false, true]);
    let trace = run(|| {
        let (sender, _receiver) = sync_channel(0);
        let _ = sender.send(1);
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
}

#[test]
fn a_receiver_waits_for_ever_for_a_sender_that_lives() {
    let (deadlocked, all) = deadlocks(|| {
        let (sender, receiver) = channel::<u32>();
        let _ = receiver.recv();
        drop(sender);
    });
    assert_eq!(deadlocked, all);
}

#[test]
fn a_timed_receive_gets_it_or_not() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || sender.send(1).unwrap_or(()));
        let seen = receiver.recv_timeout(LONG).ok();
        thread.join().unwrap();
        seen
    });
    assert_eq!(seen, [None, Some(1)]);
}

#[test]
fn what_nobody_receives_is_dropped_with_the_receiver() {
    finishes(|| {
        let message = std::sync::Arc::new(());
        let (sender, receiver) = channel();
        sender.send(std::sync::Arc::clone(&message)).unwrap();
        drop(receiver);
        assert_eq!(std::sync::Arc::strong_count(&message), 1);
        assert!(sender.send(message).is_err());
    });
}

#[test]
fn a_channel_is_carried_across_the_border() {
    let (sender, receiver) = channel();
    let receiver = std::sync::Mutex::new(receiver);
    sender.send(1).unwrap();
    run(|| {
        assert_eq!(receiver.lock().unwrap().try_recv(), Ok(1));
        sender.send(2).unwrap();
    });
    assert_eq!(receiver.lock().unwrap().try_recv(), Ok(2));
    assert_eq!(receiver.lock().unwrap().try_recv(), Err(TryRecvError::Empty));
    run(|| assert_eq!(receiver.lock().unwrap().try_recv(), Err(TryRecvError::Empty)));
}

#[test]
fn each_sender_s_end_is_a_step() {
    let steps = |clones: usize| {
        let trace = run(move || {
            let (sender, receiver) = channel::<u8>();
            drop(vec![sender; clones]);
            drop(receiver);
        });
        trace.steps.len()
    };
    assert_eq!(steps(5), steps(1) + 4);
}

struct Checked(UnsafeCell<u8>);

// SAFETY: its pointer is never followed.
unsafe impl Sync for Checked {}

impl Checked {
    fn touch(&self) {
        self.0.with_mut(|_| ());
    }
}

#[test]
fn the_receiver_learns_what_every_sender_did_before_it_went() {
    all(
        || {
            let cell = std::sync::Arc::new(Checked(UnsafeCell::new(0)));
            let (sender, receiver) = channel::<u8>();
            let (mine, theirs) = (std::sync::Arc::clone(&cell), sender.clone());
            let thread = thread::spawn(move || {
                mine.touch();
                drop(theirs);
            });
            drop(sender);
            assert_eq!(receiver.recv(), Err(RecvError));
            cell.touch();
            thread.join().unwrap();
        },
        |trace| assert_eq!((trace.ending, &trace.races[..]), (Ending::Finished, &[][..])),
    );
}

#[test]
fn steps_are_where_the_model_calls_or_made_the_channel() {
    let trace = run(|| {
        let (sender, receiver) = sync_channel(1);
        sender.send(1).unwrap();
        drop(sender);
        for _ in receiver {}
    });
    assert_eq!(trace.steps.len(), 6);
    let here = |step: &crate::base::Step| step.location.file().ends_with("mpsc/tests.rs");
    assert!(trace.steps[..5].iter().all(here), "{:?}", trace.steps);
}

fn finishes_somehow(model: impl Fn()) {
    let trace = run(model);
    assert_eq!(trace.ending, Ending::Finished, "{:?}", trace.panics);
}
