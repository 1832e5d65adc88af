//! Programs of sockets.

use selvedge::python::socket::{Socket, create_connection, create_server};
use selvedge::thread;

const AT: &str = "server";

/// `n` clients connect, and the server accepts them all: each way of `n` connects and accepts in which no accept is early, for each
/// order of the clients. What is closed is closed by one thread.
pub(super) fn accepted(n: u32, _: u32) {
    let server = create_server(AT, None).expect("it is free");
    let clients: Vec<_> = (0..n).map(|_| thread::spawn(|| create_connection(AT))).collect();
    let connections: Vec<_> = (0..n).map(|_| server.accept().expect("it is open")).collect();
    let clients: Vec<_> = clients.into_iter().map(|client| client.join().expect("it is fine")).collect();
    drop((clients, connections));
}

/// Two ends of a connection, held by two threads that give them back.
fn between(client: impl FnOnce(&Socket) + Send + 'static, server: impl FnOnce(&Socket)) {
    let listener = create_server(AT, None).expect("it is free");
    let near = create_connection(AT).expect("somebody listens");
    let (far, _) = listener.accept().expect("somebody has connected");
    let client = thread::spawn(move || {
        client(&near);
        near
    });
    server(&far);
    drop(client.join());
}

/// So many questions, each with an answer.
pub(super) fn in_turn(_: u32, rounds: u32) {
    let ask = move |socket: &Socket| {
        for _ in 0..rounds {
            socket.sendall(b"?").expect("it is open");
            socket.recv(1).expect("it is open");
        }
    };
    between(ask, |socket| {
        for _ in 0..rounds {
            socket.recv(1).expect("it is open");
            socket.sendall(b"!").expect("it is open");
        }
    });
}

/// Bytes are sent one by one, and received one by one.
pub(super) fn one_by_one(_: u32, bytes: u32) {
    let send = move |socket: &Socket| (0..bytes).for_each(|_| socket.sendall(b"x").expect("it is open"));
    between(send, |socket| (0..bytes).for_each(|_| drop(socket.recv(1))));
}

/// So many clients ask, at a server with room for one that waits: some are refused.
pub(super) fn refused(n: u32, _: u32) {
    let server = create_server(AT, 1).expect("it is free");
    let clients: Vec<_> = (0..n).map(|_| thread::spawn(|| create_connection(AT))).collect();
    let accepted = server.accept();
    let clients: Vec<_> = clients.into_iter().map(|client| client.join().expect("it is fine")).collect();
    drop((clients, accepted));
}

/// Both ends close, whoever is first.
pub(super) fn both_close(_: u32, _: u32) {
    between(Socket::close, Socket::close);
}

/// Each of `n` clients asks, and a thread of its own answers: the ways of [`accepted`], and for each connection three places for the
/// server's close, before, between and after the client's last two steps.
pub(super) fn served(n: u32, _: u32) {
    let server = create_server(AT, None).expect("it is free");
    let clients = (0..n).map(|_| {
        thread::spawn(|| {
            let client = create_connection(AT).expect("somebody listens");
            client.sendall(b"?").expect("it is open");
            client.recv(1).expect("it is open");
        })
    });
    let clients: Vec<_> = clients.collect();
    let handlers = (0..n).map(|_| {
        let (connection, _) = server.accept().expect("it is open");
        thread::spawn(move || {
            connection.recv(1).expect("it is open");
            connection.sendall(b"!").expect("it is open");
        })
    });
    let handlers: Vec<_> = handlers.collect();
    clients.into_iter().chain(handlers).for_each(|thread| thread.join().expect("it is fine"));
}
