//! The first and the last day of a licence, as its type allows them.

use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::refusal::ValidityRule;
use crate::values::time::{Date, UtcOffset};

impl LicenceType {
    /// The member at fault and why, if any.
    pub(super) fn check_validity(
        &self,
        from: Date,
        until: Option<Date>,
        today: Date,
    ) -> Result<(), (&'static str, ValidityRule)> {
        let rules = &self.rules().validity;
        if from < today && !rules.begins_in_past {
            return Err(("valid_from", ValidityRule::BeginsInPast { today }));
        }
        let days = rules.begins_in_future_days;
        if days_between(today, from) > i64::from(days) {
            return Err(("valid_from", ValidityRule::BeginsTooLate { days, today }));
        }
        let Some(until) = until else {
            let allowed = rules.open_ended;
            return if allowed { Ok(()) } else { Err(("valid_until", ValidityRule::OpenEnded)) };
        };
        if until < from {
            return Err(("valid_until", ValidityRule::Order { from, until }));
        }
        if until < today && !rules.ends_in_past {
            return Err(("valid_until", ValidityRule::EndsInPast { today }));
        }
        let found = days_between(from, until) + 1;
        match rules.longest_days {
            Some(limit) if found > i64::from(limit) => {
                Err(("valid_until", ValidityRule::TooLong { limit, found }))
            }
            _ => Ok(()),
        }
    }
}

/// Days from one to the other; one offset for both, so which one does not matter.
fn days_between(from: Date, until: Date) -> i64 {
    until.first_instant(UtcOffset::UTC).since(from.first_instant(UtcOffset::UTC)) / 86_400_000
}
