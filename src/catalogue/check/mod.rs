//! Whether a request is one its licence type allows: holders, codes and their check characters, claims, validity.
//! Pure; the day is an argument. Not here: power, approvals, cases, several per holder, whether the licence would
//! outlive its certificate — those need the ledger and the keys.

mod correction;
mod holders;
mod rows;
mod validity;
mod whole;

use serde_json::{Map, Value};

pub use holders::Holder;

use super::licence_type::LicenceType;
use super::refusal::{RequestError, RequestErrorKind, below};
use super::request::IssueRequest;
use crate::values::identifiers::{Slug, TypeCode};
use crate::values::time::Date;

/// What a request says of the licence itself, checked against its type. Only [`LicenceType::check`] makes one.
/// Number, reference, region, holder key, case and approvals stay with the request.
#[derive(Clone, PartialEq)]
pub struct Checked {
    slug: Slug,
    version: u16,
    type_code: TypeCode,
    holders: Vec<Holder>,
    claims: Map<String, Value>,
    valid_from: Date,
    valid_until: Option<Date>,
}

impl LicenceType {
    /// Checks a request made on the day `today`. The first refusal is returned: type, holders, claims, validity.
    pub fn check(&self, request: &IssueRequest, today: Date) -> Result<Checked, RequestError> {
        let at = |member: &str| below(&request.pointer, member);
        if !self.is_called(&request.licence_type) {
            let found = request.licence_type.chars().take(64).collect();
            return Err(RequestError::at(at("type"), RequestErrorKind::UnknownType { found }));
        }
        let holders = self.check_holders(&request.holders, at("holders"))?;
        self.schema().check(&request.claims, &at("claims"))?;
        self.check_rows(&request.claims, holders.len(), &at("claims"))?;
        request.check_recorded(today)?;
        self.check_validity(request, today)
            .map_err(|(member, rule)| RequestError::at(at(member), RequestErrorKind::Validity(rule)))?;
        Ok(Checked {
            slug: self.slug().clone(),
            version: self.version(),
            type_code: self.type_code().clone(),
            holders,
            claims: request.claims.clone(),
            valid_from: request.valid_from,
            valid_until: request.valid_until,
        })
    }
}

impl LicenceType {
    /// Checks what there is of a request to which its department will add claims.
    pub fn check_in_part(&self, request: &IssueRequest, today: Date) -> Result<(), RequestError> {
        let at = |member: &str| below(&request.pointer, member);
        self.check_holders(&request.holders, at("holders"))?;
        self.schema().check_each(&request.claims, &at("claims"))?;
        self.check_validity(request, today)
            .map_err(|(member, rule)| RequestError::at(at(member), RequestErrorKind::Validity(rule)))
    }
}

impl Checked {
    /// The type's slug.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// The type's version.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// 证照类型代码.
    pub fn type_code(&self) -> &TypeCode {
        &self.type_code
    }

    /// The holders, in the order of the request.
    pub fn holders(&self) -> &[Holder] {
        &self.holders
    }

    /// The claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// First day.
    pub fn valid_from(&self) -> Date {
        self.valid_from
    }

    /// Last day; none is 长期.
    pub fn valid_until(&self) -> Option<Date> {
        self.valid_until
    }
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checked({}/{}, {} holders)", self.slug, self.version, self.holders.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::tests::{edited, file_of};
    use crate::catalogue::{LicenceType, TYPE_FILE};
    use serde_json::json;

    fn licence_type(slug: &str) -> LicenceType {
        LicenceType::from_files(&|name| file_of(&format!("{slug}/1"), name)).unwrap()
    }

    fn company() -> Value {
        json!({
            "type": "business-licence",
            "holders": [{"name": "样例公司", "code": "91350100M000100Y43", "code_type": "001"}],
            "claims": {"established": "2020-02-29"},
            "valid_from": "2020-02-29", "valid_until": null,
        })
    }

    fn person() -> Value {
        json!({
            "type": "identity-attestation",
            "holder": {"name": "张三", "code": "11010519491231002X", "code_type": "111"},
            "claims": {"sex": "女", "birth_date": "1949-12-31", "address": "样例市样例路1号"},
            "valid_from": "2026-11-22", "valid_until": "2027-11-22",
        })
    }

