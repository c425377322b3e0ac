//! What an operator asks a ceremony for, as it comes over the wire: one member says what. Not here: whether it can be
//! done (`prepare`).

mod people;

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

use crate::catalogue::{
    Bilingual, Calendar, ClaimRule, DepartmentPlan, Members, PowerPlan, Promised, RequestError,
    RequestErrorKind, Responsibility, WorkingDays, Written,
};
use crate::crypto::{KeyId, KeyPurpose};
use crate::ledger::body::{OfficerId, PowerId};
use crate::values::identifiers::{Region, Slug};

impl Written for PowerId {
    const ZH: &'static str = "权力编号：1 至 64 个小写字母、数字或连字符";
}

/// Most powers that one ceremony grants: as many as a registrar can read before signing.
const MOST_POWERS: usize = 100;

pub(super) use people::{BroughtKey, OfficerWish};

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
    /// An officer, new or changed.
    Officer(OfficerWish),
    /// The end of an officer.
    OfficerLeft(OfficerId),
    /// The working days of a year.
    Calendar(Calendar),
    /// By which rules cards are raised (TOML); without them, the service's own.
    Supervision(Option<String>),
    /// Powers for a department that is registered.
    GrantPowers { department: String, powers: Vec<PowerPlan> },
    /// The end of one power.
    WithdrawPower(PowerId),
    /// The end of the one power that a department has for a type, in a region if that is said.
    WithdrawPowerOf { department: String, licence_type: Slug, region: Option<Region> },
}

/// The members of a request, of which there is exactly one.
const WISHES: [&str; 10] = [
    "department",
    "rotate",
    "retire",
    "publish_type",
    "officer",
    "officer_left",
    "calendar",
    "supervision",
    "grant_powers",
    "withdraw_power",
];

impl Wish {
    pub(super) fn parse(body: &Value) -> Result<Self, RequestError> {
        let all = Members::open(body, String::new(), &WISHES)?;
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
        if let Some(value) = all.get("officer") {
            wishes.push(people::officer(value, all.pointer("officer"))?);
        }
        if let Some(value) = all.get("officer_left") {
            wishes.push(people::officer_left(value, all.pointer("officer_left"))?);
        }
        if let Some(value) = all.get("calendar") {
            wishes.push(people::calendar(value, all.pointer("calendar"))?);
        }
        if let Some(value) = all.get("supervision") {
            let members = Members::open(value, all.pointer("supervision"), &["rules"])?;
            // A whole file, with its lines: what it may say is for whoever reads it.
            wishes.push(Self::Supervision(members.string("rules")?.map(str::to_owned)));
        }
        if let Some(value) = all.get("grant_powers") {
            wishes.push(grant(value, all.pointer("grant_powers"))?);
        }
        if let Some(value) = all.get("withdraw_power") {
            wishes.push(withdrawal(value, all.pointer("withdraw_power"))?);
        }
        let one = || {
            let en = format!("exactly one of {}", WISHES.join(", "));
            ClaimRule::described(format!("其中之一，且只有一项：{}", WISHES.join("、")), en)
        };
        match (wishes.pop(), wishes.is_empty()) {
            (Some(wish), true) => Ok(wish),
            _ => Err(RequestError::rule("", one())),
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
    let known = ["type", "region", "from", "until", "basis", "responsibility"];
    let members = Members::open(value, at, &known)?;
    Ok(PowerPlan {
        licence_type: members.required("type", Members::parsed)?,
        region: members.parsed("region")?,
        from: members.day("from")?,
        until: members.day("until")?,
        basis: members.required("basis", bilingual)?,
        responsibility: responsibility(&members, "responsibility")?,
    })
}

fn grant(value: &Value, at: String) -> Result<Wish, RequestError> {
    let members = Members::open(value, at, &["department", "powers"])?;
    let department = members.required("department", Members::text)?;
    let items = members.required("powers", Members::list)?;
    if items.is_empty() || items.len() > MOST_POWERS {
        let rule = ClaimRule::Count { min: 1, max: MOST_POWERS, found: items.len() };
        return Err(RequestError::rule(members.pointer("powers"), rule));
    }
    let mut powers = Vec::with_capacity(items.len());
    for (value, at) in items {
        let power = power(value, at.clone())?;
        if power.responsibility.is_none() {
            return Err(RequestError::at(format!("{at}/responsibility"), RequestErrorKind::Missing));
        }
        powers.push(power);
    }
    Ok(Wish::GrantPowers { department, powers })
}

fn withdrawal(value: &Value, at: String) -> Result<Wish, RequestError> {
    let members = Members::open(value, at, &["power", "department", "type", "region"])?;
    let Some(power) = members.parsed("power")? else {
        return Ok(Wish::WithdrawPowerOf {
            department: members.required("department", Members::text)?,
            licence_type: members.required("type", Members::parsed)?,
            region: members.parsed("region")?,
        });
    };
    // An id says it all: what stands beside it could only contradict it.
    match ["department", "type", "region"].into_iter().find(|name| members.get(name).is_some()) {
        Some(spare) => Err(RequestError::rule(members.pointer(spare), ClaimRule::OutOfPlace)),
        None => Ok(Wish::WithdrawPower(power)),
    }
}

fn responsibility(members: &Members<'_>, name: &str) -> Result<Option<Responsibility>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let parts = Members::open(value, members.pointer(name), &["office", "promised", "complaints"])?;
    Ok(Some(Responsibility {
        office: parts.required("office", bilingual)?,
        promised: parts.required("promised", promised)?,
        complaints: parts.required("complaints", bilingual)?,
    }))
}

fn promised(members: &Members<'_>, name: &str) -> Result<Option<Promised>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let parts = Members::open(value, members.pointer(name), &["working_days"])?;
    Ok(Some(Promised { working_days: parts.required("working_days", working_days)? }))
}

fn working_days(members: &Members<'_>, name: &str) -> Result<Option<WorkingDays>, RequestError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let days = value.as_u64().and_then(|days| WorkingDays::try_from(days).ok());
    days.map(Some).ok_or_else(|| {
        let most = WorkingDays::MOST;
        let (zh, en) =
            (format!("0 至 {most} 的整数(工作日)"), format!("a whole number of working days, 0 to {most}"));
        RequestError::rule(members.pointer(name), ClaimRule::described(zh, en))
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
        let rule = ClaimRule::described("版本号：1、2、3……", "a version: 1, 2, 3 …");
        RequestError::rule(members.pointer("version"), rule)
    })
}
