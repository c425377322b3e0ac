//! The issue request as it comes over the wire (`POST /v1/licences`, each line of a batch): its members, and an
//! error with the right JSON pointer for everything that is wrong with them.
//!
//! Walked by hand, because serde's messages name no pointer. Expects a value that `values::canonical::parse_strict`
//! has read. Not here: what a licence type allows (`check`), who may issue it (the engine), whether `holder_key` is
//! a key and an approval is good.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::facts::Place;
use super::members::Members;
use super::recorded::RecordedRequest;
use super::refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, below};
use crate::crypto::KeyId;
use crate::crypto::base64url::{self, Base64Url};
use crate::values::identifiers::{Handle, LicenceNumber, Region};
use crate::values::time::Date;

/// A request to issue one licence: understood, not yet checked against its type. Personal: `Debug` shows no holder
/// and no claim.
#[derive(Clone, PartialEq)]
pub struct IssueRequest {
    /// Where it stood in the body: empty, or `/licence` in a replacement. Refusals of its check begin with it.
    pub pointer: String,
    /// `type`: slug or 证照类型代码.
    pub licence_type: String,
    /// `holders`, or the one `holder`.
    pub holders: Vec<HolderRequest>,
    /// `claims`.
    pub claims: Map<String, Value>,
    /// First day.
    pub valid_from: Date,
    /// Last day; none is 长期.
    pub valid_until: Option<Date>,
    /// The department's own number.
    pub licence_number: Option<LicenceNumber>,
    /// The department's record id; never in the ledger.
    pub reference: Option<String>,
    /// Idempotency key of a batch line.
    pub key: Option<String>,
    /// The region under which it is issued.
    pub region: Option<Region>,
    /// Public JWK of the holder, not yet looked at.
    pub holder_key: Option<Map<String, Value>>,
    /// The case it was examined in.
    pub case: Option<String>,
    /// Officers' approvals.
    pub approvals: Vec<ApprovalRequest>,
    /// For what was granted before the ledger and is recorded now.
    pub recorded: Option<RecordedRequest>,
    /// The licences that prove what another department is the source of, by the place of what they prove.
    pub sources: BTreeMap<String, Handle>,
}

/// One holder as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct HolderRequest {
    /// Where it stood: `/holder` or `/holders/<n>`.
    pub pointer: String,
    /// Name.
    pub name: String,
    /// Code, unchecked.
    pub code: String,
    /// GB/T 36903 code of the code's type, unchecked.
    pub code_type: String,
    /// Role, where the type names roles.
    pub role: Option<String>,
}

/// An officer's signature over the draft, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// The officer's key id.
    pub key: KeyId,
    /// The signature.
    pub sig: Base64Url,
}

impl fmt::Debug for IssueRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssueRequest({}, {} holders)", self.licence_type, self.holders.len())
    }
}

const MEMBERS: &[&str] = &[
    "type",
    "holder",
    "holders",
    "claims",
    "valid_from",
    "valid_until",
    "licence_number",
    "reference",
    "key",
    "region",
    "holder_key",
    "case",
    "approvals",
    "recorded",
    "sources",
];

impl IssueRequest {
    /// Reads a request. The first error in the order of the members is returned; unknown members come before.
    pub fn parse(value: &Value) -> Result<Self, RequestError> {
        Self::parse_at(value, "")
    }

    /// The same for a request inside another body, such as `/licence` of a replacement.
    pub fn parse_at(value: &Value, pointer: &str) -> Result<Self, RequestError> {
        let object = Members::open(value, pointer.to_owned(), MEMBERS)?;
        Ok(Self {
            licence_type: object.required("type", Members::text)?,
            holders: holders(&object)?,
            claims: object.required("claims", Members::map)?,
            valid_from: object.required("valid_from", Members::day)?,
            valid_until: object.day("valid_until")?,
            licence_number: object.parsed("licence_number")?,
            reference: object.text("reference")?,
            key: object.text("key")?,
            region: object.parsed("region")?,
            holder_key: object.map("holder_key")?,
            case: object.text("case")?,
            approvals: approvals(&object)?,
            recorded: RecordedRequest::within(&object)?,
            sources: sources(&object)?,
            pointer: object.at,
        })
    }

    /// What stands at the place of a fact.
    pub fn value_at(&self, place: &Place) -> Option<Value> {
        match place {
            Place::Name => self.holders.first().map(|holder| Value::from(holder.name.as_str())),
            Place::Claim(name) => self.claims.get(name).filter(|value| !value.is_null()).cloned(),
        }
    }

