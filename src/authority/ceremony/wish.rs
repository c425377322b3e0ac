//! What an operator asks a ceremony for, as it comes over the wire: one member says what. Not here: whether it can be
//! done (`prepare`).

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

use crate::catalogue::{
    Bilingual, ClaimRule, DepartmentPlan, Members, PowerPlan, RequestError, RequestErrorKind,
};
use crate::crypto::{KeyId, KeyPurpose};
use crate::values::identifiers::Slug;

/// What is asked for.
pub(super) enum Wish {
    /// A department with its keys and powers.
    Department(DepartmentPlan),
    /// A successor of the newest key.
    Rotate { purpose: KeyPurpose, department: Option<String> },
    /// The end of one key.
    Retire(KeyId),
    /// The end of all keys but the newest.
    RetireOlder { purpose: KeyPurpose, department: Option<String> },
    /// A licence type; without a version, the newest that the service has.
    PublishType { slug: Slug, version: Option<u16> },
}

impl Wish {
    pub(super) fn parse(body: &Value) -> Result<Self, RequestError> {
        let all = Members::open(body, String::new(), &["department", "rotate", "retire", "publish_type"])?;
        let mut wishes = Vec::new();
        if let Some(value) = all.get("department") {
            wishes.push(department(value, all.pointer("department"))?);
        }
        if let Some(value) = all.get("rotate") {
            let members = Members::open(value, all.pointer("rotate"), &["purpose", "department"])?;
            let purpose = members.required("purpose", purpose)?;
            wishes.push(Self::Rotate { purpose, department: members.text("department")? });
        }
        if let Some(value) = all.get("retire") {
            let members = Members::open(value, all.pointer("retire"), &["key", "purpose", "department"])?;
            wishes.push(match members.parsed("key")? {
                Some(key) => Self::Retire(key),
                None => {
                    let purpose = members.required("purpose", purpose)?;
                    Self::RetireOlder { purpose, department: members.text("department")? }
                }
            });
        }
        if let Some(value) = all.get("publish_type") {
            let members = Members::open(value, all.pointer("publish_type"), &["type", "version"])?;
            let slug = members.required("type", Members::parsed)?;
            wishes.push(Self::PublishType { slug, version: version(&members)? });
        }
        let one = "exactly one of department, rotate, retire, publish_type".to_owned();
        match (wishes.pop(), wishes.is_empty()) {
            (Some(wish), true) => Ok(wish),
            _ => Err(RequestError::rule("", ClaimRule::Form(one))),
        }
    }
}

fn department(value: &Value, at: String) -> Result<Wish, RequestError> {
    let members = Members::open(value, at, &["slug", "code", "name", "region", "powers"])?;
    let powers = members.list("powers")?.unwrap_or_default();
    Ok(Wish::Department(DepartmentPlan {
        slug: members.required("slug", Members::parsed)?,
        code: members.required("code", Members::parsed)?,
        name: members.required("name", bilingual)?,
        region: members.parsed("region")?,
        powers: powers.into_iter().map(|(value, at)| power(value, at)).collect::<Result<_, _>>()?,
    }))
}

fn power(value: &Value, at: String) -> Result<PowerPlan, RequestError> {
    let members = Members::open(value, at, &["type", "region", "from", "until", "basis"])?;
    Ok(PowerPlan {
        licence_type: members.required("type", Members::parsed)?,
        region: members.parsed("region")?,
        from: members.day("from")?,
        until: members.day("until")?,
        basis: members.required("basis", bilingual)?,
    })
}

fn bilingual(members: &Members<'_>, name: &str) -> Result<Option<Bilingual>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let texts = Members::open(value, members.pointer(name), &["zh", "en"])?;
    let text = |name| texts.required(name, Members::text);
    Ok(Some(Bilingual { zh: text("zh")?, en: text("en")? }))
}

fn purpose(members: &Members<'_>, name: &str) -> Result<Option<KeyPurpose>, RequestError> {
    let Some(text) = members.string(name)? else { return Ok(None) };
    let word: StrDeserializer<'_, ValueError> = text.into_deserializer();
    KeyPurpose::deserialize(word).map(Some).map_err(|_| {
        let options = ["issuing", "registry", "credential", "seal", "status", "report", "checkpoint"];
        let options = options.map(str::to_owned).to_vec();
        RequestError::rule(members.pointer(name), ClaimRule::OneOf { options })
    })
}

fn version(members: &Members<'_>) -> Result<Option<u16>, RequestError> {
    let Some(value) = members.get("version") else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0);
    number.map(Some).ok_or_else(|| {
        let problem = "not a version: 1, 2, 3 …".to_owned();
        RequestError::at(members.pointer("version"), RequestErrorKind::InvalidClaim(ClaimRule::Form(problem)))
    })
}
