//! A matter read from its file and held against the types that it names: everything that is wrong is said. Not here: the
//! forms of licence types (`licence_type`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::Catalogue;
use super::super::claims_schema::ClaimsSchema;
use super::super::comparison::takes_away;
use super::super::licence_type::LicenceType;
use super::super::rules::Bilingual;
use super::super::sources::Sharing;
use super::{Matter, MatterError, MatterLicence, Place, Question, Spot, claim_name};
use crate::values::identifiers::{CodeType, Slug};

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    slug: Slug,
    name: Bilingual,
    description: Bilingual,
    licences: Vec<MatterLicence>,
    questions: Vec<Asked>,
}

/// A question as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    slug: Slug,
    label: Bilingual,
    help: Bilingual,
    fills: Vec<Place>,
    #[serde(default)]
    proved_by: Vec<Place>,
}

impl Matter {
    /// Reads a matter of this file name, or says everything that is wrong with it.
    pub(crate) fn read(name: &str, bytes: &[u8], catalogue: &Catalogue) -> Result<Self, Vec<MatterError>> {
        let text = std::str::from_utf8(bytes).map_err(|error| vec![MatterError::Form(error.to_string())])?;
        let file: File = toml::from_str(text).map_err(|error| vec![MatterError::Form(error.to_string())])?;
        let mut check = Check { catalogue, errors: Vec::new(), types: BTreeMap::new() };
        if name != format!("{}.toml", file.slug) {
            check.errors.push(MatterError::File(file.slug.clone()));
        }
        check.licences(&file);
        check.holders();
        let questions = check.questions(&file);
        check.nothing_is_left(&file);
        let form = check.form(&questions);
        match form {
            Some(form) if check.errors.is_empty() => Ok(Self {
                slug: file.slug,
                name: file.name,
                description: file.description,
                licences: file.licences,
                questions,
                form,
            }),
            _ => Err(check.errors),
        }
    }
}

struct Check<'c> {
    catalogue: &'c Catalogue,
    errors: Vec<MatterError>,
    types: BTreeMap<Slug, Arc<LicenceType>>,
}

