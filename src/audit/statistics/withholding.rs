//! Counts in a tree, of which small ones are withheld (脱敏): whoever reads what is told cannot compute them from totals. Each
//! count is the sum of those below it, and nothing else is told of it, so what could give a withheld count away stands
//! beside it: its siblings and their total.
//!
//! A count under `k` is withheld, and beside it so many of its siblings, the first by name, that each small one could still be
//! anything from 1 to `k - 1` for whoever knows this rule. Siblings are not chosen by their counts: the choice would tell of them.
//! Where even all of them are too few for that, nothing is told below their total. Nothing is told below a count that is withheld
//! either. Not here: what is counted, and what somebody knows from elsewhere.

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
            self.tell(&mut Vec::new(), self.count < k, k, &mut told);
        }
        told
    }

    fn tell(&self, path: &mut Vec<String>, hidden: bool, k: u64, told: &mut Vec<Told>) {
        told.push((path.clone(), (!hidden).then_some(self.count)));
        let Some(withheld) = self.withheld(k).filter(|_| !hidden) else { return };
        for (name, below) in &self.below {
            path.push(name.clone());
            below.tell(path, withheld.contains(name), k, told);
            path.pop();
        }
    }

    /// Which of those below are withheld, where this count is told; `None` if nothing may be told of them.
    fn withheld(&self, k: u64) -> Option<BTreeSet<&String>> {
        let (small, large): (Vec<_>, Vec<_>) = self.below.iter().partition(|(_, below)| below.count < k);
        let mut withheld = Withheld::of(small.iter().map(|(_, below)| below.count));
        let mut large = large.into_iter();
        let mut names: BTreeSet<&String> = small.into_iter().map(|(name, _)| name).collect();
        while !withheld.safe(k) {
            let (name, below) = large.next()?;
            withheld.take_along(below.count);
            names.insert(name);
        }
        Some(names)
    }
}

/// What stands withheld beside each other: their sum is no secret.
struct Withheld {
    small: u64,
    large: u64,
    total: u64,
}

impl Withheld {
    fn of(small: impl Iterator<Item = u64>) -> Self {
        small.fold(Self { small: 0, large: 0, total: 0 }, |all, count| Self {
            small: all.small + 1,
            total: sum(all.total, count),
            ..all
        })
    }

    fn take_along(&mut self, count: u64) {
        self.large += 1;
        self.total = sum(self.total, count);
    }

    /// Whether each small one could be anything from 1 to `k - 1`, where it is known which are small: the others then are from 1 to `k - 1`
    /// too, or from `k` on.
    fn safe(&self, k: u64) -> bool {
        let Some(others) = self.small.checked_sub(1) else { return true };
        match self.large {
            // The one is 1 while the others are all that they can be; and those are 1 while it might even be `k`.
            0 => (others + k..=others.saturating_mul(k - 1).saturating_add(1)).contains(&self.total),
            large => self.total >= large.saturating_mul(k).saturating_add(others + k - 1),
        }
    }
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
    fn a_small_one_takes_the_first_by_name_along() {
        let flat = tree(&[(&["a"], 3), (&["b"], 40), (&["c"], 12), (&["d"], 12)]);
        assert_eq!(shown(&flat, 10), ["=67", "a=?", "b=?", "c=12", "d=12"]);
        // Whoever knows that c is at least 10 would know that a is at most 5.
        let flat = tree(&[(&["a"], 3), (&["c"], 12), (&["d"], 20), (&["e"], 30)]);
        assert_eq!(shown(&flat, 10), ["=65", "a=?", "c=?", "d=?", "e=30"]);
        // Two small ones that add up to little need a third, and so do two nines.
        for (a, c) in [(3, 2), (9, 9)] {
            let flat = tree(&[(&["a"], a), (&["b"], 40), (&["c"], c)]);
            assert_eq!(shown(&flat, 10), [format!("={}", 40 + a + c).as_str(), "a=?", "b=?", "c=?"]);
        }
        // Enough together.
        let flat = tree(&[(&["a"], 5), (&["b"], 40), (&["c"], 5), (&["d"], 3)]);
        assert_eq!(shown(&flat, 10), ["=53", "a=?", "b=40", "c=?", "d=?"]);
    }

    #[test]
    fn of_what_cannot_be_kept_nothing_is_told_below_the_total() {
        // Twelve of one each: that there are twelve rows and twelve in all says what each is.
        let ones: Vec<String> = (0..12).map(|n| format!("d{n:02}")).collect();
        let mut tree = Tree::default();
        ones.iter().for_each(|day| tree.add(["m", day.as_str()], 1));
        tree.add(["n"], 100);
        assert_eq!(shown(&tree, 10), ["=112", "m=12", "n=100"]);
        let one = self::tree(&[(&["a"], 7), (&["b"], 10)]);
        assert_eq!(shown(&one, 10), ["=17"]);
        // Nothing below what is withheld, and a total that is small itself.
        let small = self::tree(&[(&["a", "x"], 4)]);
        assert_eq!(shown(&small, 10), ["=?"]);
    }

    /// Every way in which counts of these siblings add up to a total.
    fn ways(siblings: usize, total: u64) -> Vec<Vec<u64>> {
        match siblings {
            0 => {
                if total == 0 {
                    vec![vec![]]
                } else {
                    vec![]
                }
            }
            _ => (1..=total)
                .flat_map(|first| {
                    ways(siblings - 1, total - first).into_iter().map(move |mut rest| {
                        rest.insert(0, first);
                        rest
                    })
                })
                .collect(),
        }
    }

    /// What each of the withheld could be for whoever knows the rule: he tries every count that shows the same.
    fn known(counts: &[u64], k: u64) -> Vec<BTreeSet<u64>> {
        let flat = |counts: &[u64]| {
            let mut tree = Tree::default();
            counts.iter().zip('a'..).for_each(|(count, name)| tree.add([name.to_string().as_str()], *count));
            tree.told(k)
        };
        let shown = flat(counts);
        let mut open = vec![BTreeSet::new(); counts.len()];
        for way in ways(counts.len(), counts.iter().sum()) {
            if flat(&way) == shown {
                open.iter_mut().zip(&way).for_each(|(open, count)| {
                    open.insert(*count);
                });
            }
        }
        let withheld = shown.iter().skip(1).map(|(_, count)| count.is_none());
        open.into_iter().zip(withheld).filter_map(|(open, withheld)| withheld.then_some(open)).collect()
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

        #[test]
        fn who_knows_the_rule_learns_no_small_count(
            counts in prop::collection::vec(1..9_u64, 1..4),
            k in 3..6_u64,
        ) {
            for open in known(&counts, k) {
                // Everything that is small, or nothing of it.
                let small = open.iter().filter(|count| **count < k).count();
                prop_assert!(small == 0 || small + 1 == usize::try_from(k).unwrap(), "{counts:?} at {k}: {open:?}");
            }
        }
    }
}
