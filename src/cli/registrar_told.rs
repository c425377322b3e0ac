//! What a registrar is about to sign, in words: each statement is read as the entry it will become, and is shown only
//! if that entry's statement is the very bytes that are signed. Not here: signing (`registrar`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::officer_told;
use crate::authority::{Statement, Statements};
use crate::catalogue::PowerBasis;
use crate::crypto::Digest;
use crate::ledger::body::{AuthorityFounded, BlobRef, Body, Kind, Name, Owner, PowerGranted, PowerWithdrawn};
use crate::ledger::entry::statement;
use crate::values::identifiers::{CreditCode, Origin};
use crate::values::lang::Lang;
use crate::wiring::told::Told;

/// What follows kind and origin in a statement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    body: Value,
    prev: Option<Digest>,
}

/// What one statement is about.
#[derive(Debug)]
pub(super) struct Meant {
    /// The entry that it will become.
    body: Body,
    /// Of a power: what the blob says that it names, if that came with it.
    basis: Option<PowerBasis>,
}

/// What statements are about; refused where one is not what it says it is, or is of another ledger.
pub(super) fn read(statements: &Statements, expected: Option<&Origin>) -> Result<Vec<Meant>, Told> {
    let found = &statements.origin;
    if let Some(expected) = expected.filter(|expected| expected.as_str() != found) {
        return Err(Told::new(
            format!("这些声明属于账本 {found},不是 {expected}:请不要签名"),
            format!("these statements are of ledger {found}, not of {expected}; do not sign"),
        ));
    }
    let meant = |one: &Statement| {
        let origin: Origin = found.parse().ok()?;
        let head = format!("vidimus/statement/{}/v1\n{origin}\n", one.kind);
        let said: Said = serde_json::from_slice(one.sign.0.strip_prefix(head.as_bytes())?).ok()?;
        let body = Body::from_value(Kind::parse(&one.kind)?, said.body).ok()?;
        let basis = match (&body, &one.basis) {
            (_, None) => None,
            (Body::PowerGranted(granted), Some(blob)) if granted.basis == BlobRef::of(&blob.0) => {
                Some(serde_json::from_slice(&blob.0).ok()?)
            }
            (_, Some(_)) => return None,
        };
        let same = statement(&body, said.prev, &origin).ok()? == one.sign.0;
        same.then_some(Meant { body, basis })
    };
    let read = statements.statements.iter().enumerate().map(|(place, one)| {
        meant(one).ok_or_else(|| {
            Told::new(
                format!("第 {place} 项声明与其所称不符:请不要签名"),
                format!("statement {place} is not what it says it is; do not sign"),
            )
        })
    });
    read.collect()
}

/// One line a statement.
pub(super) fn told(statements: &Statements, all: &[Meant], lang: Lang) -> String {
    let (count, origin) = (all.len(), &statements.origin);
    let occasion = match (statements.ceremony, lang) {
        (Some(id), Lang::Zh) => format!("仪式 {id}"),
        (Some(id), Lang::En) => format!("ceremony {id}"),
        (None, lang) => lang.choose("建立", "founding").to_owned(),
    };
    let mut text = lang.choose(
        format!("您将对账本 {origin} 的 {count} 项声明签名({occasion}):\n"),
        format!("You are signing {count} statements for ledger {origin} ({occasion}):\n"),
    );
    let names = Names::of(all);
    for (place, meant) in all.iter().enumerate() {
        let body = &meant.body;
        let until = match body.approvals() {
            Some((_, Some(until))) => {
                lang.choose(format!(";{until} 前有效"), format!("; counts until {until}"))
            }
            _ => String::new(),
        };
        // A String takes every write.
        let _written = writeln!(text, "  {place} {} — {}{until}", body.kind(), line(meant, &names, lang));
    }
    text
}

