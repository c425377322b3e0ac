//! What a ledger has come to, as canonical JSON: what two implementations of the law must agree on after every entry.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vidimus::ledger::state::{CardState, CaseState, Charter, Held, LicenceState, MemoryState, View as _};

/// Everything that later entries are judged by, except the last leaf hashes of subjects that are no licences.
pub(crate) fn summary(state: &MemoryState) -> Value {
    let charter = state.charter();
    let mut summary = json!({
        "authority": authority(charter),
        "departments": members(charter.departments().map(|held| (held.value.code.to_string(), span(held)))),
        "keys": members(charter.keys().map(|(id, held)| (id.to_string(), key(held)))),
        "licences": members(state.licences().map(|licence| (licence.handle.to_string(), of(licence)))),
        "powers": members(charter.powers().map(|(id, held)| (id.to_string(), span(held)))),
        "size": charter.size(),
        "statuses": statuses(state),
        "time": charter.time(),
        "types": members(charter.types().map(|(slug, published)| {
            (slug.to_string(), Value::Array(published.versions.iter().map(span).collect()))
        })),
    });
    let joined = [
        ("cards", members(state.cards().map(|card| (card.card.to_string(), carded(card))))),
        ("calendars", members(charter.calendars().map(|year| (year.to_string(), calendar(charter, *year))))),
        ("cases", members(state.cases().map(|case| (case.case.to_string(), moved(case))))),
        (
            "officers",
            members(charter.officers().map(|(officer, appointed)| {
                (officer.to_string(), Value::Array(appointed.iter().map(span).collect()))
            })),
        ),
        (
            "processes",
            members(
                charter
                    .processes()
                    .map(|held| (format!("{} {}", held.value.r#type, held.value.version), span(held))),
            ),
        ),
    ];
    for (name, of) in joined.into_iter().filter(|(_, of)| of.as_object().is_some_and(|of| !of.is_empty())) {
        summary[name] = of;
    }
    if let Some(size) = state.charter().state_anchored() {
        summary["state_anchored"] = json!(size);
    }
    let contents: Vec<[u64; 2]> = state.contents().map(|one| [one.at, one.index]).collect();
    if !contents.is_empty() {
        summary["contents"] = json!(contents);
    }
    let published: Vec<u64> = charter.supervision().iter().map(|held| held.since.index).collect();
    if !published.is_empty() {
        summary["supervision"] = json!(published);
    }
    if let Some(until) = charter.counted_until() {
        summary["counted_until"] = json!(until);
    }
    summary
}

fn authority(charter: &Charter) -> Value {
    let authority = charter.authority().unwrap();
    json!({
        "base_urls": authority.base_urls, "frozen": charter.is_frozen(), "law": authority.law.version,
        "quorum": authority.quorum,
    })
}

fn key(held: &Held<vidimus::ledger::state::Key>) -> Value {
    let mut value = span(held);
    value["owner"] = json!(held.value.owner);
    value["purpose"] = json!(held.value.purpose);
    value
}

/// From and until which entry it counts.
fn span<T>(held: &Held<T>) -> Value {
    let mut span = json!({"since": held.since.index});
    if let Some(ended) = held.ended {
        span["until"] = json!(ended.index);
    }
    span
}

fn of(licence: &LicenceState) -> Value {
    let mut value = json!({
        "entries": licence.events.iter().map(|event| json!([event.index, event.standing])).collect::<Vec<_>>(),
        "erased": licence.erased, "last": licence.last, "places": licence.places().collect::<Vec<_>>(),
    });
    if let Some(old) = licence.replaces {
        value["replaces"] = json!(old);
    }
    if let Some(new) = licence.replaced_by {
        value["replaced_by"] = json!(new);
    }
    value
}

/// Since which entry the working days of a year are what they are.
fn calendar(charter: &Charter, year: u16) -> Value {
    json!(charter.calendar(year).map(|held| held.since.index))
}

fn moved(case: &CaseState) -> Value {
    let steps: Vec<Value> =
        case.events.iter().map(|event| json!([event.index, event.step.as_str()])).collect();
    json!({"last": case.last, "stage": case.stage(), "steps": steps})
}

fn carded(card: &CardState) -> Value {
    let steps: Vec<Value> =
        card.events.iter().map(|event| json!([event.index, event.step.as_str()])).collect();
    let mut value = json!({"at": card.at, "last": card.last, "steps": steps});
    if let Some(officer) = card.stopped() {
        value["stops"] = json!(officer);
    }
    value
}

/// `[list, index, value]` of every used place.
fn statuses(state: &MemoryState) -> Value {
    state.statuses().iter().map(|(place, value)| json!([place.list, place.index, value])).collect()
}

fn members(items: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(Map::from_iter(items.collect::<BTreeMap<_, _>>()))
}
