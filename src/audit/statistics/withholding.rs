//! Counts in a tree, of which small ones are withheld (脱敏): whoever reads what is told cannot compute them from totals. Each
//! count is the sum of those below it, and nothing else is told of it, so what could give a withheld count away stands
//! beside it: its siblings and their total.
//!
//! A count under `k` is withheld; then so many of its siblings, the smallest first, that each of the withheld could still be
//! anything from 1 to at least `k`. Where even all of them together are too few for that, so is what they add up to. Nothing is told
//! below a count that is withheld. Not here: what is counted, and what somebody knows from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::values::canonical::MAX_INTEGER;

/// A count and what it is the sum of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    count: u64,
    below: BTreeMap<String, Tree>,
}

/// A count as it is told: where it stands, and `None` where it is withheld.
pub(super) type Told = (Vec<String>, Option<u64>);

impl Tree {
    /// Counts so many more at a path, and in everything above it.
    pub(super) fn add<'p>(&mut self, path: impl IntoIterator<Item = &'p str>, more: u64) {
        let mut node = self;
        node.count = sum(node.count, more);
        for name in path {
            // Most often it is there.
            if !node.below.contains_key(name) {
                node.below.insert(name.to_owned(), Self::default());
            }
            let Some(next) = node.below.get_mut(name) else { return };
            node = next;
            node.count = sum(node.count, more);
        }
    }

    /// Everything that may be told, the total first, in the order of names. Of nothing, nothing.
    pub(super) fn told(&self, k: u64) -> Vec<Told> {
        let mut told = Vec::new();
        if self.count > 0 {
            self.tell(&mut Vec::new(), self.must_hide(k), k, &mut told);
        }
        told
    }

    fn tell(&self, path: &mut Vec<String>, hidden: bool, k: u64, told: &mut Vec<Told>) {
        told.push((path.clone(), (!hidden).then_some(self.count)));
        if hidden {
            return;
        }
        let withheld = self.withheld(k);
        for (name, below) in &self.below {
            path.push(name.clone());
            below.tell(path, withheld.contains(name), k, told);
            path.pop();
        }
    }

    /// Whether this count cannot be told: it is small, or what it is the sum of could not be withheld.
    fn must_hide(&self, k: u64) -> bool {
        self.count < k || self.below.values().any(|below| below.must_hide(k)) && !safe(self.below.values(), k)
    }

    /// Which of those below are withheld, where this count is told.
    fn withheld(&self, k: u64) -> BTreeSet<&String> {
        let (mut hidden, mut rest): (Vec<_>, Vec<_>) =
            self.below.iter().partition(|(_, below)| below.must_hide(k));
        rest.sort_by_key(|(name, below)| (below.count, *name));
        let mut rest = rest.into_iter();
        while !hidden.is_empty() && !safe(hidden.iter().map(|(_, below)| *below), k) {
            // All of them together are safe, or this count would be withheld itself.
            let Some(next) = rest.next() else { break };
            hidden.push(next);
        }
        hidden.into_iter().map(|(name, _)| name).collect()
    }
}

/// Whether those that are withheld together leave open what each of them is: at least two, and one of them could be `k` while the
/// others are 1.
fn safe<'t>(withheld: impl Iterator<Item = &'t Tree>, k: u64) -> bool {
    let (number, total) =
        withheld.fold((0_u64, 0), |(number, total), one| (number + 1, sum(total, one.count)));
    number >= 2 && total >= (number - 1).saturating_add(k)
}

