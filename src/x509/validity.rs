//! From when until when a certificate, or a path of them, can be used (RFC 5280 section 4.1.2.5).
//! Not the dates of a licence, which are days at the ledger's offset.

/// A span of whole seconds since 1970-01-01T00:00:00Z; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: i64,
    /// The last second.
    pub not_after: i64,
}

impl Validity {
    /// 9999-12-31T23:59:59Z: the last second X.509 can write, which by convention means "no end".
    pub const LAST_SECOND: i64 = 253_402_300_799;

    /// Whether `at` lies in the span.
    pub fn contains(&self, at: i64) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    /// Whether the whole of `other` lies in the span.
    pub fn covers(&self, other: &Self) -> bool {
        self.contains(other.not_before) && self.contains(other.not_after)
    }

    /// What both spans have in common; contains nothing when they do not meet.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// Whether X.509 can write it: in order, not before 1970, not after 9999.
    pub fn is_writable(&self) -> bool {
        0 <= self.not_before && self.not_before <= self.not_after && self.not_after <= Self::LAST_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn span(not_before: i64, not_after: i64) -> Validity {
        Validity { not_before, not_after }
    }

    #[test]
    fn ends_belong_to_the_span() {
        for (at, inside) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(span(10, 20).contains(at), inside, "{at}");
        }
    }

    #[test]
    fn spans_meet_or_do_not() {
        assert_eq!(span(10, 20).and(&span(15, 30)), span(15, 20));
        let none = span(10, 20).and(&span(30, 40));
        assert!((0..50).all(|at| !none.contains(at)));
        assert!(span(10, 20).covers(&span(10, 20)));
        assert!(!span(10, 20).covers(&span(10, 21)));
    }

    #[test]
    fn only_what_can_be_written() {
        assert!(span(0, Validity::LAST_SECOND).is_writable());
        for bad in [span(-1, 5), span(5, 4), span(0, Validity::LAST_SECOND + 1)] {
            assert!(!bad.is_writable(), "{bad:?}");
        }
    }
}