fn line(Meant { body, basis }: &Meant, names: &Names<'_>, lang: Lang) -> String {
    match body {
        Body::AuthorityFounded(founded) => authority(founded, lang),
        Body::DepartmentRegistered(body) => {
            let (name, slug, code, region) = (both(&body.name), &body.slug, &body.code, &body.region);
            lang.choose(
                format!("登记部门 {name}({slug},{code}),区域 {region}"),
                format!("registers the department {name} ({slug}, {code}), region {region}"),
            )
        }
        Body::KeyIntroduced(body) => {
            let (purpose, id) = (body.title.purpose, body.title.spki.id());
            let owner = names.owner(&body.title.owner, lang);
            lang.choose(
                format!("引入 {owner} 的 {purpose} 密钥 {id}"),
                format!("introduces {purpose} key {id} of {owner}"),
            )
        }
        Body::KeyRetired(body) => {
            lang.choose(format!("停用密钥 {}", body.key), format!("retires key {}", body.key))
        }
        Body::TypePublished(body) => {
            let (slug, version, code) = (&body.r#type, body.version, &body.type_code);
            lang.choose(
                format!("发布证照类型 {slug} 第 {version} 版({code})"),
                format!("publishes licence type {slug}, version {version} ({code})"),
            )
        }
        Body::PowerGranted(body) => power(body, names, lang) + &grounds(body, basis.as_ref(), lang),
        Body::PowerWithdrawn(PowerWithdrawn { power, .. }) => lang.choose(
            format!("收回权力 {power}(内容见 `vidimus power list`)"),
            format!("withdraws power {power} (`vidimus power list` says what it is)"),
        ),
        Body::OfficerAppointed(body) => {
            let department = names.owner(&Owner::Department(body.department.clone()), lang);
            officer_told::appointed(body, &department, lang)
        }
        Body::OfficerLeft(body) => officer_told::left(body, lang),
        Body::ProcessPublished(body) => officer_told::process(body, lang),
        Body::CalendarPublished(body) => officer_told::calendar(body, lang),
        Body::SupervisionPublished(body) => {
            let digest = body.rules.sha256;
            lang.choose(
                format!("公布监察规则（摘要 {digest}）：此后的黄牌、红牌必须入账"),
                format!("publishes rules of supervision ({digest}): from then on the cards that they raise have to be entered"),
            )
        }
        // Rarer ones as they are: the kind stands before it.
        body => body.to_value().map(|value| value.to_string()).unwrap_or_default(),
    }
}

fn authority(founded: &AuthorityFounded, lang: Lang) -> String {
    let registrars: Vec<_> = founded.registrars.iter().map(|title| title.spki.id().to_string()).collect();
    let (name, code, region, base_url) =
        (both(&founded.name), &founded.code, &founded.region, &founded.base_url);
    let (quorum, count, registrars) = (founded.quorum, registrars.len(), registrars.join(", "));
    let (root, registry) = (founded.root.title.spki.id(), founded.registry.spki.id());
    let vkey = &founded.checkpoint.vkey;
    lang.choose(
        format!(
            "建立机关 {name}({code}),区域 {region},网址 {base_url};登记人 {count} 人中须 {quorum} 人批准:{registrars};根密钥 {root},登记密钥 {registry},账本公钥 {vkey}"
        ),
        format!(
            "founds the authority {name} ({code}), region {region}, at {base_url}; {quorum} of {count} registrars approve: {registrars}; root key {root}, registry key {registry}, ledger key {vkey}"
        ),
    )
}

fn power(body: &PowerGranted, names: &Names<'_>, lang: Lang) -> String {
    let (licence_type, region, from, id) = (&body.r#type, &body.region, body.from, &body.power);
    let department = names.owner(&Owner::Department(body.department.clone()), lang);
    let until =
        body.until.map_or_else(|| lang.choose("长期", "without end").to_owned(), |day| day.to_string());
    lang.choose(
        format!("授权 {department} 签发 {licence_type},区域 {region},自 {from} 至 {until}({id})"),
        format!("lets {department} issue {licence_type} in {region}, from {from} until {until} ({id})"),
    )
}

/// On what basis, and who answers for it; the digest where nothing but that came along.
fn grounds(body: &PowerGranted, basis: Option<&PowerBasis>, lang: Lang) -> String {
    let Some(PowerBasis { zh, en, responsibility }) = basis else {
        let digest = body.basis.sha256;
        return lang.choose(format!(";依据摘要 {digest}"), format!("; digest of the basis {digest}"));
    };
    let duty = responsibility.as_ref().map(|duty| {
        let promised = duty.promised.text(lang);
        lang.choose(
            format!(";责任:{},{promised};投诉:{}", duty.office.zh, duty.complaints.zh),
            format!("; {} answers, {promised}; complaints: {}", duty.office.en, duty.complaints.en),
        )
    });
    let basis = lang.choose(format!(";依据:{zh}"), format!("; basis: {en}"));
    basis + &duty.unwrap_or_default()
}

/// The names of departments that the statements themselves give.
struct Names<'a>(BTreeMap<&'a CreditCode, &'a Name>);

impl<'a> Names<'a> {
    fn of(all: &'a [Meant]) -> Self {
        let named = all.iter().filter_map(|meant| match &meant.body {
            Body::DepartmentRegistered(body) => Some((&body.code, &body.name)),
            _ => None,
        });
        Self(named.collect())
    }

    fn owner(&self, owner: &Owner, lang: Lang) -> String {
        match owner {
            Owner::Authority => lang.choose("主管机关", "the authority").to_owned(),
            Owner::Department(code) => match self.0.get(code) {
                Some(name) => format!("{} ({code})", both(name)),
                None => code.to_string(),
            },
        }
    }
}

fn both(name: &Name) -> String {
    format!("{} / {}", name.zh, name.en)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::founding::{Founding, NewKeys, Site};
    use crate::catalogue::{AuthorityPlan, Catalogue};
    use crate::crypto::KeyPurpose;
    use crate::crypto::base64url::Base64Url;
    use crate::values::time::Time;
    use crate::wiring::entropy::SystemEntropy;

    #[test]
    fn nobody_signs_blind() {
        let (plan, catalogue) = (AuthorityPlan::sample().unwrap(), Catalogue::built_in().unwrap());
        let entropy = SystemEntropy::new();
        let keys = NewKeys::make(&plan, &entropy).unwrap();
        let (origin, base_url) = (keys.sample_origin().unwrap(), "https://a.example".parse().unwrap());
        let now = Time::from_millis(1_795_327_200_000).unwrap();
        let site = Site { base_url: &base_url, origin: &origin, now, not_after: now.plus(86_400_000) };
        let founding = Founding::compose(&plan, &catalogue, &keys, &site, &entropy).unwrap();
        let mut statements = founding.statements().unwrap();

        let all = read(&statements, Some(&origin)).unwrap();
        assert_eq!(all.len(), founding.size());
        let credential = plan.departments.first().unwrap().code.clone();
        let credential = keys.of(&Owner::Department(credential), KeyPurpose::Credential).unwrap().id();
        for lang in Lang::ALL {
            let told = told(&statements, &all, lang);
            assert_eq!(told.lines().count(), 1 + all.len());
            let shown = [
                origin.as_str(),
                "样例市市场监督管理局",
                "market-regulation",
                "business-licence",
                lang.choose("市场主体登记管理条例", "Administration of Market Entities, article 21"),
                lang.choose(
                    "登记注册科,3 个工作日内办结",
                    "Registration Office answers, within 3 working days",
                ),
                "0700-5550101",
                "https://a.example",
                &credential.to_string(),
                &site.not_after.to_string(),
            ];
            for shown in shown {
                assert!(told.contains(shown), "{shown} is not in {told}");
            }
        }

        // A basis that is not the one that is signed, or stands where none is.
        let place = statements.statements.iter().position(|one| one.basis.is_some()).unwrap();
        let basis = statements.statements[place].basis.take();
        let bare = told(&statements, &read(&statements, None).unwrap(), Lang::En);
        assert!(bare.contains("digest of the basis"), "{bare}");
        statements.statements[0].basis = basis.clone();
        assert!(read(&statements, None).is_err(), "a founding has no basis");
        statements.statements[0].basis = None;
        let altered = basis.clone().map(|blob| Base64Url([blob.0, b" ".to_vec()].concat()));
        statements.statements[place].basis = altered;
        assert!(read(&statements, None).is_err(), "another basis");
        statements.statements[place].basis = basis;

        let other = "licences.example.cn/1".parse().unwrap();
        assert!(read(&statements, Some(&other)).unwrap_err().to_string().contains("do not sign"));
        let last = statements.statements.len() - 1;
        let bytes = statements.statements[last].sign.0.clone();
        statements.statements[last].sign.0.push(b' ');
        assert!(read(&statements, None).is_err(), "not canonical");
        statements.statements[last].sign.0 = bytes;
        statements.statements[last].kind = "department.registered".to_owned();
        assert!(read(&statements, None).is_err(), "another kind");
    }
}
