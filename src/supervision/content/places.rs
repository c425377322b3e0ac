//! Whether the types and places that content rules name are there, in the types that licences are issued by: a rule about a claim that no
//! licence has finds nothing for ever, or something about every one. Not here: what the rules find (`super`).

use super::ContentRules;
use crate::catalogue::{Catalogue, LicenceType, PartKind, Place};
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;

/// A type or a place that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The member of the rules, as their file is read: `content.expected[0].at[1]`.
    pub member: String,
    licence_type: Slug,
    /// `None` where the type itself is not there.
    place: Option<Place>,
}

impl Misplaced {
    /// What is wrong, and what to do.
    pub fn text(&self, lang: Lang) -> String {
        let Self { member, licence_type, place } = self;
        match place {
            None => lang.choose(
                format!("{member}：没有证照类型 {licence_type}；请改为已有的类型（见 `vidimus types list`），或删去此项"),
                format!("{member}: there is no licence type {licence_type}; name one that there is (`vidimus types list`), or leave it out"),
            ),
            Some(place) => lang.choose(
                format!("{member}：类型 {licence_type} 在 {place} 没有可核对的项；请改为该类型 claims.schema.json 中的项，或删去此项"),
                format!("{member}: the type {licence_type} has nothing to look at in {place}; name a claim of its claims.schema.json, or leave it out"),
            ),
        }
    }
}

impl ContentRules {
    /// The first type or place that is in none of the catalogues, of which the earlier counts. Of a type the newest version is looked at.
    pub fn misplaced(&self, catalogues: &[&Catalogue]) -> Option<Misplaced> {
        let known = |slug: &Slug| catalogues.iter().find_map(|catalogue| catalogue.latest(slug));
        let no_type = |member: String, slug: &Slug| Misplaced {
            member: format!("{member}.type"),
            licence_type: slug.clone(),
            place: None,
        };
        let no_place = |member: String, slug: &Slug, place: &Place| Misplaced {
            member,
            licence_type: slug.clone(),
            place: Some(place.clone()),
        };
        if let Some(slug) = self.single.iter().find(|slug| known(slug).is_none()) {
            let member = "content.single".to_owned();
            return Some(Misplaced { member, licence_type: slug.clone(), place: None });
        }
        for (number, expected) in self.expected.iter().enumerate() {
            let member = format!("content.expected[{number}]");
            let Some(known) = known(&expected.r#type) else { return Some(no_type(member, &expected.r#type)) };
            let wrong = (0..).zip(&expected.at).find(|(_, at)| !has(known, at, |_| true));
            if let Some((place, at)) = wrong {
                return Some(no_place(format!("{member}.at[{place}]"), &expected.r#type, at));
            }
        }
        let all = (0..).zip(&self.same).flat_map(|(number, same)| {
            (0..)
                .zip(&same.places)
                .map(move |(place, said)| (format!("content.same[{number}].places[{place}]"), said))
        });
        for (member, said) in all {
            let Some(known) = known(&said.r#type) else { return Some(no_type(member, &said.r#type)) };
            if !has(known, &said.at, one_value) {
                return Some(no_place(format!("{member}.at"), &said.r#type, &said.at));
            }
            // A name is no code.
            if let Some(of) = said.of.as_ref().filter(|of| **of == Place::Name || !has(known, of, one_value))
            {
                return Some(no_place(format!("{member}.of"), &said.r#type, of));
            }
        }
        None
    }
}

/// Whether a type has a place, of a kind that fits.
fn has(licence_type: &LicenceType, place: &Place, fits: impl Fn(&PartKind) -> bool) -> bool {
    let Some(claim) = place.claim() else { return true };
    licence_type.schema().part(&[Some(claim)]).is_some_and(|part| fits(&part.kind))
}

fn one_value(kind: &PartKind) -> bool {
    matches!(kind, PartKind::Value | PartKind::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervision::Rules;

    fn found(from: &str, to: &str) -> Option<(String, bool)> {
        assert!(Rules::BUILT_IN.contains(from), "{from}");
        let rules = Rules::parse(&Rules::BUILT_IN.replacen(from, to, 1)).unwrap();
        let found = rules.content().misplaced(&[&Catalogue::built_in().unwrap()])?;
        for lang in [Lang::Zh, Lang::En] {
            assert!(found.text(lang).starts_with(&found.member), "{}", found.text(lang));
        }
        Some((found.member, found.place.is_some()))
    }

    #[test]
    fn the_rules_that_are_built_in_name_what_there_is() {
        let rules = Rules::built_in().unwrap();
        assert_eq!(rules.content().misplaced(&[&Catalogue::built_in().unwrap()]), None);
        let none = rules.content().misplaced(&[&Catalogue::default()]).unwrap();
        assert_eq!(none.member, "content.single");
        assert_eq!(
            rules.content().misplaced(&[&Catalogue::default(), &Catalogue::built_in().unwrap()]),
            None
        );
    }

    #[test]
    fn what_is_mistyped_is_named() {
        for (from, to, member, place) in [
            ("single = [\"business-licence\"]", "single = [\"busines-licence\"]", "content.single", false),
            ("\"/claims/file_number\"", "\"/claims/filenumber\"", "content.expected[2].at[1]", true),
            (
                "type = \"driving-licence\"\n",
                "type = \"driver-licence\"\n",
                "content.expected[2].type",
                false,
            ),
            (
                "{ type = \"food-operation-licence\", at = \"/claims/domicile\"",
                "{ type = \"food-operation-licence\", at = \"/claims/address_of\"",
                "content.same[2].places[1].at",
                true,
            ),
            ("of = \"/claims/employer_code\"", "of = \"/claims/code\"", "content.same[0].places[2].of", true),
            (
                "of = \"/claims/employer_code\"",
                "of = \"/holders/0/name\"",
                "content.same[0].places[2].of",
                true,
            ),
            (
                "at = \"/claims/employer\"",
                "at = \"/claims/specialities\"",
                "content.same[0].places[2].at",
                true,
            ),
        ] {
            assert_eq!(found(from, to), Some((member.to_owned(), place)), "{from} -> {to}");
        }
    }
}
