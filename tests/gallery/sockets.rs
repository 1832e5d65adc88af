//! Programs of sockets: right ones and wrong ones.

use super::{every_trace, expect, headlines};
use selvedge::Report;
use selvedge::python::socket::{Socket, create_connection, create_server};
use selvedge::python::threading::{Event, Returned, Thread};
use selvedge::python::{Error, Shared};

#[track_caller]
fn right(executions: u64, model: impl Fn() + Send + Sync + 'static) {
    expect(every_trace(), executions, &[], model);
}

#[track_caller]
fn wrong(headline: &str, clause: &str, model: impl Fn() + Send + Sync + 'static) -> Report {
    let report = every_trace().explore(model).unwrap();
    assert_eq!(headlines(&report).first().map(String::as_str), Some(headline), "{report}");
    assert!(report.to_string().contains(clause), "{report}");
    report
}

fn start<R: Returned>(target: impl FnOnce() -> R + Send + 'static) -> Thread {
    let thread = Thread::new(target);
    thread.start().unwrap();
    thread
}

/// Receives until the peer sends no more.
fn receive_all(socket: &Socket) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    loop {
        let part = socket.recv(16)?;
        if part.is_empty() {
            return Ok(all);
        }
        all.extend(part);
    }
}

fn asks() -> Result<(), Error> {
    let client = create_connection("server")?;
    client.sendall(b"?")?;
    assert_eq!(client.recv(16)?, b"!");
    Ok(())
}

fn answers(connection: &Socket) -> Result<(), Error> {
    assert_eq!(connection.recv(16)?, b"?");
    connection.sendall(b"!")
}

#[test]
fn a_thread_for_each_connection_serves_all() {
    // Two connects and two accepts come in four orders, and each server's close before, between or after the client's last steps.
    right(36, || {
        let server = create_server("server", None).unwrap();
        let clients = [start(asks), start(asks)];
        let handlers: Vec<Thread> = (0..2)
            .map(|_| {
                let (connection, _) = server.accept().unwrap();
                start(move || answers(&connection))
            })
            .collect();
        clients.iter().chain(&handlers).for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn who_serves_one_after_the_other_makes_those_wait_who_need_each_other() {
    let model = |threads: bool| {
        move || {
            let server = create_server("server", None).unwrap();
            let patient = start(move || {
                let client = create_connection("server")?;
                assert_eq!(client.recv(16)?, b"!");
                Ok::<_, Error>(())
            });
            let (first, _) = server.accept().unwrap();
            let asking = start(asks);
            // The first client is patient: it is told what the second one has asked.
            let (told, heard) = (Shared::new(false).named("told"), Event::new().named("heard"));
            let (hears, tells) = ((told.clone(), heard.clone()), (told, heard));
            let serve_first = move || {
                tells.1.wait();
                assert!(tells.0.get());
                first.sendall(b"!")
            };
            let handler = if threads {
                Some(start(serve_first))
            } else {
                serve_first().unwrap();
                None
            };
            let (second, _) = server.accept().unwrap();
            answers(&second).unwrap();
            hears.0.set(true);
            hears.1.set();
            handler.iter().chain([&patient, &asking]).for_each(|thread| thread.join().unwrap());
        }
    };
    let report = every_trace().explore(model(true)).unwrap();
    assert!(report.proved(), "{report}");
    wrong(
        "deadlock: `main`, `Thread-1` and `Thread-2` wait for what nobody is left to do",
        "`main` waits for `heard` to be set",
        model(false),
    );
}

#[test]
fn a_server_that_expects_one_client_more_waits_for_it() {
    wrong(
        "deadlock: `main` waits for what nobody is left to do",
        "`main` waits for a connection at `server`, which nobody makes",
        || {
            let server = create_server("server", None).unwrap();
            let client = start(asks);
            for _ in 0..2 {
                answers(&server.accept().unwrap().0).unwrap();
            }
            client.join().unwrap();
        },
    );
}

#[test]
fn a_client_that_is_earlier_than_the_server_is_refused() {
    wrong(
        "panic: `Thread-1` panicked: ConnectionRefusedError: [Errno 111] Connection refused",
        "connect to server: refused",
        || {
            let client = start(|| create_connection("server").map(drop));
            let server = create_server("server", None).unwrap();
            client.join().unwrap();
            server.close();
        },
    );
}

#[test]
fn a_stream_has_no_messages() {
    let model = |until_the_end: bool| {
        move || {
            let server = create_server("server", None).unwrap();
            let client = start(|| {
                let client = create_connection("server")?;
                client.sendall(b"half")?;
                client.sendall(b"half")
            });
            let (connection, _) = server.accept().unwrap();
            let all = if until_the_end { receive_all(&connection) } else { connection.recv(16) };
            assert!(all.unwrap() == b"halfhalf", "a message came in parts");
            client.join().unwrap();
        }
    };
    let report = every_trace().explore(model(true)).unwrap();
    assert!(report.proved(), "{report}");
    wrong(
        "panic: `main` panicked: a message came in parts",
        "receive b'half' from connection to server",
        model(false),
    );
}

#[test]
fn a_duplicate_left_open_keeps_the_end_from_coming() {
    let model = |closes: bool| {
        move || {
            let server = create_server("server", None).unwrap();
            let client = start(|| receive_all(&create_connection("server")?).map(drop));
            let (connection, _) = server.accept().unwrap();
            let inherited = connection.dup().unwrap();
            let child = start(move || inherited.sendall(b"x"));
            if closes {
                connection.close();
            }
            child.join().unwrap();
            client.join().unwrap();
        }
    };
    let report = every_trace().explore(model(true)).unwrap();
    assert!(report.proved(), "{report}");
    wrong(
        "deadlock: `Thread-1` waits for what nobody is left to do",
        "`Thread-1` waits for bytes on `connection to server`, which nobody sends",
        model(false),
    );
}
