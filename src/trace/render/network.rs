//! Steps on ports and connections, in a few plain words.

use super::phrase::Scene;
use crate::base::{End, Outcome, PortAction, Step, StreamAction};

/// A step on a port.
pub(super) fn port(action: PortAction, step: &Step, object: &str) -> String {
    match (action, step.outcome) {
        (PortAction::Bind | PortAction::Open { .. }, Outcome::Refused) => {
            format!("bind to {object}: already in use")
        }
        (PortAction::Bind, _) => format!("bind to {object}"),
        (PortAction::Listen { .. } | PortAction::Open { .. }, _) => format!("listen at {object}"),
        (PortAction::Connect, Outcome::Refused) => format!("connect to {object}: refused"),
        (PortAction::Connect, _) => format!("connect to {object}"),
        (PortAction::Accept { .. }, Outcome::TimedOut) => format!("accept at {object}: times out"),
        (PortAction::Accept { .. }, Outcome::Refused) => format!("accept at {object}: nobody is there"),
        (PortAction::Accept { .. }, Outcome::Disconnected) => format!("accept at {object}: shut down"),
        (PortAction::Accept { .. }, _) => format!("accept at {object}"),
        (PortAction::ShutDown(_), _) => format!("shut down {object}"),
        (PortAction::Close(_), _) => format!("close {object}"),
    }
}

/// A step on a connection.
pub(super) fn stream(action: StreamAction, step: &Step, scene: &Scene<'_>, object: &str) -> String {
    let bytes = |before: &str, count: u64| match scene.noted(before) {
        note if note.is_empty() => format!("{before}{}", counted(count)),
        note => note,
    };
    match (action, step.outcome) {
        (StreamAction::Hold(end), _) => format!("duplicate the {} end of {object}", whose(end)),
        (StreamAction::Close { end, .. }, _) => format!("close the {} end of {object}", whose(end)),
        (StreamAction::Reset(_), _) => format!("reset {object}"),
        (StreamAction::ShutDown { end, .. }, _) => format!("shut down the {} end of {object}", whose(end)),
        (StreamAction::Send { .. }, Outcome::Value(count)) => {
            format!("send{} on {object}", bytes(" ", count))
        }
        (StreamAction::Send { .. }, Outcome::Disconnected) => format!("send on {object}: connection reset"),
        (StreamAction::Send { .. }, _) => format!("send on {object}: broken pipe"),
        (StreamAction::Receive { .. }, Outcome::Value(0)) => format!("receive from {object}: end"),
        (StreamAction::Receive { .. }, Outcome::Value(count)) => {
            format!("receive{} from {object}", bytes(" ", count))
        }
        (StreamAction::Receive { .. }, Outcome::Disconnected) => {
            format!("receive from {object}: connection reset")
        }
        (StreamAction::Receive { .. }, Outcome::TimedOut) => format!("receive from {object}: times out"),
        (StreamAction::Receive { .. }, _) => format!("receive from {object}: nothing"),
    }
}

fn counted(bytes: u64) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}

fn whose(end: End) -> &'static str {
    match end {
        End::Client => "client's",
        End::Server => "server's",
    }
}
