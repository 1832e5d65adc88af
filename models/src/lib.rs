//! The document programs as Selvedge models: what tutorials publish as Python, carried over line by line.
//!
//! Each program is a [`Program`]: its name, the document it is from, what it is about, and named whole numbers that set
//! its size. [`find`] gets one by name, [`Parameters`] sets its size, and its `run` is the model to explore.
//!
//! ```
//! use models::{Parameters, find};
//!
//! let program = find("bank_account")?;
//! let mut parameters = Parameters::new(program);
//! parameters.assign("times=2")?;
//! assert_eq!(parameters.get("times"), 2);
//! let model = move || (program.run)(&parameters);
//! # let _ = model;
//! # Ok::<(), selvedge::Error>(())
//! ```
//!
//! What a program prints is part of its execution, and of what is explored where the program is about that.

mod parameters;
mod program;
mod programs;
mod suggest;

pub use parameters::{MOST_THREADS, Parameter, Parameters};
pub use program::{DOCUMENTS, Expected, Prints, Program, find, programs};
