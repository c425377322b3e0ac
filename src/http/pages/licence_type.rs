//! One licence type: who may hold it, how long it is valid, what it says and what of that can be withheld, who issues
//! it, what the ledger gives away. Its rules and metadata in words. Not here: what the rules decide (`catalogue`).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::facts::{Fact, fact};
use super::frame::{Frame, Section, Visit};
use super::powers::{Granted, granted};
use super::wording::When;
use super::{Link, names, page};
use crate::authority::Published;
use crate::catalogue::{Catalogue, Disclosure, LicenceType, ProcessRules, Rules, Source};
use crate::http::HttpState;
use crate::http::catalogue::called;
use crate::http::problem::Problem;
use crate::http::request::Params;
use crate::ledger::body::TypePublished;
use crate::ledger::state::Held;
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

#[derive(Template)]
#[template(path = "licence_type.html")]
struct Page<'a> {
    lang: Lang,
    frame: Frame,
    name: &'a str,
    description: &'a str,
    slug: &'a str,
    facts: Vec<Fact>,
    claims: Vec<Claim<'a>>,
    powers: Vec<Granted>,
    inferable: &'a str,
    metadata: String,
    versions: Vec<Version>,
}

/// One claim of the credential.
struct Claim<'a> {
    label: &'a str,
    path: String,
    mandatory: bool,
    may_be_withheld: bool,
    /// Where it comes from, and how it is shared; nothing for what issuing itself adds.
    source: Option<(Link, &'static str)>,
}

/// One version of the type.
struct Version {
    number: u64,
    since: When,
    ended: Option<When>,
    rules: String,
    schema: String,
}

/// `GET /{lang}/types/{code}`.
pub async fn show(
    State(state): State<Arc<HttpState>>,
    visit: Visit,
    Path(code): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let lang = visit.lang;
    let published = state.authority.published();
    let (licence_type, versions) = called(&state, &published, &code)?;
    let (rules, slug) = (licence_type.rules(), licence_type.slug().as_str());
    let powers = published
        .charter
        .powers_at(state.clock.now())
        .filter(|held| held.value.r#type == *licence_type.slug())
        .map(|held| granted(&state, &published, lang, held))
        .collect::<Result<_, _>>()?;
    let offset = published.charter.offset();
    let version = |held: &Held<TypePublished>| Version {
        number: held.value.version,
        since: When::time(lang, held.since.time, offset),
        ended: held.ended.map(|ended| When::time(lang, ended.time, offset)),
        rules: format!("/ledger/blob/sha256/{}", held.value.rules.sha256),
        schema: format!("/ledger/blob/sha256/{}", held.value.claims.sha256),
    };
    page(&Page {
        lang,
        frame: Frame::new(&state, &visit, Some(Section::Types)),
        name: lang.choose(&rules.name.zh, &rules.name.en),
        description: licence_type.metadata().description(lang.tag()),
        slug,
        facts: facts(lang, state.authority.catalogue(), licence_type),
        claims: claims(&published, lang, licence_type),
        powers,
        inferable: lang.choose(&rules.inferable.zh, &rules.inferable.en),
        metadata: format!("/types/{slug}/{}", licence_type.version()),
        versions: versions.iter().map(version).collect(),
    })
}

fn claims<'t>(published: &Published, lang: Lang, licence_type: &'t LicenceType) -> Vec<Claim<'t>> {
    let claims = licence_type.metadata().claims().iter();
    let written = |path: &[Option<String>]| {
        path.iter().map(|part| part.as_deref().unwrap_or("*")).collect::<Vec<_>>().join(".")
    };
    let source = |source: &Source| {
        let link = department(published, lang, &source.department);
        (link, lang.choose(source.sharing.zh(), source.sharing.en()))
    };
    claims
        .map(|claim| Claim {
            label: claim.label(lang.tag()),
            path: written(&claim.path),
            mandatory: claim.mandatory,
            may_be_withheld: claim.sd == Disclosure::Always,
            source: source_of(licence_type.rules(), &claim.path).map(source),
        })
        .collect()
}

/// The one source of what stands at a path.
fn source_of<'r>(rules: &'r Rules, path: &[Option<String>]) -> Option<&'r Source> {
    match path {
        [Some(root), ..] if root == "holders" => Some(&rules.sources.holders),
        [Some(root), Some(name), ..] if root == "claims" => rules.sources.claims.get(name),
        _ => None,
    }
}

