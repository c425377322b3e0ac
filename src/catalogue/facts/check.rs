//! Whether facts and types agree: every type is there, every place holds one value, and both name the same source.

use super::{Fact, FactError, Facts, Place};
use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::parts::PartKind;
use crate::catalogue::{Catalogue, Source};
use crate::values::identifiers::Slug;

impl Facts {
    /// Everything in which facts and types disagree. Of a type, the newest version is looked at.
    pub(in crate::catalogue) fn disagreements(&self, catalogue: &Catalogue) -> Vec<FactError> {
        let mut found = Vec::new();
        for (number, fact) in self.all.iter().enumerate() {
            if self.all.iter().take(number).any(|other| other.slug == fact.slug) {
                found.push(FactError::Twice(fact.slug.clone()));
            }
            found.extend(fact.name.is_incomplete().then(|| FactError::Name(fact.slug.clone())));
            found.extend(fact.proved.is_empty().then(|| FactError::Unproved(fact.slug.clone())));
            for proved in &fact.proved {
                found.extend(fact.disagreement(catalogue, &proved.r#type, &proved.at, None));
            }
            for used in &fact.used {
                found.extend(fact.disagreement(catalogue, &used.r#type, &used.at, used.of.as_ref()));
                if fact.proved.iter().any(|proved| proved.r#type == used.r#type) {
                    let (fact, licence_type) = (fact.slug.clone(), used.r#type.clone());
                    found.push(FactError::Itself { fact, licence_type });
                }
            }
        }
        found.extend(self.places_twice());
        found
    }

    fn places_twice(&self) -> Vec<FactError> {
        let all: Vec<_> =
            self.all.iter().flat_map(|fact| fact.used.iter().map(move |used| (fact, used))).collect();
        let mut found = Vec::new();
        for (number, (fact, used)) in all.iter().enumerate() {
            let before = all.iter().take(number);
            let same =
                before.into_iter().find(|(_, other)| other.r#type == used.r#type && other.at == used.at);
            found.extend(same.map(|(first, _)| FactError::PlaceTwice {
                licence_type: used.r#type.clone(),
                place: used.at.to_string(),
                first: first.slug.clone(),
                second: fact.slug.clone(),
            }));
        }
        found
    }
}

impl Fact {
    /// What is wrong with one place of it.
    fn disagreement(
        &self,
        catalogue: &Catalogue,
        slug: &Slug,
        at: &Place,
        of: Option<&Place>,
    ) -> Option<FactError> {
        let (fact, licence_type) = (self.slug.clone(), slug.clone());
        let Some(known) = catalogue.latest(slug) else {
            return Some(FactError::Type { fact, licence_type });
        };
        // About whom a claim names, it does not matter how many hold the licence.
        if known.rules().holders.max != 1 && (of.is_none() || *at == Place::Name) {
            return Some(FactError::Holders { fact, licence_type });
        }
        let misplaced = [Some(at), of].into_iter().flatten().find(|place| source_of(known, place).is_none());
        let misplaced = misplaced.or(of.filter(|of| **of == Place::Name));
        if let Some(place) = misplaced {
            return Some(FactError::Place { fact, licence_type, place: place.to_string() });
        }
        let other = source_of(known, at).filter(|source| source.department != self.source)?;
        Some(FactError::Source {
            fact,
            licence_type,
            place: at.to_string(),
            source_department: self.source.clone(),
            other: other.department.clone(),
        })
    }
}

/// The source that a type names for a place that holds one value.
fn source_of<'t>(licence_type: &'t LicenceType, place: &Place) -> Option<&'t Source> {
    let sources = &licence_type.rules().sources;
    let Place::Claim(name) = place else { return Some(&sources.holders) };
    let part = licence_type.schema().part(&[Some(name)])?;
    matches!(part.kind, PartKind::Value | PartKind::Integer).then_some(())?;
    sources.claims.get(name)
}

#[cfg(test)]
mod tests {
    use super::super::FACTS_FILE;
    use super::*;
    use crate::catalogue::tests::{built_in_files, with_edited};

    /// What is said of the built-in facts with the first `from` replaced.
    fn said(from: &str, to: &str) -> Vec<String> {
        let (_, errors) = Catalogue::read(with_edited(FACTS_FILE, from, to));
        assert!(errors.iter().all(|(_, error)| error.file() == FACTS_FILE && !error.zh().is_empty()));
        errors.iter().map(|(_, error)| error.to_string()).collect()
    }

    #[test]
    fn built_in_facts_and_types_agree() {
        let catalogue = Catalogue::built_in().unwrap();
        let constructor = "constructor-registration".parse().unwrap();
        let used: Vec<String> =
            catalogue.facts().used_in(&constructor).map(|(_, used)| used.at.to_string()).collect();
        assert_eq!(used, ["/claims/employer", "/holders/0/name", "/claims/sex", "/claims/birth_date"]);
        let business: Slug = "business-licence".parse().unwrap();
        assert_eq!(catalogue.facts().used_in(&business).count(), 0);
        assert_eq!(catalogue.facts().proved_by(&business).count(), 3);
    }

    #[test]
    fn facts_that_disagree_with_the_types_are_refused() {
        for (from, to, expected) in [
            ("[[facts]]", "[[fact]]", "unknown field"),
            ("source = \"market-regulation\"", "sauce = \"market-regulation\"", "unknown field"),
            ("\"/claims/employer\"", "\"/claims/employer/0\"", "neither /holders/0/name nor"),
            ("\"/claims/employer\"", "\"/holders/1/name\"", "neither /holders/0/name nor"),
            ("contradiction = \"refuse\"", "contradiction = \"shout\"", "unknown variant"),
            ("zh = \"单位名称\"", "zh = \" \"", "needs its name in both languages"),
            ("slug = \"domicile\"", "slug = \"sex\"", "two facts sex"),
            (
                "[{ type = \"identity-attestation\", at = \"/claims/sex\" }]",
                "[]",
                "proved by no licence type",
            ),
            (
                "type = \"business-licence\"",
                "type = \"trade-licence\"",
                "there is no licence type trade-licence",
            ),
            ("type = \"business-licence\"", "type = \"marriage-registration\"", "may have several holders"),
            ("at = \"/claims/sex\"", "at = \"/claims/gender\"", "no single value at /claims/gender"),
            ("at = \"/claims/employer\"", "at = \"/claims/specialities\"", "no single value at /claims/spec"),
            (
                "of = \"/claims/employer_code\"",
                "of = \"/holders/0/name\"",
                "no single value at /holders/0/name",
            ),
            ("of = \"/claims/employer_code\"", "of = \"/claims/code\"", "no single value at /claims/code"),
            (
                "source = \"market-regulation\"",
                "source = \"tax\"",
                "in business-licence that of /holders/0/name is market-regulation",
            ),
            (
                "at = \"/claims/birth_date\", con",
                "at = \"/claims/sex\", con",
                "two facts, sex and birth-date",
            ),
            (
                "type = \"identity-attestation\", at = \"/claims/sex\"",
                "type = \"constructor-registration\", at = \"/claims/sex\"",
                "proves it and uses it",
            ),
        ] {
            let said = said(from, to);
            assert!(said.iter().any(|one| one.contains(expected)), "{from} -> {to}: {said:?}");
        }
    }

    #[test]
    fn a_directory_may_have_no_facts() {
        let files = built_in_files().into_iter().filter(|(path, _)| path != FACTS_FILE);
        assert_eq!(Catalogue::from_folder_files(files).unwrap().facts().iter().count(), 0);
    }
}
