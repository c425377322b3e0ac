//! Chance that follows from a number: the same in every run and on every machine.

use vidimus::crypto::digest::sha256_parts;

/// A stream of draws.
pub(crate) struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// One of `0..limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.drawn += 1;
        let block =
            sha256_parts(&[b"vidimus/vector/chance\n", &self.seed.to_be_bytes(), &self.drawn.to_be_bytes()]);
        let (first, _) = block.split_first_chunk::<8>().unwrap();
        usize::try_from(u64::from_be_bytes(*first) >> 16).unwrap() % limit
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(crate) fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// So many of these, in their order.
    pub(crate) fn some<T: Clone>(&mut self, choices: &[T], count: usize) -> Vec<T> {
        let mut left: Vec<usize> = (0..choices.len()).collect();
        while left.len() > count {
            left.remove(self.below(left.len()));
        }
        left.into_iter().map(|place| choices[place].clone()).collect()
    }
}