/// A kind of department: the one of that name that is registered here, or else the name alone.
fn department(published: &Published, lang: Lang, slug: &Slug) -> Link {
    match published.charter.department_by_slug(slug) {
        Some(held) => Link {
            href: format!("/{lang}/departments/{slug}"),
            name: lang.choose(&held.value.name.zh, &held.value.name.en).clone(),
        },
        None => Link { href: format!("/{lang}/departments"), name: slug.to_string() },
    }
}

/// The rules in words.
fn facts(lang: Lang, catalogue: &Catalogue, licence_type: &LicenceType) -> Vec<Fact> {
    let rules = licence_type.rules();
    let defined_by = &rules.defined_by;
    let levels = rules.catalogue.issuing_levels.iter().map(|level| names::issuing_level(lang, *level));
    let mut facts = vec![
        fact(lang.choose("证照类型代码", "Type code"), licence_type.type_code().to_string()),
        fact(
            lang.choose("定义机构", "Defined by"),
            match lang {
                Lang::Zh => {
                    format!("{}（{}）", defined_by.name.zh, names::defining_level(lang, defined_by.level))
                }
                Lang::En => {
                    format!("{} ({})", defined_by.name.en, names::defining_level(lang, defined_by.level))
                }
            },
        ),
        fact(lang.choose("颁发机构级别", "Issued at level"), listed(lang, levels)),
        fact(lang.choose("关联事项", "Matter"), {
            let item = &rules.catalogue.related_item;
            lang.choose(&item.zh, &item.en).clone()
        }),
    ];
    facts.extend(holding(lang, rules));
    facts.extend(validity(lang, rules));
    facts.extend(proofs(lang, catalogue, licence_type));
    facts
}

