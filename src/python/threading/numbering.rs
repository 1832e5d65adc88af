//! How many unnamed threads each process of an execution has made.

use crate::base::ThreadId;
use crate::engine::current;

#[derive(Default)]
struct Counted(Vec<(ThreadId, u32)>);

impl current::Belongs for Counted {
    fn begin_again(&mut self) {
        self.0.clear();
    }
}

impl Counted {
    fn of(&mut self, process: ThreadId) -> &mut u32 {
        let known = self.0.iter().position(|(of, _)| *of == process).unwrap_or_else(|| {
            self.0.push((process, 0));
            self.0.len() - 1
        });
        &mut self.0[known].1
    }
}

fn with<R>(f: impl FnOnce(&mut u32) -> R) -> R {
    let process = current::process();
    current::of_execution(|counted: &mut Counted| f(counted.of(process)))
}

/// The number of a thread that is made without a name.
pub(super) fn next() -> u32 {
    with(|counted| {
        *counted += 1;
        *counted
    })
}

/// CPython counts only threads that are made without a name, and here the name comes a moment later.
pub(super) fn give_back(number: u32) {
    with(|counted| {
        if *counted == number {
            *counted -= 1;
        }
    });
}

/// How many the running process has made.
pub(in crate::python) fn count() -> u32 {
    with(|counted| *counted)
}

/// The running process goes on counting from there, as a fork does.
pub(in crate::python) fn go_on_from(number: u32) {
    with(|counted| *counted = number);
}
