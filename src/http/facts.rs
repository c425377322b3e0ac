//! Facts that stand in several types, as they are told: in the catalogue, what a type uses and proves; of a case, what
//! proved what and what contradicts it; and the count of contradictions. Not here: the rule (the engine).

use serde_json::{Value, json};

use crate::authority::Sources;
use crate::catalogue::{Catalogue, LicenceType};
use crate::values::identifiers::Slug;

/// The facts that a type uses: where, and what proves them.
pub fn used(catalogue: &Catalogue, licence_type: &LicenceType) -> Vec<Value> {
    let used = catalogue.facts().used_in(licence_type.slug()).map(|(fact, used)| {
        let proved_by = fact
            .proved
            .iter()
            .map(|proved| json!({"type": proved.r#type.as_str(), "pointer": proved.at.to_string()}));
        json!({
            "fact": fact.slug.as_str(),
            "name": {"zh": fact.name.zh, "en": fact.name.en},
            "source": fact.source.as_str(),
            "pointer": used.at.to_string(),
            "of": used.of.as_ref().map(ToString::to_string),
            "contradiction": used.contradiction.as_str(),
            "proved_by": proved_by.collect::<Vec<_>>(),
        })
    });
    used.collect()
}

/// The facts that a type proves: where they stand in it, and where they are used.
pub fn proved(catalogue: &Catalogue, licence_type: &LicenceType) -> Vec<Value> {
    let proved = catalogue.facts().proved_by(licence_type.slug()).map(|(fact, proved)| {
        let used_in = fact
            .used
            .iter()
            .map(|used| json!({"type": used.r#type.as_str(), "pointer": used.at.to_string()}));
        json!({
            "fact": fact.slug.as_str(),
            "name": {"zh": fact.name.zh, "en": fact.name.en},
            "source": fact.source.as_str(),
            "pointer": proved.at.to_string(),
            "used_in": used_in.collect::<Vec<_>>(),
        })
    });
    proved.collect()
}

/// The licences that proved something, by the place of what they prove.
pub fn sources(sources: &Sources) -> Value {
    sources.proved.iter().map(|(place, licence)| (place.clone(), json!(licence.to_string()))).collect()
}

/// What valid licences contradict.
pub fn flags(sources: &Sources) -> Value {
    let flags = sources.flags.iter().map(|flag| {
        json!({
            "code": "contradiction", "fact": flag.fact.as_str(), "pointer": flag.pointer,
            "licence": flag.licence.to_string(),
        })
    });
    flags.collect()
}

/// Counts what was entered in spite of a contradiction, and shown to whoever decides.
pub fn count_flags(sources: &Sources) {
    sources.flags.iter().for_each(|flag| count(&flag.fact, "flagged"));
}

/// Counts a contradiction, `flagged` or `refused`.
pub fn count(fact: &Slug, outcome: &'static str) {
    metrics::counter!("vidimus_contradictions_total", "fact" => fact.to_string(), "outcome" => outcome)
        .increment(1);
}
