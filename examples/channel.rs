//! A channel with room for so many messages, from a mutex and two condition variables.
//!
//! `cargo run --example channel` explores it, and two variants that look right and are not.

mod show;

use selvedge::FindingKind;
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::thread;
use show::show;
use std::collections::VecDeque;

/// What both ends share.
struct Channel {
    messages: Mutex<VecDeque<u32>>,
    room: usize,
    not_full: Condvar,
    not_empty: Condvar,
}

impl Channel {
    fn new(room: usize) -> Self {
        Channel {
            messages: Mutex::with_name(VecDeque::new(), "messages"),
            room,
            not_full: Condvar::with_name("not full"),
            not_empty: Condvar::with_name("not empty"),
        }
    }

    /// Waits for room.
    fn send(&self, message: u32) {
        let mut messages = self.messages.lock().unwrap();
        while messages.len() == self.room {
            messages = self.not_full.wait(messages).unwrap();
        }
        messages.push_back(message);
        self.not_empty.notify_one();
    }

    /// Waits for a message.
    fn receive(&self) -> u32 {
        let mut messages = self.messages.lock().unwrap();
        while messages.is_empty() {
            messages = self.not_empty.wait(messages).unwrap();
        }
        let message = take(&mut messages);
        self.not_full.notify_one();
        message
    }

    /// Wrong: between the notification and the lock somebody else may have taken the message.
    fn receive_with_if(&self) -> u32 {
        let mut messages = self.messages.lock().unwrap();
        if messages.is_empty() {
            messages = self.not_empty.wait(messages).unwrap();
        }
        let message = take(&mut messages);
        self.not_full.notify_one();
        message
    }
}

/// Wrong: with one condition variable for both, a notification may reach somebody who waits for something else.
struct OneCondvar {
    messages: Mutex<VecDeque<u32>>,
    room: usize,
    changed: Condvar,
}

impl OneCondvar {
    fn new(room: usize) -> Self {
        let messages = Mutex::with_name(VecDeque::new(), "messages");
        OneCondvar { messages, room, changed: Condvar::with_name("changed") }
    }

    fn send(&self, message: u32) {
        let messages = self.messages.lock().unwrap();
        let full = |messages: &mut VecDeque<u32>| messages.len() == self.room;
        let mut messages = self.changed.wait_while(messages, full).unwrap();
        messages.push_back(message);
        self.changed.notify_one();
    }

    fn receive(&self) -> u32 {
        let messages = self.messages.lock().unwrap();
        let mut messages = self.changed.wait_while(messages, |messages| messages.is_empty()).unwrap();
        let message = take(&mut messages);
        self.changed.notify_one();
        message
    }
}

fn take(messages: &mut VecDeque<u32>) -> u32 {
    let Some(message) = messages.pop_front() else { panic!("there is no message") };
    message
}

/// Two threads receive one message each, and main sends both.
fn every_message_arrives_once(receive: fn(&Channel) -> u32) {
    let channel = Arc::new(Channel::new(1));
    let receivers = [1, 2].map(|number| {
        let channel = Arc::clone(&channel);
        named(format!("receiver {number}"), move || receive(&channel))
    });
    channel.send(10);
    channel.send(20);
    let mut received = receivers.map(|receiver| receiver.join().unwrap());
    received.sort();
    assert_eq!(received, [10, 20]);
}

/// Two threads send one message each, two receive one each.
fn everybody_comes_to_an_end() {
    let channel = Arc::new(OneCondvar::new(1));
    let senders = [1, 2].map(|number| {
        let channel = Arc::clone(&channel);
        named(format!("sender {number}"), move || channel.send(number))
    });
    let receivers = [1, 2].map(|number| {
        let channel = Arc::clone(&channel);
        named(format!("receiver {number}"), move || {
            channel.receive();
        })
    });
    senders.into_iter().chain(receivers).for_each(|thread| thread.join().unwrap());
}

fn named<T: Send + 'static>(
    name: String,
    body: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    thread::Builder::new().name(name).spawn(body).expect("a virtual thread")
}

fn main() {
    show(&[
        ("two-condvars", None, || every_message_arrives_once(Channel::receive)),
        ("if-for-while", Some(FindingKind::Panic), || every_message_arrives_once(Channel::receive_with_if)),
        ("one-condvar", Some(FindingKind::LostWakeup), everybody_comes_to_an_end),
    ]);
}

#[test]
fn what_it_shows_is_so() {
    main();
}
