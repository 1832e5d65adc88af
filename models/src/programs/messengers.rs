//! Two messengers that print their names: no order is promised, and lines may run together.

use super::super::parameters::Parameter;
use super::super::program::{Expected, Prints, Program};
use super::unwrap;
use selvedge::python::print;
use selvedge::python::threading::{Thread, current_thread};

pub(crate) const PROGRAM: Program = Program {
    name: "messengers",
    document: "002, section 0.1",
    about: "Two threads print their names, ten times each.",
    claim: "The lines of both come in no certain order.",
    parameters: &[Parameter {
        name: "lines",
        about: "how many each prints",
        default: 2,
        document_value: Some(10),
        minimum: 1,
        maximum: u32::MAX,
    }],
    prints: Prints::Whatever,
    expected: Expected::Nothing,
    run: |parameters| {
        let lines = parameters.get("lines");
        for name in ["Sending out Messages", "Receiving Messages"] {
            let run = move || (0..lines).for_each(|_| print(current_thread().name()));
            unwrap(Thread::new(run).named(name).start());
        }
    },
};
