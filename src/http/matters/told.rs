//! How matters, and applications for them, are told as JSON. Not here: who may read what (the engine).

use serde_json::{Value, json};

use crate::authority::{Ended, Prefilled, Published, ShownMatter, ShownPart};
use crate::catalogue::{Matter, MatterLicence, Question};
use crate::http::HttpState;
use crate::http::cases::told::due;
use crate::values::identifiers::Slug;

/// A matter: what it takes, and what it asks.
pub fn rules(state: &HttpState, published: &Published, matter: &Matter) -> Value {
    let licences = matter.licences().iter().map(|licence| self::licence(state, published, licence));
    let types: Vec<_> = matter.licences().iter().map(|licence| &licence.licence_type).collect();
    let questions = matter.questions().iter().map(|question| {
        let mut told = asked(question, question.is_required_by(types.iter().copied()));
        if let Some(members) = told.as_object_mut() {
            let places = |places: &[_]| places.iter().map(ToString::to_string).collect::<Vec<_>>();
            members.insert("fills".into(), json!(places(&question.fills)));
            members.insert("proved_by".into(), json!(places(&question.proved_by)));
        }
        told
    });
    json!({
        "matter": matter.slug().as_str(), "name": matter.name(), "description": matter.description(),
        "licences": licences.collect::<Vec<_>>(), "questions": questions.collect::<Vec<_>>(),
    })
}

fn licence(state: &HttpState, published: &Published, licence: &MatterLicence) -> Value {
    let slug = &licence.licence_type;
    let known = state.authority.catalogue().latest(slug);
    let promised = promised_days(published, slug);
    let after: Vec<&str> = licence.after.iter().map(|slug| slug.as_str()).collect();
    json!({
        "type": slug.as_str(), "name": known.map(|known| known.name()), "after": after, "anew": licence.anew,
        "supplied": licence.supplied, "direct": promised.is_none(),
        "promised_working_days": promised,
    })
}

/// In how many working days the licence of a part is promised, as its process was published: what cases are held to, and not
/// what the catalogue may say by now. None for one that is issued directly.
pub fn promised_days(published: &Published, slug: &Slug) -> Option<u64> {
    let newest = published.charter.published(slug)?.versions.last()?.value.version;
    published.charter.process(slug, newest).map(|held| held.value.promised.total)
}

/// A question, as a form needs it.
fn asked(question: &Question, required: bool) -> Value {
    json!({
        "question": question.slug.as_str(), "label": question.label, "help": question.help, "required": required,
        "schema": question.schema,
    })
}

/// An application, as whoever looks may see it.
pub fn shown(shown: &ShownMatter) -> Value {
    let open = shown.open.iter().filter_map(|(slug, required)| {
        let question = shown.rules.as_ref()?.question(slug.as_str())?;
        Some(asked(question, *required))
    });
    json!({
        "matter": shown.matter.map(|matter| matter.to_string()),
        "slug": shown.slug.as_str(),
        "filed": shown.filed,
        "taken_by": shown.taken_by.as_str(),
        "number": shown.number.as_ref().map(|number| number.as_str()),
        "code": shown.code.as_ref().map(|code| code.printed()),
        "parts": shown.parts.iter().map(part).collect::<Vec<_>>(),
        "prefilled": shown.prefilled.iter().map(prefilled).collect::<Vec<_>>(),
        "unanswered": open.collect::<Vec<_>>(),
    })
}

fn part(part: &ShownPart) -> Value {
    let case = part.case.as_ref();
    let track = part.tracked.as_ref().map(|tracked| &tracked.track);
    let number = case.and_then(|case| case.number.as_ref());
    let waits_for: Vec<&str> = part.waits_for.iter().map(|slug| slug.as_str()).collect();
    json!({
        "type": part.licence_type.as_str(),
        "department": part.department.as_ref().map(|code| code.as_str()),
        "state": part.state.as_str(),
        "case": case.map(|case| case.case.case.to_string()),
        "case_state": case.map(|case| case.case.stage().as_str()),
        "due": case.and_then(|case| case.total_due).map(due),
        "number": number.map(|number| number.as_str()),
        "code": track.map(|track| track.code.printed()),
        "rating_receipt": part.tracked.as_ref().map(|tracked| &tracked.rating),
        "licence": part.licence.map(|licence| licence.to_string()),
        "waits_for": waits_for,
        "application": part.applied_for,
        "ended": part.ended.as_ref().map(ended),
    })
}

fn ended(ended: &Ended) -> Value {
    let with = ended.with.as_ref().map(|slug| slug.as_str());
    json!({"at": ended.at, "reason": ended.reason, "with": with})
}

fn prefilled(one: &Prefilled) -> Value {
    json!({
        "question": one.question.as_str(),
        "value": one.value,
        "from": {"licence": one.licence.to_string(), "type": one.licence_type.as_str(), "issuer": one.issuer.as_str()},
    })
}
