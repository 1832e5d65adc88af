//! How an execution ended.

use super::ThreadId;
use std::fmt;

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All threads ended (daemon threads aside).
    Finished,
    /// Nobody can go on and somebody has not ended.
    Deadlocked,
    /// The main thread panicked, or a panic could not be contained in its thread.
    Panicked(ThreadId),
    /// Threads go on for ever without changing anything that they look at.
    Livelocked,
    /// Nobody can go on but threads whose endless loops were followed for as many rounds as was asked for.
    Endless,
    /// The bound on steps was reached: nothing is known beyond it.
    StepLimit,
    /// The strategy stopped it: a replayed schedule did not fit.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Finished => "finished",
            Ending::Deadlocked => "deadlocked",
            Ending::Panicked(_) => "panicked",
            Ending::Livelocked => "livelocked",
            Ending::Endless => "went round its endless loops as often as asked for",
            Ending::StepLimit => "reached the bound on steps",
            Ending::Stopped => "stopped",
        })
    }
}