fn sum(a: u64, b: u64) -> u64 {
    a.saturating_add(b).min(MAX_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(rows: &[(&[&str], u64)]) -> Tree {
        let mut tree = Tree::default();
        for (path, count) in rows {
            tree.add(path.iter().copied(), *count);
        }
        tree
    }

    fn shown(tree: &Tree, k: u64) -> Vec<String> {
        let row = |(path, count): Told| {
            format!("{}={}", path.join("/"), count.map_or_else(|| "?".to_owned(), |count| count.to_string()))
        };
        tree.told(k).into_iter().map(row).collect()
    }

    #[test]
    fn what_is_large_enough_is_told_whole() {
        let tree = tree(&[(&["a", "x"], 10), (&["a", "y"], 12), (&["b", "x"], 30)]);
        assert_eq!(shown(&tree, 10), ["=52", "a=22", "a/x=10", "a/y=12", "b=30", "b/x=30"]);
        assert!(Tree::default().told(10).is_empty());
    }

    #[test]
    fn a_small_one_takes_its_smallest_sibling_along() {
        let flat = tree(&[(&["a"], 3), (&["b"], 40), (&["c"], 12), (&["d"], 12)]);
        assert_eq!(shown(&flat, 10), ["=67", "a=?", "b=40", "c=?", "d=12"]);
        // Two small ones that add up to little need a third.
        let flat = tree(&[(&["a"], 3), (&["b"], 40), (&["c"], 2)]);
        assert_eq!(shown(&flat, 10), ["=45", "a=?", "b=?", "c=?"]);
        // Enough together.
        let flat = tree(&[(&["a"], 9), (&["b"], 40), (&["c"], 9)]);
        assert_eq!(shown(&flat, 10), ["=58", "a=?", "b=40", "c=?"]);
    }

    #[test]
    fn what_cannot_be_kept_below_is_withheld_above() {
        // Twelve of one each: that there are twelve rows and twelve in all says what each is.
        let ones: Vec<String> = (0..12).map(|n| format!("d{n:02}")).collect();
        let mut tree = Tree::default();
        ones.iter().for_each(|day| tree.add(["m", day.as_str()], 1));
        tree.add(["n"], 100);
        tree.add(["o"], 200);
        assert_eq!(shown(&tree, 10), ["=312", "m=?", "n=?", "o=200"]);
        // Nothing below what is withheld, and a total that is small itself.
        let small = self::tree(&[(&["a", "x"], 4)]);
        assert_eq!(shown(&small, 10), ["=?"]);
    }

    /// The least and the most that a count can be for whoever sees only what is told.
    fn open_to(tree: &Tree, k: u64) -> Vec<(u64, u64)> {
        let told: BTreeMap<Vec<String>, Option<u64>> = tree.told(k).into_iter().collect();
        let mut open = Vec::new();
        for path in told.iter().filter(|(_, count)| count.is_none()).map(|(path, _)| path) {
            let Some((_, parent)) = path.split_last() else { continue };
            let siblings =
                told.iter().filter(|(other, _)| other.len() == path.len() && other.starts_with(parent));
            let (known, hidden): (Vec<_>, Vec<_>) = siblings.partition(|(_, count)| count.is_some());
            let known: u64 = known.iter().filter_map(|(_, count)| **count).sum();
            let left = told[parent].unwrap() - known;
            let others = u64::try_from(hidden.len()).unwrap() - 1;
            open.push((if others == 0 { left } else { 1 }, left - others));
        }
        open
    }

    proptest! {
        #[test]
        fn no_withheld_count_can_be_computed(
            rows in prop::collection::vec((0..4_u8, 0..4_u8, 0..3_u8, 1..20_u64), 0..24),
            k in 2..15_u64,
        ) {
            let mut tree = Tree::default();
            for (a, b, c, count) in &rows {
                tree.add([a, b, c].map(|name| ["p", "q", "r", "s"][usize::from(*name)]), *count);
            }
            for (least, most) in open_to(&tree, k) {
                prop_assert!(least == 1 && most >= k, "{least}..{most} at {k}: {:?}", shown(&tree, k));
            }
            for (_, count) in tree.told(k) {
                prop_assert!(count.is_none_or(|count| count >= k));
            }
            prop_assert_eq!(tree.told(k).is_empty(), rows.is_empty());
        }
    }
}
