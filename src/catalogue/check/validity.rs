//! The first and the last day of a licence, as its type allows them. What was granted long ago keeps its days: for a
//! recorded licence how old they are and how long it lasts is not asked, only their order and that it has begun in time.

use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::refusal::ValidityRule;
use crate::catalogue::request::IssueRequest;
use crate::values::time::{Date, UtcOffset};

impl LicenceType {
    /// The member at fault and why, if any.
    pub(super) fn check_validity(
        &self,
        request: &IssueRequest,
        today: Date,
    ) -> Result<(), (&'static str, ValidityRule)> {
        let rules = &self.rules().validity;
        let IssueRequest { valid_from: from, valid_until: until, .. } = *request;
        let granted_now = request.recorded.is_none();
        if from < today && granted_now && !rules.begins_in_past {
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
        if until < today && granted_now && !rules.ends_in_past {
            return Err(("valid_until", ValidityRule::EndsInPast { today }));
        }
        let found = days_between(from, until) + 1;
        match rules.longest_days {
            Some(limit) if granted_now && found > i64::from(limit) => {
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
