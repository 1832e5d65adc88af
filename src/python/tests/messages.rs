//! `multiprocessing`: queues and pipes.

use super::processes::start;
use super::{SHORT, fine, message};
use crate::base::Ending;
use crate::engine::testing::{outcomes, run};
use crate::python::Error;
use crate::python::multiprocessing::{Event, JoinableQueue, Queue, SimpleQueue, active_children, pipe};

#[test]
fn what_is_put_into_a_queue_arrives_later_and_in_the_order_of_each_process() {
    let seen = outcomes(|| {
        let queue = Queue::new(0).named("queue");
        queue.put(1).unwrap();
        let empty = queue.empty().unwrap();
        (empty, queue.get_nowait().ok())
    });
    assert_eq!(seen, [(false, Some(1)), (true, None), (true, Some(1))]);
    let orders = outcomes(|| {
        let queue = Queue::new(0);
        let other = queue.clone();
        let worker = start(move || other.put(10));
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        let got = [queue.get().unwrap(), queue.get().unwrap(), queue.get().unwrap()];
        worker.join().unwrap();
        got
    });
    assert_eq!(orders, [[1, 2, 10], [1, 10, 2], [10, 1, 2]]);
}

#[test]
fn what_a_process_has_put_is_there_when_it_has_been_joined() {
    fine(|| {
        let queue = Queue::new(0);
        let other = queue.clone();
        let worker = start(move || other.put(1));
        worker.join().unwrap();
        assert_eq!((queue.empty(), queue.get_nowait()), (Ok(false), Ok(1)));
    });
    let kept = outcomes(|| {
        let queue = Queue::new(0);
        let other = queue.clone();
        let worker = start(move || {
            other.cancel_join_thread();
            other.put(1)
        });
        worker.join().unwrap();
        queue.get_nowait().ok()
    });
    assert_eq!(kept, [None, Some(1)]);
}

#[test]
fn a_queue_with_a_bound_counts_what_has_been_put() {
    fine(|| {
        let queue = Queue::new(1).named("queue");
        queue.put(1).unwrap();
        assert_eq!((queue.full(), queue.qsize()), (true, Ok(1)));
        assert_eq!(queue.put_nowait(2), Err(Error::Full));
        assert_eq!(queue.put_timeout(2, SHORT), Err(Error::Full));
        assert_eq!(queue.get(), Ok(1));
        assert_eq!((queue.full(), queue.qsize(), queue.get_nowait()), (false, Ok(0), Err(Error::Empty)));
        assert_eq!(message(queue.join_thread()), "AssertionError: Queue queue not closed");
        queue.close();
        assert_eq!(message(queue.put(1)), "ValueError: Queue queue is closed");
        assert_eq!(message(queue.get()), "ValueError: Queue queue is closed");
        assert_eq!(message(queue.empty()), "OSError: handle is closed");
        queue.join_thread().unwrap();
        assert_eq!(Queue::<u8>::new(0).qsize(), Err(Error::NotImplementedError));
        let counted = Queue::new(0).counted();
        counted.put(1).unwrap();
        assert_eq!(counted.qsize(), Ok(1));
    });
}

#[test]
fn simple_and_joinable_queues() {
    fine(|| {
        let queue = SimpleQueue::new().named("queue");
        assert_eq!(queue.empty(), Ok(true));
        let other = queue.clone();
        let worker = start(move || other.put("a"));
        assert_eq!(queue.get(), Ok("a"));
        worker.join().unwrap();
        queue.close();
        assert_eq!(message(queue.get()), "OSError: handle is closed");
    });
    fine(|| {
        let queue = JoinableQueue::new(0).named("queue");
        let work = queue.clone();
        let worker = start(move || {
            work.get()?;
            work.task_done()
        });
        queue.put(7).unwrap();
        queue.join();
        assert_eq!(message(queue.task_done()), "ValueError: task_done() called too many times");
        worker.join().unwrap();
    });
}

#[test]
fn whatever_is_put_into_a_joinable_queue_is_counted_once_there_is_room() {
    let trace = run(|| {
        let queue = JoinableQueue::new(1);
        queue.queue().put_nowait(1).unwrap();
        assert_eq!(queue.queue().put_nowait(2), Err(Error::Full));
        assert_eq!(queue.get(), Ok(1));
        queue.task_done().unwrap();
        queue.join();
    });
    assert_eq!((trace.ending, trace.panics.len()), (Ending::Finished, 0), "{:?}", trace.panics);
    let names: Vec<String> = trace.objects.iter().map(|object| object.name.to_string()).collect();
    let expected = ["room of process queue 1", "work in process queue 1", "process queue 1"];
    assert_eq!(names, expected);
}

#[test]
fn the_end_of_a_pipe_is_seen_when_nobody_holds_the_other_one() {
    fine(|| {
        let (reader, writer) = pipe("pipe").one_way();
        let worker = start(move || {
            writer.send(1)?;
            writer.send(2)
        });
        assert_eq!((reader.recv(), reader.recv(), reader.recv()), (Ok(1), Ok(2), Err(Error::EofError)));
        assert_eq!(
            (reader.poll(), message(reader.send(1))),
            (Ok(true), "OSError: connection is read-only".into())
        );
        reader.close();
        assert_eq!(message(reader.recv()), "OSError: handle is closed");
        worker.join().unwrap();
    });
    let trace = run(|| {
        let (reader, writer) = pipe("pipe").one_way();
        let inherited = writer.clone();
        let worker = start(move || inherited.send(1));
        while reader.recv().is_ok() {}
        worker.join().unwrap();
        drop(writer);
    });
    assert_eq!(trace.ending, Ending::Deadlocked, "the parent itself holds the end that it waits for");
}

#[test]
fn a_duplex_pipe_goes_both_ways_and_breaks() {
    fine(|| {
        let (here, there) = pipe("there").back("back").duplex();
        let worker = start(move || {
            let number: u32 = there.recv()?;
            there.send(number + 1)
        });
        assert_eq!(here.poll(), Ok(false));
        here.send(1).unwrap();
        assert_eq!(here.recv(), Ok(2));
        worker.join().unwrap();
        assert_eq!((here.send(1), here.recv()), (Err(Error::BrokenPipeError), Err(Error::EofError)));
    });
}

#[test]
fn two_writers_of_one_end_corrupt_their_messages() {
    let seen = outcomes(|| {
        let (reader, writer) = pipe("pipe").one_way();
        let workers = [1, 2].map(|number| {
            let writer = writer.clone();
            start(move || writer.send(number))
        });
        drop(writer);
        let seen = reader.recv();
        workers.iter().for_each(|worker| worker.join().unwrap());
        seen.ok()
    });
    assert_eq!(seen, [None, Some(1), Some(2)]);
}

#[test]
fn the_ends_that_a_terminated_process_used_are_closed() {
    fine(|| {
        let (reader, writer) = pipe("pipe").one_way();
        let never = Event::new();
        let process = start(move || {
            writer.send(1).unwrap();
            never.wait();
        });
        assert_eq!(reader.recv(), Ok(1));
        process.kill().unwrap();
        assert_eq!(reader.recv(), Err(Error::EofError));
        process.join().unwrap();
        assert_eq!(process.exitcode(), Ok(Some(-9)));
        assert!(active_children().is_empty());
    });
}