    /// Where that is in the body.
    pub fn pointer_at(&self, place: &Place) -> String {
        match (place, self.holders.first()) {
            (Place::Name, Some(holder)) => below(&holder.pointer, "name"),
            _ => format!("{}{place}", self.pointer),
        }
    }

    /// Where the body names the licence that proves what stands at a place.
    pub fn source_pointer(&self, place: &str) -> String {
        below(&below(&self.pointer, "sources"), place)
    }
}

fn sources(object: &Members<'_>) -> Result<BTreeMap<String, Handle>, RequestError> {
    let (at, all) = (object.pointer("sources"), object.map("sources")?.unwrap_or_default());
    let handle = |(place, value): (String, Value)| {
        let pointer = below(&at, &place);
        let text = value.as_str().ok_or_else(|| {
            let kind =
                RequestErrorKind::WrongType { expected: JsonKind::String, found: JsonKind::of(&value) };
            RequestError::at(pointer.clone(), kind)
        })?;
        let refuse = |problem: <Handle as FromStr>::Err| {
            RequestError::rule(pointer.clone(), ClaimRule::written::<Handle>(&problem))
        };
        Ok((place, text.parse().map_err(refuse)?))
    };
    all.into_iter().map(handle).collect()
}

/// `holders`, or the one `holder`.
pub(super) fn holders(object: &Members<'_>) -> Result<Vec<HolderRequest>, RequestError> {
    match (object.get("holder"), object.list("holders")?) {
        (Some(_), Some(_)) => Err(RequestError::rule(object.pointer("holder"), ClaimRule::HolderAndHolders)),
        (Some(one), None) => Ok(vec![holder(one, object.pointer("holder"))?]),
        (None, Some(items)) => items.into_iter().map(|(item, pointer)| holder(item, pointer)).collect(),
        (None, None) => Err(RequestError::at(object.pointer("holders"), RequestErrorKind::Missing)),
    }
}

fn holder(value: &Value, pointer: String) -> Result<HolderRequest, RequestError> {
    let object = Members::open(value, pointer, &["name", "code", "code_type", "role"])?;
    Ok(HolderRequest {
        name: object.required("name", Members::text)?,
        code: object.required("code", Members::text)?,
        code_type: object.required("code_type", Members::text)?,
        role: object.text("role")?,
        pointer: object.at,
    })
}

fn approvals(object: &Members<'_>) -> Result<Vec<ApprovalRequest>, RequestError> {
    let items = object.list("approvals")?.unwrap_or_default();
    items.into_iter().map(|(item, pointer)| approval(item, pointer)).collect()
}

