//! 有效期限: the days for which a licence is granted, by which a holder has one too many or not.

use crate::ledger::state::LicenceState;
use crate::values::time::Date;

/// The days for which a licence is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The first.
    pub from: Date,
    /// The last; `None` is 长期.
    pub until: Option<Date>,
}

impl Term {
    /// Of a licence.
    pub fn of(licence: &LicenceState) -> Self {
        Self { from: licence.valid_from, until: licence.valid_until }
    }

    /// Whether some day is of both. A renewal that begins behind the last day has none.
    pub fn meets(self, other: Self) -> bool {
        let begins_in = |one: Self, of: Self| of.until.is_none_or(|last| one.from <= last);
        begins_in(self, other) && begins_in(other, self)
    }
}
