//! The public lists: licence types, departments, powers. Not here: what a type's rules mean.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::HttpState;
use super::answer::{kept, ok, typed};
use super::facts;
use super::problem::Problem;
use super::request::{Params, not_later};
use crate::authority::{Fault, Published, Thing};
use crate::catalogue::{
    ApproverRule, Bilingual, HolderRules, LicenceType, PowerBasis, ProcessRules, PromisedDays, RoleRule,
    Rules, Source, ValidityRules,
};
use crate::ledger::body::{BlobRef, DepartmentRegistered, PowerGranted, TypePublished};
use crate::ledger::state::Held;
use crate::values::identifiers::{BaseUrl, CodeType, Slug};

/// `GET /v1/types`: every type in force, at its newest version.
pub async fn types(State(state): State<Arc<HttpState>>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let base_url = base_url(&state)?;
    let published = state.authority.published();
    let items: Vec<Value> =
        in_force(&state, &published).iter().map(|licence_type| brief(licence_type, &base_url)).collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// `GET /v1/types/{code}`: by slug or 证照类型代码.
pub async fn licence_type(
    State(state): State<Arc<HttpState>>,
    Path(code): Path<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let published = state.authority.published();
    let (licence_type, versions) = called(&state, &published, &code)?;
    let mut whole = brief(licence_type, &base_url(&state)?);
    let schema: Value =
        serde_json::from_slice(licence_type.schema_bytes()).map_err(|error| Problem::fault(&error))?;
    let claims: Vec<Value> = licence_type
        .metadata()
        .claims()
        .iter()
        .map(|claim| {
            let label = json!({"zh": claim.label("zh-CN"), "en": claim.label("en")});
            let withheld = claim.sd == crate::catalogue::Disclosure::Always;
            json!({"path": claim.path, "label": label, "mandatory": claim.mandatory, "may_be_withheld": withheld})
        })
        .collect();
    if let Some(members) = whole.as_object_mut() {
        let rules = licence_type.rules();
        members.insert("inferable".into(), bilingual(&rules.inferable));
        members.insert("claims".into(), json!(claims));
        members.insert("claims_schema".into(), schema);
        members.insert("holders".into(), holders(rules));
        members.insert("validity".into(), validity(rules));
        members.insert("several_per_holder".into(), json!(rules.issue.several_per_holder));
        members.insert("direct".into(), json!(rules.approvals.direct));
        members.insert("process".into(), json!(rules.process.as_ref().map(process)));
        members.insert("sources".into(), sources(&state, licence_type));
        let catalogue = state.authority.catalogue();
        members.insert("facts_used".into(), json!(facts::used(catalogue, licence_type)));
        members.insert("facts_proved".into(), json!(facts::proved(catalogue, licence_type)));
        members.insert("example".into(), licence_type.example().clone());
        members.insert("versions".into(), versions.iter().map(version).collect());
    }
    Ok(ok(&whole))
}

/// `GET /types/{slug}/{version}`: the type metadata that `vct` names, the bytes that the ledger holds.
pub async fn metadata(
    State(state): State<Arc<HttpState>>,
    Path((slug, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let not_found = || Problem::not_found(Thing::Type);
    let slug: Slug = slug.parse().map_err(|_| not_found())?;
    let version: u64 = number.parse().map_err(|_| not_found())?;
    let published = state.authority.published();
    let held = published.charter.version(&slug, version).filter(|_| version.to_string() == number);
    let metadata = held.ok_or_else(not_found)?.value.metadata;
    let bytes = state.authority.blob(&metadata.sha256)?;
    Ok(kept(typed(StatusCode::OK, "application/json", bytes), "public, max-age=86400"))
}

/// `GET /v1/departments`.
pub async fn departments(State(state): State<Arc<HttpState>>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let published = state.authority.published();
    let items: Vec<Value> = published.charter.departments().map(department).collect();
    Ok(ok(&json!({"items": items, "next": null})))
}

/// `GET /v1/powers?at=`: what the power list said then.
pub async fn powers(State(state): State<Arc<HttpState>>, mut params: Params) -> Result<Response, Problem> {
    let at = params.parsed("at")?;
    params.finish()?;
    let at = not_later(at, state.clock.now())?;
    let published = state.authority.published();
    let items: Vec<Value> =
        published.charter.powers_at(at).map(|held| power(&state, held)).collect::<Result<_, _>>()?;
    Ok(ok(&json!({"items": items, "next": null})))
}

/// The types in force, each at its newest version.
pub fn in_force<'s>(state: &'s HttpState, published: &Published) -> Vec<&'s Arc<LicenceType>> {
    state.authority.types_in_force(published)
}

/// The type in force that is called so, by slug or type code, with its versions so far.
pub fn called<'s, 'p>(
    state: &'s HttpState,
    published: &'p Published,
    name: &str,
) -> Result<(&'s Arc<LicenceType>, &'p [Held<TypePublished>]), Problem> {
    let not_found = || Problem::not_found(Thing::Type);
    let found = state.authority.catalogue().find(name).ok_or_else(not_found)?;
    let versions = &published.charter.published(found.slug()).ok_or_else(not_found)?.versions;
    let newest = versions.last().filter(|held| held.in_force()).ok_or_else(not_found)?;
    Ok((known(state, &newest.value).ok_or_else(not_found)?, versions))
}

/// On what legal basis, and who answers for it.
pub fn basis(state: &HttpState, power: &PowerGranted) -> Result<PowerBasis, Problem> {
    serde_json::from_slice(&state.authority.blob(&power.basis.sha256)?)
        .map_err(|_| Fault::Damaged(format!("the basis of power {}", power.power)).into())
}

fn base_url(state: &HttpState) -> Result<BaseUrl, Problem> {
    state.base_url().parse().map_err(|_| Fault::Law("there is no base URL".into()).into())
}

/// The type of this entry, if the catalogue has it.
fn known<'s>(state: &'s HttpState, entry: &TypePublished) -> Option<&'s Arc<LicenceType>> {
    state.authority.catalogue().get(&entry.r#type, u16::try_from(entry.version).ok()?)
}

