//! `socket`: listeners, connections and what goes wrong with them.

use super::{SHORT, fine, message, start};
use crate::base::Ending;
use crate::engine::testing::{outcomes, run};
use crate::python::Error;
use crate::python::multiprocessing::Process;
use crate::python::socket::{Shutdown, Socket, create_connection, create_server};
use std::sync::Arc;

/// A server, a socket connected to it, and the connection accepted.
fn pair() -> (Socket, Socket, Socket) {
    let server = create_server("server", None).unwrap();
    let client = create_connection("server").unwrap();
    let (connection, _) = server.accept().unwrap();
    (server, client, connection)
}

#[test]
fn bytes_arrive_in_order_and_not_as_they_were_cut() {
    fine(|| {
        let (_server, client, connection) = pair();
        assert_eq!(client.send(b"abc"), Ok(3));
        client.sendall(b"de").unwrap();
        assert_eq!(connection.recv(2).unwrap(), b"ab");
        assert_eq!(connection.recv(9).unwrap(), b"cde");
        assert_eq!(message(connection.recv_timeout(9, SHORT)), "TimeoutError: timed out");
        connection.sendall("back").unwrap();
        connection.close();
        assert_eq!((client.recv(9).unwrap(), client.recv(9).unwrap()), (b"back".to_vec(), Vec::new()));
        assert_eq!((client.send(b"x"), client.send(b"y")), (Ok(1), Err(Error::BrokenPipeError)));
        assert_eq!(message(connection.recv(1)), "OSError: [Errno 9] Bad file descriptor");
    });
    let seen = outcomes(|| {
        let (_server, client, connection) = pair();
        let sender = start(move || ["ab", "cd"].iter().try_for_each(|text| client.sendall(text)));
        let mut parts = Vec::new();
        while let Ok(part) = connection.recv(3)
            && !part.is_empty()
        {
            parts.push(String::from_utf8(part).unwrap());
        }
        sender.join().unwrap();
        parts.join("|")
    });
    assert_eq!(seen, ["abc|d", "ab|cd"]);
}

#[test]
fn who_comes_too_early_or_too_late_or_with_too_many_is_refused() {
    let seen = outcomes(|| {
        let client = start(|| create_connection("server").map(drop));
        let server = create_server("server", 1).unwrap();
        let accepted = server.accept_timeout(SHORT).is_ok();
        client.join().unwrap();
        accepted
    });
    assert_eq!(seen, [false, true]);
    fine(|| {
        assert_eq!(create_connection("server").err(), Some(Error::ConnectionRefusedError));
        let server = create_server("server", 2).unwrap();
        let waiting = [create_connection("server"), create_connection("server")];
        assert_eq!(create_connection("server").err(), Some(Error::ConnectionRefusedError));
        assert_eq!(server.accept().unwrap().1, 0);
        let [_, late] = waiting;
        server.close();
        let late = late.unwrap();
        assert_eq!((late.recv(1), late.recv(1)), (Err(Error::ConnectionResetError), Ok(Vec::new())));
        assert_eq!(message(late.send(b"x")), "BrokenPipeError: [Errno 32] Broken pipe");
        assert_eq!(create_connection("server").err(), Some(Error::ConnectionRefusedError));
        assert_eq!(message(server.accept()), "OSError: [Errno 9] Bad file descriptor");
        let again = create_server("server", None).unwrap();
        assert_eq!(message(create_server("server", None)), in_use());
        assert_eq!(message(again.accept_timeout(SHORT)), "TimeoutError: timed out");
    });
}

fn in_use() -> String {
    let place = "(while attempting to bind on address 'server')";
    format!("OSError: [Errno 98] Address already in use {place}")
}

#[test]
fn a_close_does_not_wake_a_thread_that_accepts_and_a_shutdown_does() {
    let model = |shuts: bool| {
        move || {
            let server = Arc::new(create_server("server", None).unwrap());
            let accepts = Arc::clone(&server);
            let worker = start(move || drop(accepts.accept()));
            if shuts {
                server.shutdown(Shutdown::Both).unwrap();
            }
            server.close();
            worker.join().unwrap();
        }
    };
    assert_eq!(run(model(false)).ending, Ending::Deadlocked);
    assert!(fine(model(true)) > 1);
}

#[test]
fn the_end_comes_when_all_sockets_of_an_end_are_closed() {
    let model = |closes: bool| {
        move || {
            let (_server, client, connection) = pair();
            let child = connection.dup().unwrap();
            let process = Process::new(move || child.sendall(b"x"));
            process.start().unwrap();
            if closes {
                connection.close();
            }
            assert_eq!(client.recv(1).unwrap(), b"x");
            assert_eq!(client.recv(1).unwrap(), b"");
            process.join().unwrap();
        }
    };
    fine(model(true));
    assert_eq!(run(model(false)).ending, Ending::Deadlocked);
}

#[test]
fn two_that_both_send_more_than_there_is_room_for_wait_for_each_other() {
    let trace = run(|| {
        let server = create_server("server", None).unwrap().buffer(2);
        let client = start(|| {
            let client = create_connection("server")?;
            client.sendall(b"abc")?;
            client.recv(3).map(drop)
        });
        let (connection, _) = server.accept().unwrap();
        connection.sendall(b"abc").unwrap();
        connection.recv(3).unwrap();
        client.join().unwrap();
    });
    assert_eq!(trace.ending, Ending::Deadlocked);
    fine(|| {
        let server = create_server("server", None).unwrap().buffer(2);
        let client = start(|| create_connection("server")?.sendall(b"abc"));
        let (connection, _) = server.accept().unwrap();
        let mut bytes = Vec::new();
        while bytes.len() < 3 {
            bytes.extend(connection.recv(3).unwrap());
        }
        assert_eq!(bytes, b"abc");
        client.join().unwrap();
    });
}