impl Check<'_> {
    fn text(&mut self, what: &str, texts: &[&Bilingual]) {
        if texts.iter().any(|text| text.is_incomplete()) {
            self.errors.push(MatterError::Text(what.to_owned()));
        }
    }

    fn licences(&mut self, file: &File) {
        self.text(file.slug.as_str(), &[&file.name, &file.description]);
        if file.licences.is_empty() || file.questions.is_empty() {
            self.errors.push(MatterError::Empty);
        }
        for licence in &file.licences {
            let slug = &licence.licence_type;
            let Some(known) = self.catalogue.latest(slug) else {
                self.errors.push(MatterError::UnknownType(slug.clone()));
                continue;
            };
            let known = Arc::clone(known);
            for after in licence.after.iter().filter(|after| !self.types.contains_key(*after)) {
                let error = if file.licences.iter().any(|other| other.licence_type == *after) {
                    MatterError::Order { licence_type: slug.clone(), after: after.clone() }
                } else {
                    MatterError::NotInMatter(after.clone())
                };
                self.errors.push(error);
            }
            if !licence.supplied.is_empty() && !known.rules().approvals.direct {
                self.errors.push(MatterError::SuppliedInCase(slug.clone()));
            }
            for (name, value) in &licence.constants {
                let place = place(slug, name);
                let one = Map::from_iter([(name.clone(), value.clone())]);
                if let Err(why) = known.schema().check_each(&one, "/claims") {
                    self.errors.push(MatterError::Constant { place, why: why.kind.to_string() });
                }
            }
            for name in licence.supplied.iter().filter(|name| !known.schema().has(name)) {
                self.errors.push(MatterError::NoClaim(place(slug, name)));
            }
            if self.types.insert(slug.clone(), known).is_some() {
                self.errors.push(MatterError::Twice(slug.to_string()));
            }
        }
    }

    /// Somebody must be able to hold all of them: a number and a kind of code that each allows.
    fn holders(&mut self) {
        let rules: Vec<_> = self.types.values().map(|known| &known.rules().holders).collect();
        let fewest = rules.iter().map(|rules| rules.min).max();
        let most = rules.iter().map(|rules| rules.max).min();
        let common = |code: &&CodeType| rules.iter().all(|rules| rules.code_types.contains(code));
        let shared = rules.first().is_none_or(|rules| rules.code_types.iter().any(|code| common(&code)));
        if fewest > most || !shared {
            self.errors.push(MatterError::Holders);
        }
    }

    fn questions(&mut self, file: &File) -> Vec<Question> {
        let mut seen = BTreeSet::new();
        let mut questions = Vec::with_capacity(file.questions.len());
        for asked in &file.questions {
            self.text(asked.slug.as_str(), &[&asked.label, &asked.help]);
            if !seen.insert(&asked.slug) {
                self.errors.push(MatterError::Twice(asked.slug.to_string()));
            }
            let Some(first) = asked.fills.first() else {
                self.errors.push(MatterError::Idle(asked.slug.clone()));
                continue;
            };
            let Some(schema) = self.schema_of(first) else { continue };
            for filled in asked.fills.iter().skip(1) {
                if self.schema_of(filled).is_some_and(|other| takes_away(&schema, &other)) {
                    self.errors.push(MatterError::Narrower { from: first.clone(), to: filled.clone() });
                }
            }
            let proved_by = self.proofs(asked, first, &schema);
            let required = asked.fills.iter().filter(|filled| self.requires(filled));
            let required_by = required.map(|filled| filled.licence_type.clone()).collect();
            questions.push(Question {
                slug: asked.slug.clone(),
                label: asked.label.clone(),
                help: asked.help.clone(),
                fills: asked.fills.clone(),
                proved_by,
                required_by,
                schema,
            });
        }
        questions
    }

    /// What proves an answer is of any type in the catalogue, says no more than an answer may, and is shared. What proves
    /// a fact that is filled in proves the answer, too.
    fn proofs(&mut self, asked: &Asked, first: &Place, schema: &Value) -> Vec<Place> {
        let mut proofs = asked.proved_by.clone();
        proofs.extend(asked.fills.iter().flat_map(|filled| self.facts_of(filled)));
        let mut seen: Vec<Place> = Vec::new();
        proofs.retain(|proof| {
            !seen.contains(proof) && {
                seen.push(proof.clone());
                true
            }
        });
        for proof in &proofs {
            let Some(known) = self.catalogue.latest(&proof.licence_type).cloned() else {
                self.errors.push(MatterError::UnknownType(proof.licence_type.clone()));
                continue;
            };
            let Some(proved) = schema_in(&known, &proof.spot) else {
                self.errors.push(MatterError::NoClaim(proof.clone()));
                continue;
            };
            if takes_away(&proved, schema) {
                self.errors.push(MatterError::Narrower { from: proof.clone(), to: first.clone() });
            }
            let Spot::Claim(name) = &proof.spot else { continue };
            let source = known.rules().sources.claims.get(name);
            if source.is_some_and(|source| source.sharing == Sharing::NotShared) {
                self.errors.push(MatterError::NotShared(proof.clone()));
            }
        }
        proofs
    }

    /// Where licences say the fact that is used at a place, about the same holder.
    fn facts_of(&self, filled: &Place) -> Vec<Place> {
        let Spot::Claim(name) = &filled.spot else { return Vec::new() };
        let used = self.catalogue.facts().used_in(&filled.licence_type);
        let here = used.filter(|(_, used)| used.of.is_none() && used.at.claim() == Some(name.as_str()));
        let proved = here.flat_map(|(fact, _)| &fact.proved);
        proved.filter_map(|proved| Some(place(&proved.r#type, proved.at.claim()?))).collect()
    }

    fn schema_of(&mut self, place: &Place) -> Option<Value> {
        let Some(known) = self.types.get(&place.licence_type) else {
            self.errors.push(MatterError::NotInMatter(place.licence_type.clone()));
            return None;
        };
        let schema = schema_in(known, &place.spot);
        if schema.is_none() {
            self.errors.push(MatterError::NoClaim(place.clone()));
        }
        schema
    }

    fn requires(&self, place: &Place) -> bool {
        let Spot::Claim(name) = &place.spot else { return false };
        let known = self.types.get(&place.licence_type);
        known.is_some_and(|known| known.schema().claims().any(|(claim, required)| claim == name && required))
    }

    /// Every required claim is filled by something, and none by two.
    fn nothing_is_left(&mut self, file: &File) {
        for licence in &file.licences {
            let slug = &licence.licence_type;
            let asked = file.questions.iter().flat_map(|asked| &asked.fills);
            let mut filled: Vec<Spot> = asked
                .filter(|filled| filled.licence_type == *slug)
                .map(|filled| filled.spot.clone())
                .collect();
            let others = licence.constants.keys().chain(&licence.supplied);
            filled.extend(others.map(|name| Spot::Claim(name.clone())));
            for (at, spot) in filled.iter().enumerate() {
                if filled.iter().take(at).any(|other| other == spot) {
                    let twice = Place { licence_type: slug.clone(), spot: spot.clone() };
                    self.errors.push(MatterError::FilledTwice(twice));
                }
            }
            let Some(known) = self.types.get(slug) else { continue };
            let required = known.schema().claims().filter(|(_, required)| *required);
            let left = required.filter(|(name, _)| !filled.contains(&Spot::Claim((*name).to_owned())));
            let left: Vec<MatterError> =
                left.map(|(name, _)| MatterError::Unfilled(place(slug, name))).collect();
            self.errors.extend(left);
        }
    }

    /// All answers as one schema of claims, none of them required.
    fn form(&mut self, questions: &[Question]) -> Option<ClaimsSchema> {
        let properties: Map<String, Value> = questions
            .iter()
            .map(|question| (claim_name(question.slug.as_str()), question.schema.clone()))
            .collect();
        let schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
        match ClaimsSchema::compile(&schema) {
            Ok(form) => Some(form),
            // Whatever is wrong with the questions themselves has been said.
            Err(_) if !self.errors.is_empty() => None,
            Err(errors) => {
                self.errors.extend(errors.into_iter().map(MatterError::Schema));
                None
            }
        }
    }
}

fn place(licence_type: &Slug, claim: &str) -> Place {
    Place { licence_type: licence_type.clone(), spot: Spot::Claim(claim.to_owned()) }
}

/// The schema of what stands at a spot of a type's licences.
fn schema_in(known: &LicenceType, spot: &Spot) -> Option<Value> {
    match spot {
        Spot::Claim(name) => known.schema().json().get("properties")?.get(name).cloned(),
        Spot::ValidFrom | Spot::ValidUntil => Some(json!({"type": "string", "format": "date"})),
    }
}