fn brief(licence_type: &Arc<LicenceType>, base_url: &BaseUrl) -> Value {
    let rules = licence_type.rules();
    json!({
        "type": licence_type.slug().as_str(),
        "type_code": licence_type.type_code().as_str(),
        "version": licence_type.version(),
        "name": bilingual(licence_type.name()),
        "category": rules.kind.digit(),
        "defined_by": {"code": rules.defined_by.code.as_str(), "name": bilingual(&rules.defined_by.name)},
        "vct": licence_type.vct(base_url),
    })
}

fn holders(rules: &Rules) -> Value {
    let HolderRules { min, max, code_types, roles } = &rules.holders;
    let code =
        |code: &CodeType| json!({"code_type": code.as_str(), "name": {"zh": code.zh(), "en": code.en()}});
    let role = |rule: &RoleRule| json!({"role": rule.role.as_str(), "name": bilingual(&rule.name), "min": rule.min, "max": rule.max});
    let code_types: Vec<Value> = code_types.iter().map(code).collect();
    let roles: Vec<Value> = roles.iter().map(role).collect();
    json!({"min": min, "max": max, "code_types": code_types, "roles": roles})
}

fn validity(rules: &Rules) -> Value {
    let ValidityRules {
        open_ended, longest_days, begins_in_past, begins_in_future_days, ends_in_past, ..
    } = &rules.validity;
    json!({
        "range": rules.catalogue.validity_range, "open_ended": open_ended, "longest_days": longest_days,
        "begins_in_past": begins_in_past, "begins_in_future_days": begins_in_future_days, "ends_in_past": ends_in_past,
    })
}

fn process(process: &ProcessRules) -> Value {
    let PromisedDays { accept, examine, decide, issue, deliver, total } = process.promised;
    let approver = |one: &ApproverRule| {
        let department = one.department.as_ref().map(Slug::as_str);
        json!({"department": department, "officers": one.officers})
    };
    let approvers: Vec<Value> = process.approvers.iter().map(approver).collect();
    json!({
        "approvers": approvers, "promise": process.promise,
        "promised": {
            "accept": accept, "examine": examine, "decide": decide, "issue": issue, "deliver": deliver, "total": total,
        },
    })
}

/// Each item with its one source department, named where the authority has registered it, and its sharing class.
fn sources(state: &HttpState, licence_type: &LicenceType) -> Value {
    let published = state.authority.published();
    let rules = &licence_type.rules().sources;
    let source = |item: &str, Source { department, sharing }: &Source| {
        let registered = published.charter.departments().find(|held| held.value.slug == *department);
        let name = registered.map(|held| json!({"zh": held.value.name.zh, "en": held.value.name.en}));
        let code = registered.map(|held| held.value.code.as_str());
        json!({
            "item": item, "department": department.as_str(), "department_code": code, "department_name": name,
            "sharing": sharing.as_str(), "sharing_name": {"zh": sharing.zh(), "en": sharing.en()},
        })
    };
    let claims = licence_type.schema().claims().filter_map(|(name, _)| Some((name, rules.claims.get(name)?)));
    [("holders", &rules.holders)].into_iter().chain(claims).map(|(item, rule)| source(item, rule)).collect()
}

fn version(held: &Held<TypePublished>) -> Value {
    let TypePublished { version, claims, metadata, rules, .. } = &held.value;
    let blob = |blob: &BlobRef| json!({"sha256": blob.sha256, "size": blob.size});
    json!({
        "version": version, "claims": blob(claims), "metadata": blob(metadata), "rules": blob(rules),
        "since": moment(held.since), "ended": held.ended.map(moment),
    })
}

fn department(held: &Held<DepartmentRegistered>) -> Value {
    let DepartmentRegistered { code, slug, name, region, .. } = &held.value;
    json!({
        "department": slug.as_str(), "code": code.as_str(), "name": {"zh": name.zh, "en": name.en},
        "region": region.as_str(), "since": moment(held.since), "ended": held.ended.map(moment),
    })
}

fn power(state: &HttpState, held: &Held<PowerGranted>) -> Result<Value, Problem> {
    let published = state.authority.published();
    let PowerGranted { power, department, r#type, region, from, until, .. } = &held.value;
    let registered = published.charter.department(department);
    let PowerBasis { zh, en, responsibility } = basis(state, &held.value)?;
    Ok(json!({
        "power": power.to_string(),
        "department": registered.map(|held| held.value.slug.as_str()),
        "department_code": department.as_str(),
        "department_name": registered.map(|held| json!({"zh": held.value.name.zh, "en": held.value.name.en})),
        "type": r#type.as_str(),
        "type_code": state.authority.catalogue().latest(r#type).map(|found| found.type_code().as_str()),
        "region": region.as_str(),
        "region_level": region.level().as_str(),
        "basis": {"zh": zh, "en": en},
        "responsibility": responsibility,
        "from": from,
        "until": until,
        "since": moment(held.since),
    }))
}

fn moment(moment: crate::ledger::state::Moment) -> Value {
    json!({"index": moment.index, "time": moment.time})
}

fn bilingual(text: &Bilingual) -> Value {
    json!({"zh": text.zh, "en": text.en})
}
