//! What other layers keep for an execution as a whole, one value of each type.

use super::fiber::with;
use std::any::{Any, TypeId};

/// What a layer keeps for an execution.
pub(crate) trait Belongs: Default + 'static {
    /// Begins afresh in another execution. What is used in every execution keeps its memory.
    fn begin_again(&mut self) {
        *self = Self::default();
    }
}

/// Runs `f` on what the caller's layer keeps for the running execution. `f` must not perform operations, nor ask for the same again.
pub(crate) fn of_execution<T: Belongs, R>(f: impl FnOnce(&mut T) -> R) -> R {
    let (mut value, stale) = with(|execution| {
        let epoch = execution.epoch().number();
        execution.belongings.take::<T>(epoch)
    });
    if stale {
        value.begin_again();
    }
    let result = f(&mut value);
    with(|execution| execution.belongings.put_back(value));
    result
}

struct Belonging {
    kind: TypeId,
    /// The execution that it is of.
    epoch: u64,
    /// Away while somebody uses it.
    value: Option<Box<dyn Any>>,
}

/// The values, which begin afresh in each execution. Their boxes are kept for the next one.
#[derive(Default)]
pub(crate) struct Belongings {
    all: Vec<Belonging>,
}

impl Belongings {
    /// Takes the value out, to be [put back](Self::put_back) soon; and whether it is left from another execution.
    pub(crate) fn take<T: Default + 'static>(&mut self, epoch: u64) -> (Box<T>, bool) {
        let kind = TypeId::of::<T>();
        let Some(found) = self.all.iter_mut().find(|belonging| belonging.kind == kind) else {
            self.all.push(Belonging { kind, epoch, value: None });
            return (Box::default(), false);
        };
        let value = found.value.take().and_then(|value| value.downcast::<T>().ok());
        let value = value.expect("it is put back before it is asked for again");
        (value, std::mem::replace(&mut found.epoch, epoch) != epoch)
    }

    pub(crate) fn put_back<T: 'static>(&mut self, value: Box<T>) {
        let kind = TypeId::of::<T>();
        if let Some(found) = self.all.iter_mut().find(|belonging| belonging.kind == kind) {
            found.value = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lasts_for_its_execution() {
        let mut belongings = Belongings::default();
        let mut count = |epoch| {
            let (mut number, stale) = belongings.take::<u32>(epoch);
            *number = if stale { 1 } else { *number + 1 };
            let now = *number;
            belongings.put_back(number);
            now
        };
        assert_eq!((count(1), count(1), count(2), count(2), count(2), count(3)), (1, 2, 1, 2, 3, 1));
    }

    #[test]
    fn types_do_not_meet() {
        let mut belongings = Belongings::default();
        let (number, text) = (belongings.take::<u32>(1).0, belongings.take::<String>(1).0);
        belongings.put_back(number);
        belongings.put_back(text);
        assert_eq!(*belongings.take::<String>(1).0, "");
    }
}
