//! The scenarios of `socket_scenarios.py`.

use super::{Lines, Repr, SHORT, Scenario, repr};
use selvedge::python::Error;
use selvedge::python::socket::{Shutdown, Socket, create_connection, create_server};
use selvedge::python::threading::Thread;
use std::fmt::Display;
use std::sync::{Arc, Mutex};

pub(super) const SCENARIOS: [Scenario; 4] =
    [("streams", streams), ("resets", resets), ("listeners", listeners), ("shutdowns", shutdowns)];

fn tell<const N: usize>(lines: &Lines, name: &str, facts: [String; N]) {
    let facts: Vec<&dyn Display> = facts.iter().map(|fact| fact as &dyn Display).collect();
    lines.tell(name, &facts);
}

/// What was received, as Python shows it.
struct Bytes(Vec<u8>);

impl Repr for Bytes {
    fn repr(&self) -> String {
        format!("b'{}'", self.0.escape_ascii())
    }
}

fn received(socket: &Socket, n: usize) -> String {
    repr(socket.recv(n).map(Bytes))
}

fn failed<T>(result: Result<T, Error>) -> String {
    repr(result.map(drop))
}

fn pair() -> (Socket, Socket, Socket) {
    let listener = create_server("server", None).unwrap();
    let client = create_connection("server").unwrap();
    let (connection, _) = listener.accept().unwrap();
    (listener, client, connection)
}

fn streams(lines: &Lines) {
    let (_listener, client, connection) = pair();
    tell(lines, "sent", [repr(client.send(b"abc")), repr(client.sendall(b"de")), repr(client.send(b""))]);
    tell(lines, "received", [received(&connection, 2), received(&connection, 0), received(&connection, 9)]);
    tell(lines, "time out", [failed(connection.recv_timeout(1, SHORT))]);
    connection.sendall(b"back").unwrap();
    connection.close();
    tell(lines, "left", [received(&client, 9), received(&client, 9), received(&client, 9)]);
    tell(lines, "to nobody", [repr(client.send(b"x")), repr(client.send(b"x")), received(&client, 1)]);
    let closed = [received(&connection, 1), repr(connection.send(b"x"))];
    connection.close();
    let [one, other] = closed;
    tell(lines, "closed", [one, other, repr(())]);
}

fn resets(lines: &Lines) {
    {
        let (_listener, client, connection) = pair();
        client.send(b"never received").unwrap();
        connection.send(b"left").unwrap();
        connection.close();
        tell(lines, "reset", [received(&client, 9), received(&client, 9), received(&client, 9)]);
        tell(lines, "then", [repr(client.send(b"x")), repr(client.send(b"x"))]);
    }
    {
        let (_listener, client, connection) = pair();
        client.send(b"never received").unwrap();
        connection.close();
        tell(lines, "send first", [repr(client.send(b"x")), repr(client.send(b"x")), received(&client, 9)]);
    }
    let listener = create_server("server", None).unwrap();
    let client = create_connection("server").unwrap();
    listener.close();
    tell(lines, "never accepted", [received(&client, 1), received(&client, 1), repr(client.send(b"x"))]);
}

fn listeners(lines: &Lines) {
    let listener = create_server("server", None).unwrap();
    tell(lines, "in use", [failed(create_server("server", None)), repr(Socket::new().bind("server"))]);
    let is_none = [received(&listener, 1), repr(listener.send(b"x")), repr(listener.connect("server"))];
    tell(lines, "listener", is_none);
    tell(lines, "time out", [failed(listener.accept_timeout(SHORT))]);
    let client = create_connection("server").unwrap();
    let again = [repr(client.connect("server")), failed(client.accept()), repr(client.listen(None))];
    tell(lines, "connected", again);
    listener.close();
    let closed = [failed(listener.accept()), repr(listener.listen(None)), repr(listener.bind("server"))];
    tell(lines, "closed", closed);
    tell(lines, "refused", [failed(create_connection("server"))]);
    let bound = Socket::new();
    bound.bind("other").unwrap();
    tell(lines, "bound only", [failed(create_connection("other")), failed(bound.accept())]);
    bound.listen(1).unwrap();
    tell(lines, "listens", [failed(create_connection("other"))]);
    let fresh = Socket::new();
    tell(lines, "fresh", [received(&fresh, 1), repr(fresh.send(b"x")), failed(fresh.accept())]);
    tell(lines, "fresh shut down", [repr(fresh.shutdown(Shutdown::Write))]);
    let listener = Arc::new(create_server("server", None).unwrap());
    let (accepts, answer) = (Arc::clone(&listener), Arc::new(Mutex::new(String::new())));
    let told = Arc::clone(&answer);
    let thread = Thread::new(move || *told.lock().unwrap() = failed(accepts.accept()));
    thread.start().unwrap();
    listener.shutdown(Shutdown::Both).unwrap();
    thread.join().unwrap();
    let first = answer.lock().unwrap().clone();
    tell(lines, "woken", [first, failed(listener.accept())]);
    listener.close();
}

fn shutdowns(lines: &Lines) {
    {
        let (_listener, client, connection) = pair();
        client.send(b"last").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let no_more = [repr(client.send(b"x")), received(&connection, 9), received(&connection, 9)];
        tell(lines, "no more sent", no_more);
        tell(lines, "the other way", [repr(connection.send(b"back")), received(&client, 9)]);
    }
    {
        let (_listener, client, connection) = pair();
        client.shutdown(Shutdown::Both).unwrap();
        tell(lines, "both", [received(&client, 1), repr(client.send(b"x")), received(&connection, 9)]);
    }
    let (_listener, client, connection) = pair();
    let other = client.dup().unwrap();
    client.close();
    let late = failed(connection.recv_timeout(1, SHORT));
    tell(lines, "duplicate", [late, repr(other.send(b"x")), received(&connection, 1)]);
    other.close();
    tell(lines, "both closed", [received(&connection, 1)]);
}