/// 一源多用: what other licences prove for it, and what it proves for others.
fn proofs(lang: Lang, catalogue: &Catalogue, licence_type: &LicenceType) -> Vec<Fact> {
    let called = |slug: &Slug| {
        let known = catalogue.latest(slug);
        known
            .map_or_else(|| slug.to_string(), |known| lang.choose(&known.name().zh, &known.name().en).clone())
    };
    let proved = catalogue.facts().used_in(licence_type.slug()).map(|(shared, _)| {
        let by: Vec<String> = shared.proved.iter().map(|proved| called(&proved.r#type)).collect();
        let (name, by) = (lang.choose(&shared.name.zh, &shared.name.en), by.join(lang.choose("、", ", ")));
        lang.choose(format!("{name}（{by}）"), format!("{name} ({by})"))
    });
    let proves = catalogue.facts().proved_by(licence_type.slug());
    let proves: Vec<&str> =
        proves.map(|(shared, _)| lang.choose(shared.name.zh.as_str(), &shared.name.en)).collect();
    let proved: Vec<String> = proved.collect();
    let by_others = lang.choose("由其他证照证明的内容", "Proved by other licences");
    let for_others = lang.choose("为其他证照证明的内容", "Proves for other licences");
    let told = [
        (by_others, listed(lang, proved.iter().map(String::as_str))),
        (for_others, listed(lang, proves.into_iter())),
    ];
    told.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| fact(name, text)).collect()
}

/// Who may hold it.
fn holding(lang: Lang, rules: &Rules) -> Vec<Fact> {
    let holders = &rules.holders;
    let number = match (holders.min, holders.max, lang) {
        (1, 1, Lang::Zh) => "一个".to_owned(),
        (1, 1, Lang::En) => "one".to_owned(),
        (min, max, Lang::Zh) if min == max => format!("{min} 个"),
        (min, max, Lang::En) if min == max => format!("exactly {min}"),
        (min, max, Lang::Zh) => format!("{min} 至 {max} 个"),
        (min, max, Lang::En) => format!("{min} to {max}"),
    };
    let codes = holders.code_types.iter().map(|code| lang.choose(code.zh(), code.en()));
    let several = rules.issue.several_per_holder;
    let mut facts = vec![
        fact(
            lang.choose("持证主体", "Who may hold it"),
            names::holder_category(lang, rules.catalogue.holder_category).to_owned(),
        ),
        fact(lang.choose("持证主体个数", "How many holders"), number),
        fact(lang.choose("持证主体代码", "Identified by"), listed(lang, codes)),
    ];
    if !holders.roles.is_empty() {
        let roles = holders.roles.iter().map(|role| lang.choose(role.name.zh.as_str(), &role.name.en));
        facts.push(fact(lang.choose("角色", "Roles"), listed(lang, roles)));
    }
    facts.push(fact(
        lang.choose("同时持有多份", "Several at once"),
        match several {
            true => lang.choose("可以", "allowed"),
            false => lang.choose("不可以，一人一份有效", "not allowed: one valid at a time"),
        }
        .to_owned(),
    ));
    facts
}

/// From when, until when, and how it comes about.
fn validity(lang: Lang, rules: &Rules) -> Vec<Fact> {
    let validity = &rules.validity;
    let longest = match (validity.longest_days, validity.open_ended, lang) {
        (None, true, Lang::Zh) => "可以长期有效".to_owned(),
        (None, true, Lang::En) => "may be without end".to_owned(),
        (None, false, Lang::Zh) => "须有截止日期".to_owned(),
        (None, false, Lang::En) => "has a last day".to_owned(),
        (Some(days), true, Lang::Zh) => format!("最长 {days} 天，或长期有效"),
        (Some(days), true, Lang::En) => format!("at most {days} days, or without end"),
        (Some(days), false, Lang::Zh) => format!("最长 {days} 天"),
        (Some(days), false, Lang::En) => format!("at most {days} days"),
    };
    let future = validity.begins_in_future_days;
    let begins = match (validity.begins_in_past, future, lang) {
        (false, 0, Lang::Zh) => "签发当日".to_owned(),
        (false, 0, Lang::En) => "on the day of issue".to_owned(),
        (true, 0, Lang::Zh) => "签发当日或更早".to_owned(),
        (true, 0, Lang::En) => "on the day of issue or earlier".to_owned(),
        (false, days, Lang::Zh) => format!("签发当日起 {days} 天内"),
        (false, days, Lang::En) => format!("within {days} days of the day of issue"),
        (true, days, Lang::Zh) => format!("可早于签发日，最迟为签发后 {days} 天"),
        (true, days, Lang::En) => format!("earlier than the day of issue, or up to {days} days after it"),
    };
    let approvals = match rules.approvals.direct {
        true => lang.choose("即办，由部门直接签发", "directly by the department, without a case"),
        false => lang.choose("经审批后签发", "after examination and approval"),
    };
    let mut facts = vec![
        fact(lang.choose("有效期", "Validity"), longest),
        fact(lang.choose("有效期起始", "Begins"), begins),
        fact(lang.choose("签发方式", "Issued"), approvals.to_owned()),
    ];
    facts.extend(rules.process.iter().flat_map(|process| course(lang, process)));
    facts
}

/// Who approves, in what time, and what may be promised.
fn course(lang: Lang, process: &ProcessRules) -> Vec<Fact> {
    let approvers: Vec<String> = process
        .approvers
        .iter()
        .map(|one| {
            let lead = lang.choose("签发部门（牵头）", "the issuing department (lead)");
            let department = one.department.as_ref().map_or(lead, |slug| slug.as_str());
            match (one.officers, lang) {
                (officers, Lang::Zh) => format!("{department} {officers} 名签发人"),
                (1, Lang::En) => format!("1 signer of {department}"),
                (officers, Lang::En) => format!("{officers} signers of {department}"),
            }
        })
        .collect();
    let total = process.promised.total;
    let total = lang
        .choose(format!("受理后 {total} 个工作日内"), format!("within {total} working days of acceptance"));
    let promise = process.promise.map(|days| {
        let promise = lang.choose(
            format!("可以承诺代替证明，{days} 个工作日内核查"),
            format!("may take the place of proofs; checked within {days} working days"),
        );
        fact(lang.choose("告知承诺", "A promise"), promise)
    });
    let named = listed(lang, approvers.iter().map(String::as_str));
    let mut facts = vec![
        fact(lang.choose("批准", "Approved by"), named),
        fact(lang.choose("承诺办结", "Promised"), total),
    ];
    facts.extend(promise);
    facts
}

/// One after another, in the language's way.
fn listed<'a>(lang: Lang, items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(lang.choose("、", ", "))
}
