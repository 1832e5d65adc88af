//! A server that starts a thread for each connection.
//!
//! The document shows the loop and leaves out what the threads do; here each answers what its client asks. With a thread each,
//! every client is served whatever the others do. Without threads a client that has connected and takes its time keeps all
//! others waiting; and if it takes its time until one of those has been served, that is for ever.
//!
//! As published, the server lets one connection wait to be accepted: `listen(1)`. Python's documentation says that further ones
//! may be refused, and so they are here. (Linux lets one more wait, and makes those that come then try again.) The fixed
//! version leaves the number to the system.

use super::super::parameters::{MOST_THREADS, Parameter, Parameters};
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
    maximum: MOST_THREADS,
}];

pub(crate) const PUBLISHED: Program = Program {
    name: "connections",
    document: DOCUMENT,
    about: "A server accepts connections for ever, one of which may wait, and starts a thread for each of them.",
    claim: "Each connection is managed by a thread of its own. (With `listen(1)`, further ones may be refused.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["panic", "deadlock"]),
    run: |parameters| unwrap(serve(parameters, Some(1), in_a_thread)),
};

pub(crate) const FIXED: Program = Program {
    name: "connections_fixed",
    document: DOCUMENT,
    about: "The server with as many connections waiting as the system allows.",
    claim: "Each connection is managed by a thread of its own.",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Nothing,
    run: |parameters| unwrap(serve(parameters, None, in_a_thread)),
};

pub(crate) const IN_TURN: Program = Program {
    name: "connections_in_turn",
    document: DOCUMENT,
    about: "The server without threads: it manages a connection, then accepts the next.",
    claim: "(Not in the document: why it starts threads.)",
    parameters: PARAMETERS,
    prints: Prints::Aside,
    expected: Expected::Findings(&["deadlock"]),
    run: |parameters| unwrap(serve(parameters, None, |connection| manage(&connection))),
};

fn in_a_thread(connection: Socket) -> Result<(), Error> {
    Thread::new(move || manage(&connection)).start()
}

fn serve(
    parameters: &Parameters,
    backlog: Option<u32>,
    handle: fn(Socket) -> Result<(), Error>,
) -> Result<(), Error> {
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
        sock.listen(backlog)?;
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