    fn checked(licence_type: &LicenceType, request: &Value) -> Result<Checked, RequestError> {
        licence_type.check(&IssueRequest::parse(request)?, "2026-11-22".parse().unwrap())
    }

    /// Replaces a member that is there, or adds one to an object that is there.
    fn with(mut request: Value, pointer: &str, value: Value) -> Value {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[name] = value;
        request
    }

    #[test]
    fn what_a_type_allows_is_laid_out() {
        let business = licence_type("business-licence");
        let layout = business.layout(&checked(&business, &company()).unwrap());
        assert!(layout.disclosable.is_empty());
        let by_code = with(company(), "/type", json!("11100000MB0143028R001"));
        assert_eq!(checked(&business, &by_code).unwrap(), checked(&business, &company()).unwrap());

        let identity = licence_type("identity-attestation");
        let layout = identity.layout(&checked(&identity, &person()).unwrap());
        let expected = json!({
            "holders": [{"name": "张三", "code": "11010519491231002X", "code_type": "111"}],
            "claims": person()["claims"],
        });
        assert_eq!(Value::Object(layout.claims), expected);
        let disclosable: std::collections::BTreeSet<_> =
            layout.disclosable.iter().map(String::as_str).collect();
        let all =
            ["/holders/0/name", "/holders/0/code", "/claims/sex", "/claims/birth_date", "/claims/address"];
        assert_eq!(disclosable, all.into());
    }

