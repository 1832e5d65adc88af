//! Values that belong to one execution though the cell that holds them may outlive it: those of a `static`.

use super::fiber::with;

/// A value whose type is forgotten; only its drop is left.
pub(crate) trait Erased {}

impl<T> Erased for T {}

/// What one cell holds in this execution.
struct Kept {
    cell: u64,
    value: Option<Box<dyn Erased>>,
}

/// The values of one execution, by cells' numbers, in the order in which the cells were first set.
#[derive(Default)]
pub(crate) struct Statics {
    kept: Vec<Kept>,
}

impl Statics {
    /// Whether no cell has been set.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Keeps a value for `cell`.
    pub(crate) fn keep(&mut self, cell: u64, value: Box<dyn Erased>) {
        match self.find(cell) {
            Some(at) => self.kept[at].value = Some(value),
            None => self.kept.push(Kept { cell, value: Some(value) }),
        }
    }

    /// The address of the cell's value.
    pub(crate) fn get(&self, cell: u64) -> Option<*const ()> {
        let value = self.kept[self.find(cell)?].value.as_deref()?;
        Some(std::ptr::from_ref(value).cast())
    }

    /// Takes the cell's value back.
    pub(crate) fn take(&mut self, cell: u64) -> Option<Box<dyn Erased>> {
        let at = self.find(cell)?;
        self.kept[at].value.take()
    }

    /// The cell is gone.
    pub(crate) fn remove(&mut self, cell: u64) -> Option<Box<dyn Erased>> {
        let at = self.find(cell)?;
        self.kept.remove(at).value
    }

    /// The execution is over. The values are forgotten, not dropped: what was handed out of a `static` cell may live as
    /// long as the process, as std's statics do, and nobody can tell who still has it.
    pub(crate) fn forget(&mut self) {
        self.kept.drain(..).for_each(|kept| std::mem::forget(kept.value));
    }

    fn find(&self, cell: u64) -> Option<usize> {
        self.kept.iter().rposition(|kept| kept.cell == cell)
    }
}

/// Keeps a value for a cell until the execution ends; it is forgotten then, not dropped.
pub(crate) fn keep_static(cell: u64, value: Box<dyn Erased>) {
    with(|execution| execution.statics.keep(cell, value));
}

/// The address of the value kept for a cell.
pub(crate) fn static_of(cell: u64) -> Option<*const ()> {
    with(|execution| execution.statics.get(cell))
}

/// Takes back the value kept for a cell.
pub(crate) fn take_static(cell: u64) -> Option<Box<dyn Erased>> {
    with(|execution| execution.statics.take(cell))
}

/// As [`take_static`], for a cell that is about to go.
pub(crate) fn remove_static(cell: u64) -> Option<Box<dyn Erased>> {
    with(|execution| execution.statics.remove(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_it_keeps() {
        let mut statics = Statics::default();
        statics.keep(7, Box::new(5));
        assert!(statics.get(7).is_some() && statics.get(8).is_none());
        assert!(statics.take(7).is_some() && statics.get(7).is_none() && statics.take(7).is_none());
        statics.keep(7, Box::new(6));
        assert!(statics.remove(7).is_some() && statics.remove(7).is_none());
    }

    #[test]
    fn what_was_handed_out_lives_on() {
        let mut statics = Statics::default();
        let value = std::rc::Rc::new(());
        statics.keep(1, Box::new(std::rc::Rc::clone(&value)));
        statics.forget();
        assert!(statics.is_empty());
        assert_eq!(std::rc::Rc::strong_count(&value), 2);
    }
}
