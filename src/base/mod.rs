//! Layer 0: the small values that everything else is made of.
//!
//! Nothing here runs a thread, knows a strategy or makes a decision: identifiers, what a thread is about to do
//! ([`Operation`]), what it meets (`object`) and did ([`Step`]), who goes next ([`Choice`], [`Schedule`]), how it ended ([`Ending`]) and what
//! was wrong with the input ([`Error`]).

mod choice;
mod clock;
pub(crate) mod descent;
mod ending;
mod error;
mod id;
mod name;
mod network;
pub(crate) mod object;
mod operation;
mod record;
mod schedule;
mod shared_between;
mod step;
mod synchronization;
mod text;
mod thread_set;

pub use choice::{Choice, Decision, Options, Strategy};
pub(crate) use choice::{MOST_DENIALS, MOST_PLACES};
pub(crate) use clock::INLINE as FEW_THREADS;
pub use clock::VectorClock;
pub use ending::Ending;
pub use error::Error;
pub use id::{ObjectId, ThreadId};
pub use name::Name;
pub use network::{End, PortAction, StreamAction};
pub use operation::{
    Action, ArcAction, AtomicAction, BarrierAction, CellAction, ChannelAction, CondvarAction, EventAction,
    FOREVER, MutexAction, OnceAction, Operation, OutputAction, QueueAction, RendezvousAction, Rmw,
    RwLockAction, SemaphoreAction, SharedAction, ThreadAction,
};
pub use record::{Guard, Record};
pub use schedule::{CHECK_SEED, Cursor, Schedule, Word, check_character, mix_check};
pub use shared_between::{PipeAction, ValueAction};
pub use step::{Access, Meeting, ObjectKind, Outcome, Step, Width};
pub(crate) use synchronization::{Acquire, Release, atomic, is_under_a_lock, synchronization};
pub use text::{TextId, Texts};
pub use thread_set::ThreadSet;
