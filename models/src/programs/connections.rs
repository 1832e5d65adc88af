//! A server that starts a thread for each connection.
//!
//! The document shows the loop and leaves out what the threads do; here each answers what its client asks. With a thread each,
//! every client is served whatever the others do. Without threads a client that has connected and takes its time keeps all
//! others waiting; and if it takes its time until one of those has been served, that is for ever.

use super::super::parameters::{Parameter, Parameters};
use super::super::program::{Expected, Prints, Program};
use super::unwrap;
use selvedge::python::socket::{Socket, create_connection};
use selvedge::python::threading::{Event, Thread};
use selvedge::python::{Error, Round, endless};

const DOCUMENT: &str = "003, threading.Thread, a server";
const ADDRESS: &str = "0.0.0.0:7777";

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "clients",
    about: "how many connect, of which the first asks only when another has been answered",
    default: 2,
    document_value: None,
    minimum: 2,
}];

pub(crate) const THREADS: Program = Program {
    name: "connections",
    document: DOCUMENT,
    about: "A server accepts connections for ever and starts a thread for each of them.",
    claim: "Each connection is managed by a thread of its own.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| {
        unwrap(serve(parameters, |connection| Thread::new(move || manage(&connection)).start()))
    },
};

pub(crate) const IN_TURN: Program = Program {
    name: "connections_in_turn",
    document: DOCUMENT,
    about: "The server without threads: it manages a connection, then accepts the next.",
    claim: "(Not in the document: why it starts threads.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["deadlock"]),
    run: |parameters| unwrap(serve(parameters, |connection| manage(&connection))),
};

fn serve(parameters: &Parameters, handle: fn(Socket) -> Result<(), Error>) -> Result<(), Error> {
    let clients = parameters.get("clients");
    let answered = Event::new().named("answered");
    let mut waiting: Vec<Thread> = (1..=clients)
        .map(|number| {
            let answered = answered.clone();
            Thread::new(move || ask(number > 1, &answered)).named(format!("client {number}"))
        })
        .collect();
    let sock = Socket::new();
    sock.bind(ADDRESS)?;
    endless(clients, || {
        sock.listen(1)?;
        // Whoever came before the server listened would be refused.
        waiting.drain(..).try_for_each(|client| client.start())?;
        let (connection, _) = sock.accept()?;
        handle(connection)?;
        Ok(Round::Fruitful)
    })
}

/// What a client does.
fn ask(at_once: bool, answered: &Event) -> Result<(), Error> {
    let connection = create_connection(ADDRESS)?;
    if !at_once {
        answered.wait();
    }
    connection.sendall(b"?")?;
    let answer = connection.recv(16)?;
    assert!(answer == b"!", "the answer is {answer:?}");
    answered.set();
    Ok(())
}

/// `manage_connection`
fn manage(connection: &Socket) -> Result<(), Error> {
    let question = connection.recv(16)?;
    assert!(question == b"?", "the question is {question:?}");
    connection.sendall(b"!")
}