fn approval(value: &Value, pointer: String) -> Result<ApprovalRequest, RequestError> {
    let object = Members::open(value, pointer, &["key", "sig"])?;
    let key = object.required("key", Members::parsed)?;
    let sig = object.required("sig", Members::text)?;
    let sig = base64url::decode(&sig).ok_or_else(|| {
        let rule = ClaimRule::described("不带填充的 base64url", "strict base64url without padding");
        RequestError::rule(object.pointer("sig"), rule)
    })?;
    Ok(ApprovalRequest { key, sig: Base64Url(sig) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::JsonKind;
    use crate::values::recorded::{RecordedStanding, TrustLevel};
    use proptest::prelude::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "type": "business-licence",
            "holders": [{"name": "样例", "code": "91350100M000100Y43", "code_type": "001"}],
            "claims": {"established": "2026-11-22"},
            "valid_from": "2026-11-22",
            "valid_until": null,
        })
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut request = good();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match request.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.insert(name.to_owned(), value)),
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
            _ => panic!("{parent}"),
        }
        request
    }

    #[test]
    fn reads_every_member() {
        let mut full = good();
        let extra = json!({
            "licence_number": "湘(2026)字第1号", "reference": "r-1", "key": "k-1", "region": "430700",
            "holder_key": {"kty": "OKP"}, "case": "c-1",
            "approvals": [{"key": "00112233445566778899aabbccddeeff", "sig": "AA"}],
        });
        full.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let request = IssueRequest::parse(&full).unwrap();
        assert_eq!(request.holders[0].pointer, "/holders/0");
        assert_eq!(request.region.unwrap().as_str(), "430700");
        assert_eq!(request.approvals[0].sig, Base64Url(vec![0]));
        assert_eq!(request.valid_until, None);
    }

    #[test]
    fn what_was_granted_before_says_so() {
        let mut request = good();
        request["recorded"] = json!({
            "trust": "B", "standing": "suspended", "source": "名录库\n第3册", "issued_on": "2015-03-01",
            "standing_since": "2020-01-01", "standing_reason": null,
        });
        let recorded = IssueRequest::parse(&request).unwrap().recorded.unwrap();
        assert_eq!((recorded.trust, recorded.standing), (TrustLevel::B, RecordedStanding::Suspended));
        let kept = json!({
            "trust": "B", "standing": "suspended", "source": "名录库\n第3册", "issued_on": "2015-03-01",
            "standing_since": "2020-01-01",
        });
        assert_eq!(recorded.kept(), kept);
        assert_eq!(recorded.claim(), json!({"trust": "B", "issued_on": "2015-03-01"}));
        assert!(!format!("{recorded:?}").contains("名录库"));
        for (member, value, text) in [
            ("trust", json!("E"), "one of A, B, C, D"),
            ("trust", json!("a"), "one of A, B, C, D"),
            ("trust", Value::Null, "required"),
            ("standing", json!("有效"), "one of valid, suspended, recalled"),
            ("standing", json!("renewed"), "one of valid, suspended, recalled"),
            ("standing", json!(1), "expected a string"),
            ("source", json!(" "), "empty"),
            ("source", Value::Null, "required"),
            ("standing_reason", json!("x".repeat(2001)), "at most 2000"),
            ("issued_on", json!("2015-02-29"), "calendar day"),
            ("colour", json!("red"), "not known"),
        ] {
            let mut request = request.clone();
            request["recorded"][member] = value;
            let error = IssueRequest::parse(&request).unwrap_err();
            assert_eq!(error.pointer, format!("/recorded/{member}"), "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn holder_is_short_for_a_list_of_one() {
        let mut request = good();
        let one = request["holders"][0].take();
        request.as_object_mut().unwrap().remove("holders");
        request["holder"] = one;
        assert_eq!(IssueRequest::parse(&request).unwrap().holders[0].pointer, "/holder");
    }

    #[test]
    fn every_error_has_its_pointer() {
        for (at, value, pointer, text) in [
            ("/surprise", json!(1), "/surprise", "not known"),
            ("/a~b", json!(1), "/a~0b", "not known"),
            ("/type", json!(7), "/type", "expected a string, found a number"),
            ("/type", Value::Null, "/type", "required"),
            ("/holder", json!({}), "/holder", "either"),
            ("/holders", json!({}), "/holders", "expected an array, found an object"),
            ("/holders/0", json!("x"), "/holders/0", "expected an object"),
            ("/holders/0/age", json!(1), "/holders/0/age", "not known"),
            ("/holders/0/name", json!(" "), "/holders/0/name", "empty"),
            ("/holders/0/name", json!("a\nb"), "/holders/0/name", "control"),
            ("/holders/0/name", json!("x".repeat(257)), "/holders/0/name", "at most 256"),
            ("/holders/0/code", Value::Null, "/holders/0/code", "required"),
            ("/claims", json!([]), "/claims", "expected an object, found an array"),
            ("/valid_from", json!("2026-02-30"), "/valid_from", "calendar day"),
            ("/valid_until", json!(20261122), "/valid_until", "expected a string"),
            ("/region", json!("43"), "/region", "6 digits"),
            ("/holder_key", json!("x"), "/holder_key", "expected an object"),
            ("/approvals", json!([{"key": "zz", "sig": "AA"}]), "/approvals/0/key", ""),
            (
                "/approvals",
                json!([{"key": "00112233445566778899aabbccddeeff", "sig": "A="}]),
                "/approvals/0/sig",
                "base64url",
            ),
        ] {
            let error = IssueRequest::parse(&with(at, value)).unwrap_err();
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        let error = IssueRequest::parse(&json!([])).unwrap_err();
        assert_eq!((error.pointer.as_str(), JsonKind::Object), ("", JsonKind::Object));
        assert_eq!(IssueRequest::parse_at(&json!({}), "/licence").unwrap_err().pointer, "/licence/type");
    }

    proptest! {
        #[test]
        fn a_pointer_leads_to_what_is_wrong(member in 0..MEMBERS.len() + 1, value in json_value()) {
            let name = MEMBERS.get(member).copied().unwrap_or("a/b");
            let mut request = good();
            request[name] = value;
            if let Err(error) = IssueRequest::parse(&request) {
                let found = request.pointer(&error.pointer);
                match error.kind {
                    RequestErrorKind::Missing => prop_assert!(found.is_none_or(Value::is_null), "{}", error),
                    _ => prop_assert!(found.is_some(), "{}", error),
                }
            }
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let names = prop_oneof!["(name|code|code_type|role|key|sig)", "[a~/]{0,3}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..4).prop_map(|m| m.into_iter().collect()),
            ]
        })
    }
}
