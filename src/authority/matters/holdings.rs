//! What somebody holds: the valid licences of one holder, or of several together, and what they say. Who it is the code
//! says; his name is the source's to say, and may be written in another way. But a licence proves an answer only where the
//! name is the one that was given too, so that nobody learns with a code alone what a licence says, and what it says of a
//! claim only where its issuer is the claim's source. Not here: what is asked (`drawing`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::authority::facts::{Subject, ValidLicence};
use crate::authority::refusal::Failure;
use crate::catalogue::{LicenceType, Sharing, Spot};
use crate::ledger::state::{Charter, LicenceState};
use crate::values::identifiers::Slug;
use crate::values::time::Time;

/// A valid licence of the holders.
pub(super) struct Holding {
    pub(super) licence: LicenceState,
    pub(super) payload: Map<String, Value>,
    /// Whether it calls the holders as they were called.
    pub(super) named: bool,
}

impl Authority {
    /// The valid licences of these types that all of these holders hold, the newest first.
    pub(super) fn holdings(
        &self,
        holders: &[Value],
        types: &BTreeSet<Slug>,
        now: Time,
    ) -> Result<Vec<Holding>, Failure> {
        let member = |name| holders.first().and_then(|holder| text(holder, name)).map(str::to_owned);
        let Some(code) = member("code") else { return Ok(Vec::new()) };
        let subject = Subject { code, code_type: member("code_type") };
        let mut holdings = Vec::new();
        for ValidLicence { handle, payload, .. } in self.valid_licences_of(&subject, types, now, |_| true)? {
            let held =
                payload.get("holders").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let all_agree = |members: &[&str]| {
                holders.iter().all(|holder| held.iter().any(|one| agree(one, holder, members)))
            };
            if all_agree(&["code", "code_type"]) {
                let named = all_agree(&["name", "code", "code_type"]);
                holdings.push(Holding { licence: self.licence_state(&handle)?, payload, named });
            }
        }
        Ok(holdings)
    }
}

impl Holding {
    /// What it proves at a spot of its type: nothing where another department is the source of the claim, or to who does not
    /// know whose it is.
    pub(super) fn proves(&self, charter: &Charter, licence_type: &LicenceType, spot: &Spot) -> Option<Value> {
        if !self.named {
            return None;
        }
        if let Spot::Claim(name) = spot {
            let source = licence_type.rules().sources.claims.get(name)?;
            let registered = charter.department_by_slug(&source.department);
            let of_the_source = registered.is_none_or(|held| held.value.code == self.licence.department);
            if !of_the_source || source.sharing == Sharing::NotShared {
                return None;
            }
        }
        self.says(spot)
    }

    /// What it says at a spot.
    pub(super) fn says(&self, spot: &Spot) -> Option<Value> {
        match spot {
            Spot::Claim(name) => self.payload.get("claims")?.get(name).cloned(),
            Spot::ValidFrom => Some(Value::String(self.licence.valid_from.to_string())),
            Spot::ValidUntil => self.licence.valid_until.map(|until| Value::String(until.to_string())),
        }
    }
}

/// Whether anybody may be told what stands at a spot: what is shared for a matter is for who needs it in that matter.
pub(super) fn is_open(licence_type: &LicenceType, spot: &Spot) -> bool {
    let Spot::Claim(name) = spot else { return true };
    let source = licence_type.rules().sources.claims.get(name);
    source.is_some_and(|source| matches!(source.sharing, Sharing::Open | Sharing::Shared))
}

/// These members are there and the same.
fn agree(one: &Value, other: &Value, members: &[&str]) -> bool {
    members.iter().all(|member| {
        let said = text(one, member);
        said.is_some() && said == text(other, member)
    })
}

fn text<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str)
}
