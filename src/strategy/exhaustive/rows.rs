//! Rows of numbers, one for each thread: vector clocks and cuts.
//!
//! A row is made of lanes of eight numbers, so that with up to eight threads joining and comparing are a few instructions.

/// Eight numbers. Signed ones are compared at once by every processor, and none is large.
pub(super) type Lanes = [i32; 8];

/// A number for each thread.
pub(super) type Row = [Lanes];

/// Many rows of one width.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// How many lanes each has.
    width: usize,
    lanes: Vec<Lanes>,
}

impl Rows {
    /// No rows, for so many threads.
    pub(super) fn begin(&mut self, threads: usize) {
        self.width = threads.div_ceil(8);
        self.lanes.clear();
    }

    /// No rows but those of these numbers.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.lanes.truncate(rows * self.width);
    }

    /// So many rows of zeros.
    pub(super) fn fill(&mut self, rows: usize) {
        self.lanes.clear();
        self.lanes.resize(rows * self.width, [0; 8]);
    }

    #[inline(always)]
    pub(super) fn push(&mut self, row: &Row) {
        row.iter().for_each(|lanes| self.lanes.push(*lanes));
    }

    /// Once more the last one.
    #[inline(always)]
    pub(super) fn push_again(&mut self) {
        let first = self.lanes.len() - self.width;
        for at in first..first + self.width {
            let lanes = self.lanes[at];
            self.lanes.push(lanes);
        }
    }

    /// Makes the row of one number a copy of that of another.
    #[inline(always)]
    pub(super) fn copy(&mut self, from: usize, to: usize) {
        for at in 0..self.width {
            self.lanes[to * self.width + at] = self.lanes[from * self.width + at];
        }
    }

    #[inline(always)]
    pub(super) fn row(&self, number: usize) -> &Row {
        &self.lanes[number * self.width..][..self.width]
    }

    #[inline(always)]
    pub(super) fn row_mut(&mut self, number: usize) -> &mut Row {
        &mut self.lanes[number * self.width..][..self.width]
    }

    #[inline(always)]
    pub(super) fn last_mut(&mut self) -> &mut Row {
        let first = self.lanes.len() - self.width;
        &mut self.lanes[first..]
    }

    /// The rows before the last, and the last.
    #[inline(always)]
    pub(super) fn split_last(&mut self) -> (Earlier<'_>, &mut Row) {
        let first = self.lanes.len() - self.width;
        let (earlier, last) = self.lanes.split_at_mut(first);
        (Earlier { width: self.width, lanes: earlier }, last)
    }
}

/// The rows before the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier<'a> {
    width: usize,
    lanes: &'a [Lanes],
}

impl<'a> Earlier<'a> {
    #[inline(always)]
    pub(super) fn row(self, number: usize) -> &'a Row {
        &self.lanes[number * self.width..][..self.width]
    }
}

#[inline(always)]
pub(super) fn get(row: &Row, thread: u32) -> u32 {
    row.as_flattened()[thread as usize] as u32
}

#[inline(always)]
pub(super) fn set(row: &mut Row, thread: u32, value: u32) {
    row.as_flattened_mut()[thread as usize] = value as i32;
}

#[inline(always)]
pub(super) fn copy(mine: &mut Row, theirs: &Row) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = *theirs);
}

/// The larger of both for each thread.
#[inline(always)]
pub(super) fn join(mine: &mut Row, theirs: &Row) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        // Copied first, so that the compiler sees that it may take several at a time.
        let (mut all, theirs) = (*mine, *theirs);
        for (mine, theirs) in all.iter_mut().zip(&theirs) {
            *mine = (*mine).max(*theirs);
        }
        *mine = all;
    }
}

/// For how many threads the first says more than the second.
#[inline(always)]
pub(super) fn beyond(first: &Row, second: &Row) -> i32 {
    let pairs = first.iter().zip(second);
    let more = |(a, b): (&Lanes, &Lanes)| a.iter().zip(b).map(|(a, b)| i32::from(a > b)).sum::<i32>();
    pairs.map(more).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_joined_and_compared_thread_by_thread() {
        for threads in [3, 8, 9, 20] {
            let mut rows = Rows::default();
            rows.begin(threads);
            rows.fill(3);
            for thread in 0..threads as u32 {
                set(rows.row_mut(0), thread, thread);
                set(rows.row_mut(1), thread, 2);
            }
            let (high, low) = (threads as i32 - 3, 2);
            let copy = rows.row(1).to_vec();
            assert_eq!([beyond(rows.row(0), &copy), beyond(&copy, rows.row(0))], [high, low]);
            join(rows.row_mut(0), &copy);
            let joined: Vec<u32> = (0..threads as u32).map(|thread| get(rows.row(0), thread)).collect();
            assert_eq!(joined, (0..threads as u32).map(|thread| thread.max(2)).collect::<Vec<_>>());
            let (earlier, last) = rows.split_last();
            join(last, earlier.row(1));
            assert_eq!(rows.row(2), copy);
            rows.copy(1, 0);
            rows.truncate(1);
            rows.push_again();
            assert_eq!(rows.row(1), copy);
        }
    }
}
