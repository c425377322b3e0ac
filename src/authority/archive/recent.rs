//! What was read last, so that it is not read and hashed again for every entry of it. Not here: what it is.

use std::collections::VecDeque;

/// The last few, the newest behind.
#[derive(Debug)]
pub(super) struct Recent<T> {
    kept: VecDeque<(u64, usize, T)>,
    most: usize,
    most_bytes: usize,
}

impl<T: Clone> Recent<T> {
    /// At most so many, of so many bytes together.
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { kept: VecDeque::new(), most, most_bytes }
    }

    /// The one of that number, which is the newest from now on.
    pub(super) fn get(&mut self, number: u64) -> Option<T> {
        let place = self.kept.iter().position(|(known, ..)| *known == number)?;
        let found = self.kept.remove(place)?;
        let value = found.2.clone();
        self.kept.push_back(found);
        Some(value)
    }

    /// Keeps one; the oldest go where there are too many.
    pub(super) fn keep(&mut self, number: u64, bytes: usize, value: &T) {
        self.kept.retain(|(known, ..)| *known != number);
        self.kept.push_back((number, bytes, value.clone()));
        while self.kept.len() > self.most || self.bytes() > self.most_bytes {
            self.kept.pop_front();
        }
    }

    fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, bytes, _)| bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go() {
        let mut recent = Recent::new(2, 10);
        recent.keep(1, 4, &"one");
        recent.keep(2, 4, &"two");
        assert_eq!(recent.get(1), Some("one"));
        recent.keep(3, 4, &"three");
        assert_eq!((recent.get(2), recent.get(1), recent.get(3)), (None, Some("one"), Some("three")));
        recent.keep(4, 8, &"four");
        assert_eq!((recent.get(1), recent.get(3), recent.get(4)), (None, None, Some("four")));
        recent.keep(5, 11, &"too long");
        assert_eq!((recent.get(4), recent.get(5)), (None, None));
    }
}
