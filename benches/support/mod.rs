//! What the benchmarks share: the peers behind one trait, the programs written once over it, measuring and tables.

pub(crate) mod loom;
pub(crate) mod measure;
pub(crate) mod peer;
pub(crate) mod programs;
pub(crate) mod selvedge;
pub(crate) mod shuttle;
pub(crate) mod table;
