//! Rows that say by position which holder they are about: each holder exactly once, so that a row that is shown
//! without the others still says whose it is.

use serde_json::{Map, Value};

use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::parts::PartKind;
use crate::catalogue::refusal::{ClaimRule, RequestError, below};

impl LicenceType {
    /// Checks the rows of claims that the schema has let pass; the claims stand at `pointer`.
    pub(super) fn check_rows(
        &self,
        claims: &Map<String, Value>,
        holders: usize,
        pointer: &str,
    ) -> Result<(), RequestError> {
        for part in self.schema().parts().iter().filter(|part| part.kind == PartKind::Holder) {
            let [Some(claim), None, Some(member)] = part.path.as_slice() else { continue };
            let Some(rows) = claims.get(claim).and_then(Value::as_array) else { continue };
            let at = below(pointer, claim);
            let mut seen = Vec::with_capacity(rows.len());
            for (place, row) in rows.iter().enumerate() {
                let found = row.get(member).and_then(Value::as_u64).unwrap_or_default();
                let there = usize::try_from(found).is_ok_and(|found| (1..=holders).contains(&found));
                let refuse = |rule| Err(RequestError::rule(format!("{at}/{place}/{member}"), rule));
                if !there {
                    return refuse(ClaimRule::NoSuchHolder { found, holders });
                }
                if seen.contains(&found) {
                    return refuse(ClaimRule::HolderTwice(found));
                }
                seen.push(found);
            }
            let without =
                (1..=holders).find(|holder| u64::try_from(*holder).is_ok_and(|n| !seen.contains(&n)));
            if let Some(holder) = without {
                return Err(RequestError::rule(at, ClaimRule::NoRow(holder)));
            }
        }
        Ok(())
    }
}
