//! Wishes about who examines and approves, and in which time: an officer, the end of one, a calendar.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Wish;
use crate::catalogue::{Calendar, CalendarDay, ClaimRule, Members, RequestError};
use crate::crypto::PublicKey;
use crate::crypto::base64url::{decode, decode_fixed};
use crate::ledger::body::{OfficerId, Role, Year};
use crate::ledger::signature::Signature;
use crate::values::time::{Date, Time};

/// An officer, new or to be changed.
pub(in crate::authority::ceremony) struct OfficerWish {
    /// Slug or credit code.
    pub(in crate::authority::ceremony) department: String,
    /// His own key; left out, the one that he has.
    pub(in crate::authority::ceremony) key: Option<BroughtKey>,
    /// In the order of entries.
    pub(in crate::authority::ceremony) roles: Vec<Role>,
    /// First day; left out, today.
    pub(in crate::authority::ceremony) from: Option<Date>,
    /// Last day; left out, without end.
    pub(in crate::authority::ceremony) until: Option<Date>,
    /// Who, if he is known.
    pub(in crate::authority::ceremony) officer: Option<OfficerId>,
}

/// A key that was made elsewhere, with the proof that whoever brings it has it.
pub(in crate::authority::ceremony) struct BroughtKey {
    pub(in crate::authority::ceremony) public: PublicKey,
    pub(in crate::authority::ceremony) not_after: Time,
    pub(in crate::authority::ceremony) possession: Signature,
}

pub(super) fn officer(value: &Value, at: String) -> Result<Wish, RequestError> {
    let known = ["department", "key", "roles", "from", "until", "officer"];
    let members = Members::open(value, at, &known)?;
    let key = members.get("key").map(|value| brought_key(value, members.pointer("key"))).transpose()?;
    Ok(Wish::Officer(OfficerWish {
        department: members.required("department", Members::text)?,
        key,
        roles: members.required("roles", roles)?,
        from: members.day("from")?,
        until: members.day("until")?,
        officer: members.parsed("officer")?,
    }))
}

pub(super) fn officer_left(value: &Value, at: String) -> Result<Wish, RequestError> {
    let members = Members::open(value, at, &["officer"])?;
    Ok(Wish::OfficerLeft(members.required("officer", Members::parsed)?))
}

pub(super) fn calendar(value: &Value, at: String) -> Result<Wish, RequestError> {
    let members = Members::open(value, at, &["year", "exceptions"])?;
    let days = members.required("exceptions", Members::list)?;
    let days = days.into_iter().map(|(value, at)| {
        let members = Members::open(value, at, &["date", "working"])?;
        let date = members.required("date", Members::day)?;
        Ok(CalendarDay { date, working: members.required("working", Members::boolean)? })
    });
    let exceptions = days.collect::<Result<_, RequestError>>()?;
    Ok(Wish::Calendar(Calendar { year: members.required("year", year)?, exceptions }))
}

fn brought_key(value: &Value, at: String) -> Result<BroughtKey, RequestError> {
    let members = Members::open(value, at, &["spki", "not_after", "possession"])?;
    let refuse = |name: &str, zh: &str, en: &str| {
        let rule = ClaimRule::described(zh, en);
        RequestError::rule(members.pointer(name), rule)
    };
    let spki = members.required("spki", Members::string)?;
    let public = decode(spki).and_then(|der| PublicKey::from_spki(&der).ok());
    let possession = members.required("possession", Members::string)?;
    Ok(BroughtKey {
        public: public.ok_or_else(|| {
            let en = "a public key: SubjectPublicKeyInfo of Ed25519 or P-256, in unpadded base64url";
            refuse("spki", "公钥(Ed25519 或 P-256 的 SubjectPublicKeyInfo,无填充 base64url)", en)
        })?,
        not_after: members.required("not_after", Members::parsed)?,
        possession: decode_fixed(possession).map(Signature).ok_or_else(|| {
            refuse(
                "possession",
                "64 字节的签名(无填充 base64url)",
                "a signature of 64 bytes, in unpadded base64url",
            )
        })?,
    })
}

/// At least one, none twice; given in any order.
fn roles(members: &Members<'_>, name: &str) -> Result<Option<Vec<Role>>, RequestError> {
    let Some(items) = members.list(name)? else { return Ok(None) };
    let mut roles = BTreeSet::new();
    for (value, at) in items {
        let word = value.as_str().unwrap_or_default();
        let Some(role) = Role::ALL.into_iter().find(|role| role.as_str() == word) else {
            let options = Role::ALL.map(|role| role.as_str().to_owned()).to_vec();
            return Err(RequestError::rule(at, ClaimRule::OneOf { options }));
        };
        if !roles.insert(role) {
            return Err(RequestError::rule(at, ClaimRule::Repeated));
        }
    }
    if roles.is_empty() {
        let rule = ClaimRule::Count { min: 1, max: Role::ALL.len(), found: 0 };
        return Err(RequestError::rule(members.pointer(name), rule));
    }
    Ok(Some(roles.into_iter().collect()))
}

fn year(members: &Members<'_>, name: &str) -> Result<Option<Year>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let year = value.as_u64().and_then(|year| Year::try_from(year).ok());
    year.filter(|year| (1900..=9999).contains(year)).map(Some).ok_or_else(|| {
        let rule = ClaimRule::described("1900 至 9999 的年份", "a calendar year from 1900 to 9999");
        RequestError::rule(members.pointer(name), rule)
    })
}
