//! Values that belong to one execution though the cell that holds them may outlive it: those of a `static`.

/// A value whose type is forgotten; only its drop is left.
pub(crate) trait Erased {}

impl<T> Erased for T {}

/// What one cell holds in this execution.
struct Kept {
    cell: u64,
    /// Whether the value may be dropped at the execution's end.
    lasting: bool,
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

    /// Keeps a value for `cell`. `lasting` says of a cell that this execution has not met before whether the value may be
    /// dropped at the execution's end; otherwise it is forgotten then.
    pub(crate) fn keep(&mut self, cell: u64, lasting: bool, value: Box<dyn Erased>) {
        match self.find(cell) {
            Some(at) => self.kept[at].value = Some(value),
            None => self.kept.push(Kept { cell, lasting, value: Some(value) }),
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

    /// The value of the cell first set last, to be dropped: one may refer to those set before it.
    pub(crate) fn pop(&mut self) -> Option<Box<dyn Erased>> {
        loop {
            let Kept { lasting, value, .. } = self.kept.pop()?;
            match value {
                Some(value) if lasting => return Some(value),
                value => std::mem::forget(value),
            }
        }
    }

    fn find(&self, cell: u64) -> Option<usize> {
        self.kept.iter().rposition(|kept| kept.cell == cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    struct Tell(Rc<RefCell<Vec<u32>>>, u32);

    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.borrow_mut().push(self.1);
        }
    }

    #[test]
    fn gives_back_what_it_keeps() {
        let mut statics = Statics::default();
        statics.keep(7, true, Box::new(5));
        assert!(statics.get(7).is_some() && statics.get(8).is_none());
        assert!(statics.take(7).is_some() && statics.get(7).is_none() && statics.take(7).is_none());
        statics.keep(7, true, Box::new(6));
        assert!(statics.remove(7).is_some() && statics.remove(7).is_none());
    }

    #[test]
    fn drops_the_newest_first_and_forgets_what_may_be_gone() {
        let told = Rc::new(RefCell::new(Vec::new()));
        let mut statics = Statics::default();
        for (cell, lasting) in [(1, true), (2, false), (3, true)] {
            statics.keep(cell, lasting, Box::new(Tell(Rc::clone(&told), cell as u32)));
        }
        while let Some(value) = statics.pop() {
            drop(value);
        }
        assert_eq!(*told.borrow(), [3, 1]);
    }
}