    #[test]
    fn what_a_type_does_not_allow_is_refused_where_it_stands() {
        let business = licence_type("business-licence");
        let holder = company()["holders"][0].clone();
        for (at, value, pointer, text) in [
            ("/type", json!("identity-attestation"), "/type", "no licence type"),
            ("/holders", json!([]), "/holders", "between 1 and 1 are allowed, found 0"),
            ("/holders", json!([holder, holder]), "/holders", "found 2"),
            ("/holders/0/code_type", json!("111"), "/holders/0/code_type", "one of 001"),
            (
                "/holders/0/code",
                json!("91350100M000100Y44"),
                "/holders/0/code",
                "91350100M000100Y44 should be 3, found 4",
            ),
            ("/holders/0/code", json!("9135"), "/holders/0/code", "18 characters, found 4"),
            ("/holders/0/code", json!("91350100m000100Y43"), "/holders/0/code", "not used"),
            ("/holders/0/role", json!("owner"), "/holders/0/role", "no roles"),
            ("/claims", json!({}), "/claims/established", "required"),
            ("/claims/established", json!("2020-02-30"), "/claims/established", "calendar day"),
            ("/claims/kind", json!(""), "/claims/kind", "empty"),
            ("/claims/capital", json!(100), "/claims/capital", "expected a string"),
            ("/claims/colour", json!("red"), "/claims/colour", "not known"),
            ("/claims/scope", json!(" \n"), "/claims/scope", "empty"),
            ("/claims/scope", json!("a\u{7}"), "/claims/scope", "control"),
            ("/claims/city", json!("a\nb"), "/claims/city", "control"),
            ("/claims/scope", json!("x".repeat(16_001)), "/claims/scope", "at most 16000"),
            ("/valid_until", json!("2020-02-28"), "/valid_until", "before it begins"),
            ("/valid_from", json!("2026-12-23"), "/valid_from", "at most 30 days"),
        ] {
            let error = checked(&business, &with(company(), at, value)).unwrap_err();
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        for (at, value) in [
            ("/type", json!("x")),
            ("/holders", json!([])),
            ("/holders/0/code_type", json!("111")),
            ("/claims/kind", json!("")),
            ("/valid_from", json!("2026-12-23")),
        ] {
            let inside = json!({"licence": with(company(), at, value)});
            let request = IssueRequest::parse_at(&inside["licence"], "/licence").unwrap();
            let error = business.check(&request, "2026-11-22".parse().unwrap()).unwrap_err();
            assert_eq!(error.pointer, format!("/licence{at}"));
        }
        for (at, value) in [
            ("/valid_from", json!("2026-12-22")),
            ("/valid_until", json!("2020-02-29")),
            ("/claims/scope", json!(format!("甲;\n{}", "乙".repeat(15_990)))),
        ] {
            checked(&business, &with(company(), at, value)).unwrap();
        }
    }

    #[test]
    fn what_was_granted_long_ago_keeps_its_days() {
        let identity = licence_type("identity-attestation");
        let recorded = |changes: &[(&str, Value)]| {
            let mut request = person();
            request["recorded"] = json!({"trust": "A", "standing": "valid", "source": "档案"});
            request["licence_number"] = json!("旧字第7号");
            request["valid_from"] = json!("1999-01-01");
            request["valid_until"] = json!("2019-12-31");
            changes.iter().fold(request, |request, (at, value)| with(request, at, value.clone()))
        };
        checked(&identity, &recorded(&[])).unwrap();
        checked(&identity, &recorded(&[("/recorded/issued_on", json!("2026-11-22"))])).unwrap();
        for (changes, pointer, text) in [
            (&[("/licence_number", Value::Null)][..], "/licence_number", "required"),
            (&[("/valid_until", json!("1998-12-31"))], "/valid_until", "before it begins"),
            (&[("/valid_until", Value::Null)], "/valid_until", "needs a last day"),
            (&[("/valid_from", json!("2026-11-23"))], "/valid_from", "at most 0 days"),
            (&[("/recorded/issued_on", json!("2026-11-23"))], "/recorded/issued_on", "not after today"),
            (
                &[("/recorded/standing_since", json!("2027-01-01"))],
                "/recorded/standing_since",
                "not after today",
            ),
            (
                &[
                    ("/recorded/issued_on", json!("2001-01-01")),
                    ("/recorded/standing_since", json!("2000-12-31")),
                ],
                "/recorded/standing_since",
                "before the licence was issued on 2001-01-01",
            ),
            (&[("/holder/code", json!("110105194912310021"))], "/holder/code", "should be X"),
        ] {
            let error = checked(&identity, &recorded(changes)).unwrap_err();
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn a_person_is_not_named_in_a_refusal() {
        let identity = licence_type("identity-attestation");
        for (at, value, pointer, text) in [
            (
                "/holder/code",
                json!("110105194912310021"),
                "/holder/code",
                "1****************1 should be X, found 1",
            ),
            ("/holder/code", json!("11010519490231002X"), "/holder/code", "date of birth"),
            ("/claims/sex", json!("?"), "/claims/sex", "男, 女"),
            ("/valid_until", Value::Null, "/valid_until", "needs a last day"),
            ("/valid_until", json!("2027-11-23"), "/valid_until", "at most 366 days, found 367"),
            ("/valid_from", json!("2026-11-21"), "/valid_from", "before today"),
            ("/valid_from", json!("2026-11-23"), "/valid_from", "at most 0 days"),
            ("/valid_until", json!("2026-11-21"), "/valid_until", "before it begins"),
        ] {
            let error = checked(&identity, &with(person(), at, value)).unwrap_err();
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert!(!format!("{error:?}{}", error.kind.zh()).contains("19491231"), "{error:?}");
        }
    }

    const ROLES: &str = r#"roles = [
        { role = "owner", name = { zh = "所有人", en = "Owner" }, min = 1, max = 1 },
        { role = "user", name = { zh = "使用人", en = "User" }, min = 0, max = 1 },
    ]"#;

    #[test]
    fn several_holders_with_roles() {
        let text = String::from_utf8(file_of("business-licence/1", "metadata.json").unwrap()).unwrap();
        let role = r#""claims": [{"path":["holders",null,"role"],"mandatory":true,"sd":"never",
            "display":[{"locale":"zh-CN","label":"角色"},{"locale":"en","label":"Role"}]},"#;
        let metadata = text.replacen("\"claims\": [", role, 1).into_bytes();
        let named = edited(
            "business-licence/1",
            "example.json",
            "\"code_type\"",
            "\"role\": \"owner\", \"code_type\"",
        );
        let example = named("example.json").unwrap();
        let rules = edited("business-licence/1", TYPE_FILE, "max = 1", "max = 2");
        let rules = String::from_utf8(rules(TYPE_FILE).unwrap()).unwrap();
        let rules = rules.replace("roles = []", ROLES).into_bytes();
        let shared = LicenceType::from_files(&|name| match name {
            "type.toml" => Some(rules.clone()),
            "metadata.json" => Some(metadata.clone()),
            "example.json" => Some(example.clone()),
            name => file_of("business-licence/1", name),
        })
        .unwrap();
        let holder =
            |code: &str, role: Value| json!({"name": "甲", "code": code, "code_type": "001", "role": role});
        let (first, second) = ("91350100M000100Y43", "11100000000013127D");
        let both = |second_code, role| {
            let holders = json!([holder(first, json!("owner")), holder(second_code, role)]);
            checked(&shared, &with(company(), "/holders", holders))
        };
        let layout = shared.layout(&both(second, json!("user")).unwrap());
        assert_eq!(layout.claims["holders"][1]["role"], "user");
        for (code, role, pointer) in [
            (first, json!("user"), "/holders/1/code"),
            (second, json!("thief"), "/holders/1/role"),
            (second, Value::Null, "/holders/1/role"),
            (second, json!("owner"), "/holders/1/role"),
        ] {
            assert_eq!(both(code, role).unwrap_err().pointer, pointer);
        }
        let alone = checked(&shared, &with(company(), "/holders", json!([holder(first, json!("user"))])));
        let error = alone.unwrap_err();
        assert_eq!(error.pointer, "/holders");
        assert!(error.to_string().contains("have the role owner, found 0"), "{error}");
    }

    #[test]
    fn rows_name_their_holders() {
        let marriage = licence_type("marriage-registration");
        let example = marriage.example();
        let layout = marriage.layout(&checked(&marriage, example).unwrap());
        for pointer in ["/claims/parties", "/claims/parties/0", "/claims/parties/1"] {
            assert!(layout.disclosable.iter().any(|one| one == pointer), "{pointer}");
        }
        for (at, value, pointer, text) in [
            ("/claims/parties/1/holder", json!(3), "/claims/parties/1/holder", "no holder 3"),
            ("/claims/parties/1/holder", json!(1), "/claims/parties/1/holder", "already has a row"),
            ("/claims/parties/1/holder", json!(0), "/claims/parties/1/holder", "minimum"),
            ("/claims/parties/1/holder", json!("2"), "/claims/parties/1/holder", "found a string"),
            ("/claims/parties/0/name", json!("x"), "/claims/parties/0/name", "not known"),
            ("/claims/parties/0/birth_date", json!("1950-02-30"), "/claims/parties/0/birth_date", "calendar"),
            ("/claims/parties", json!([]), "/claims/parties", "at least 2"),
            ("/holders/1/role", json!("subject"), "/holders/1/role", "one of spouse"),
        ] {
            let error = checked(&marriage, &with(example.clone(), at, value)).unwrap_err();
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        let household = licence_type("household-register");
        let head_alone = json!([household.example()["claims"]["members"][0]]);
        let request = with(household.example().clone(), "/claims/members", head_alone);
        let error = checked(&household, &request).unwrap_err();
        assert_eq!(error.pointer, "/claims/members");
        assert!(error.to_string().contains("holder 2 has no row"), "{error}");
        let title = licence_type("real-estate-title");
        let half = json!([{"holder": 1, "share": "60%"}]);
        let error = checked(&title, &with(title.example().clone(), "/claims/shares", half)).unwrap_err();
        assert_eq!(error.pointer, "/claims/shares", "{error}");
        let joint = with(title.example().clone(), "/claims/ownership", json!("共同共有"));
        let error = checked(&title, &joint).unwrap_err();
        assert!(error.pointer == "/claims/shares" && error.to_string().contains("leave it out"), "{error}");
        let mut missing = title.example().clone();
        missing["claims"].as_object_mut().unwrap().remove("shares");
        assert_eq!(checked(&title, &missing).unwrap_err().pointer, "/claims/shares");
    }
}
