//! Where a queue keeps its items, and which of them is next.

use std::cmp::Ordering;

/// Which item is next.
#[derive(Clone, Copy)]
pub(super) enum Order<T> {
    /// First in, first out.
    Oldest,
    /// Last in, first out.
    Newest,
    /// The least, as this tells them.
    Least(fn(&T, &T) -> Ordering),
}

/// The items of a queue.
pub(super) struct Store<T> {
    order: Order<T>,
    // Invariant: under `Least`, a heap: no item is less than the one at half its place.
    items: std::collections::VecDeque<T>,
}

impl<T> Store<T> {
    pub(super) fn new(order: Order<T>) -> Self {
        Store { order, items: std::collections::VecDeque::new() }
    }

    pub(super) fn put(&mut self, item: T) {
        self.items.push_back(item);
        if let Order::Least(compare) = self.order {
            self.rise(0, self.items.len() - 1, compare);
        }
    }

    pub(super) fn take(&mut self) -> Option<T> {
        match self.order {
            Order::Oldest => self.items.pop_front(),
            Order::Newest => self.items.pop_back(),
            Order::Least(compare) => self.take_least(compare),
        }
    }

    /// All that there are, in no order that counts.
    pub(super) fn take_all(&mut self) -> Vec<T> {
        self.items.drain(..).collect()
    }

    /// As `heapq.heappop` does, so that of items that compare equal the same one is next as in CPython: the last item sinks from
    /// the root to a leaf along the lesser children, and rises again to its place.
    fn take_least(&mut self, compare: fn(&T, &T) -> Ordering) -> Option<T> {
        let least = self.items.swap_remove_back(0)?;
        let (end, mut place) = (self.items.len(), 0);
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            if left >= end {
                break;
            }
            let take_right = right < end && compare(&self.items[left], &self.items[right]) != Ordering::Less;
            let child = if take_right { right } else { left };
            self.items.swap(place, child);
            place = child;
        }
        if place < end {
            self.rise(0, place, compare);
        }
        Some(least)
    }

    fn rise(&mut self, top: usize, mut place: usize, compare: fn(&T, &T) -> Ordering) {
        while place > top {
            let parent = (place - 1) / 2;
            if compare(&self.items[place], &self.items[parent]) != Ordering::Less {
                return;
            }
            self.items.swap(place, parent);
            place = parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<T: Clone>(order: Order<T>, items: &[T]) -> Vec<T> {
        let mut store = Store::new(order);
        items.iter().for_each(|item| store.put(item.clone()));
        std::iter::from_fn(|| store.take()).collect()
    }

    #[test]
    fn each_order_has_its_own_next() {
        let items = [3, 1, 4, 1, 5, 9, 2, 6];
        assert_eq!(taken(Order::Oldest, &items), items);
        assert_eq!(taken(Order::Newest, &items), [6, 2, 9, 5, 1, 4, 1, 3]);
        assert_eq!(taken(Order::Least(Ord::cmp), &items), [1, 1, 2, 3, 4, 5, 6, 9]);
    }

    #[test]
    fn of_equal_items_the_next_is_the_one_that_heapq_takes() {
        // What CPython's heapq gives for a list of such pairs, compared by the first alone.
        let by_first = |a: &(u8, char), b: &(u8, char)| a.0.cmp(&b.0);
        let items = [(1, 'a'), (1, 'b'), (0, 'c'), (1, 'd'), (0, 'e'), (1, 'f')];
        let order: String = taken(Order::Least(by_first), &items).into_iter().map(|item| item.1).collect();
        assert_eq!(order, "ceafbd");
    }
}
