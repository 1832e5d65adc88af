//! The guide. In this order:
//!
//! 1. [`first_finding`]: from code over `std` to the first fault found, in five minutes.
//! 2. [`traces`]: how to read what a failing test prints.
//! 3. [`cargo_test`]: replaying, snapshots, parallel tests, time limits, the environment.
//! 4. [`strategies`]: which there are, what each guarantees, and when to ask for one.
//! 5. [`proofs`]: what a report says of how much was seen, and what of that is a proof.
//! 6. [`limits`]: what cannot be done, on purpose or not yet.
//!
//! For those who come from elsewhere: [`from_loom`] and [`from_shuttle`].
//!
//! Programs to copy, the wrong variants beside the right ones, lie in the folder `examples` of the repository: a lock-free pool
//! of buffers, a channel, and a value that is made once. `cargo run --example channel` explores one and shows what comes out.

#[doc = include_str!("../docs/guide/first_finding.md")]
pub mod first_finding {}

#[doc = include_str!("../docs/guide/traces.md")]
pub mod traces {}

#[doc = include_str!("../docs/guide/cargo_test.md")]
pub mod cargo_test {}

#[doc = include_str!("../docs/guide/strategies.md")]
pub mod strategies {}

#[doc = include_str!("../docs/guide/proofs.md")]
pub mod proofs {}

#[doc = include_str!("../docs/guide/limits.md")]
pub mod limits {}

#[doc = include_str!("../docs/guide/from_loom.md")]
pub mod from_loom {}

#[doc = include_str!("../docs/guide/from_shuttle.md")]
pub mod from_shuttle {}
