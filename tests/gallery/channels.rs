//! Channels of `mpsc`.

use super::{every_trace, outcomes, outcomes_of, right, wrong};
use selvedge::sync::mpsc::{
    Receiver, RecvTimeoutError, TryRecvError, TrySendError, channel, channel_with_name, sync_channel,
    sync_channel_with_name,
};
use selvedge::{MemoryModel, thread};
use std::time::Duration;

#[test]
fn what_is_sent_arrives_in_each_senders_order() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel();
        let senders: Vec<_> = [[1, 2], [3, 4]]
            .map(|items| {
                let sender = sender.clone();
                thread::spawn(move || items.into_iter().for_each(|item| sender.send(item).unwrap()))
            })
            .into();
        drop(sender);
        let received: Vec<u32> = receiver.iter().collect();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        received
    });
    // C(4, 2) ways to merge the two.
    assert_eq!(seen.len(), 6);
    let in_order = |list: &Vec<u32>| {
        list.iter().filter(|n| **n < 3).eq(&[1, 2]) && list.iter().filter(|n| **n > 2).eq(&[3, 4])
    };
    assert!(seen.iter().all(in_order), "{seen:?}");
}

#[test]
fn a_receiver_ends_when_all_senders_are_gone() {
    right(1, || {
        let (sender, receiver) = channel::<()>();
        drop(sender);
        assert!(receiver.recv().is_err());
    });
    wrong(1, &["deadlock: `main` waits for what nobody is left to do"], || {
        let (_kept, receiver) = channel_with_name::<()>("letters");
        let _ = receiver.recv();
    });
}

#[test]
fn a_look_at_a_channel_that_is_sent_to_sees_either() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel();
        let other = thread::spawn(move || {
            sender.send(7).unwrap();
            // Keeps the channel connected.
            sender
        });
        let seen = receiver.try_recv();
        drop(other.join());
        seen.map_err(|error| error == TryRecvError::Empty)
    });
    assert_eq!(seen, [Ok(7), Err(true)]);
}

#[test]
fn a_dropped_end_is_noticed() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel();
        let other = thread::spawn(move || drop(receiver));
        let sent = sender.send(1).is_ok();
        other.join().unwrap();
        (sent, sender.send(2).is_ok())
    });
    assert_eq!(seen, [(false, false), (true, false)]);
}

#[test]
fn a_bounded_channel_makes_senders_wait() {
    let model = |room: usize, take: bool| {
        move || {
            let (sender, receiver) = sync_channel_with_name(room, "letters");
            let other = thread::spawn(move || (0..2).for_each(|item| sender.send(item).unwrap_or(())));
            if take {
                assert_eq!((receiver.recv(), receiver.recv()), (Ok(0), Ok(1)));
            }
            other.join().unwrap();
            drop(receiver);
        }
    };
    for room in 0..3 {
        let report = super::every().explore(model(room, true)).unwrap();
        assert!(report.proved(), "{report}");
    }
    right(1, model(2, false));
    for room in 0..2 {
        let headline = "deadlock: `thread 1` waits for what nobody is left to do";
        wrong(1, &[headline], model(room, false));
    }
}

#[test]
fn a_rendezvous_needs_both() {
    let seen = outcomes(|| {
        let (sender, receiver) = sync_channel(0);
        // It may be about to receive, and not wait yet.
        let other = thread::spawn(move || receiver.recv().unwrap());
        let sent = match sender.try_send(1) {
            Ok(()) => true,
            Err(TrySendError::Full(1)) => {
                sender.send(2).unwrap();
                false
            }
            Err(error) => panic!("{error}"),
        };
        (sent, other.join().unwrap())
    });
    assert_eq!(seen, [(false, 2), (true, 1)]);
    let first = outcomes(|| {
        let (sender, receiver) = sync_channel(0);
        let other = thread::spawn(move || sender.try_send(1).is_ok());
        (receiver.recv().is_ok(), other.join().unwrap())
    });
    assert_eq!(first, [(false, false), (true, true)]);
}

#[test]
fn who_tries_until_somebody_waits_comes_to_an_end() {
    fn tries() -> u32 {
        let (sender, receiver) = sync_channel(0);
        let other = thread::spawn(move || receiver.recv().unwrap());
        let mut times = 1;
        while sender.try_send(1).is_err() {
            times += 1;
            thread::yield_now();
        }
        times + other.join().unwrap()
    }
    let most = outcomes(tries);
    assert!(most.len() > 2, "{most:?}");
    assert_eq!(outcomes_of(every_trace(), tries), most);
}

#[test]
fn waiting_with_a_time_out_ends_in_any_of_three_ways() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel();
        let other = thread::spawn(move || sender.send(7).unwrap());
        let first = receiver.recv_timeout(Duration::from_secs(1));
        let second = receiver.recv_timeout(Duration::from_secs(1));
        other.join().unwrap();
        let short = |result| match result {
            Ok(item) => item,
            Err(RecvTimeoutError::Timeout) => 0,
            Err(RecvTimeoutError::Disconnected) => -1,
        };
        (short(first), short(second))
    });
    assert_eq!(seen, [(0, 0), (0, 7), (7, -1), (7, 0)]);
}

/// One waits to hand over its message, another only tries to, and the receiver waits for a while.
fn hand_over() -> (Option<u32>, bool, bool) {
    let (sender, receiver) = sync_channel(0);
    let other = sender.clone();
    let waits = thread::spawn(move || sender.send(1).is_ok());
    let tries = thread::spawn(move || other.try_send(2).is_ok());
    let received = receiver.recv_timeout(Duration::from_millis(1)).ok();
    drop(receiver);
    (received, waits.join().unwrap(), tries.join().unwrap())
}

#[test]
fn whether_an_attempt_to_hand_over_succeeds_depends_on_who_waits() {
    let expected = [(None, false, false), (Some(1), true, false), (Some(2), false, true)];
    assert_eq!(outcomes(hand_over), expected);
    assert_eq!(outcomes_of(every_trace(), hand_over), expected);
}

#[test]
fn who_of_several_senders_goes_last_is_tried_in_every_way() {
    /// What a receiver finds that looks once, and how many messages it gets till the end.
    fn received(receiver: &Receiver<u32>) -> (Result<u32, bool>, Vec<u32>) {
        let first = receiver.try_recv().map_err(|error| error == TryRecvError::Empty);
        (first, receiver.iter().collect())
    }
    fn moved() -> (Result<u32, bool>, Vec<u32>) {
        let (sender, receiver) = channel();
        let other = sender.clone();
        thread::spawn(move || drop(sender));
        thread::spawn(move || other.send(1).unwrap());
        received(&receiver)
    }
    fn lent() -> (Result<u32, bool>, Vec<u32>) {
        let (sender, receiver) = channel();
        let first = thread::scope(|scope| {
            for item in 1..3 {
                let sender = &sender;
                scope.spawn(move || sender.clone().send(item).unwrap());
            }
            receiver.try_recv().ok()
        });
        drop(sender);
        (first.ok_or(true), receiver.iter().collect())
    }
    fn handed_on() -> (Result<u32, bool>, Vec<u32>) {
        let (sender, receiver) = channel();
        let first = sender.clone();
        thread::spawn(move || {
            let second = first.clone();
            thread::spawn(move || second.send(1).unwrap());
        });
        drop(sender);
        received(&receiver)
    }
    for model in [moved, lent, handed_on] {
        let expected = outcomes(model);
        for memory in [MemoryModel::SequentiallyConsistent, MemoryModel::C11] {
            assert_eq!(outcomes_of(every_trace().memory(memory), model), expected, "{memory:?}");
        }
    }
}
