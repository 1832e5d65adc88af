//! Tests of the exploration of graphs, without running a thread.

mod axioms;
mod counts;
mod program;
mod random;
mod run;
mod speed;
mod waiting;
mod words;
