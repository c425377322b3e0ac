//! The built-in matters hold together, and what is wrong with one is said.

use serde_json::json;

use super::super::Catalogue;
use super::super::tests::with_edited;
use super::*;

const RESTAURANT: &str = "matters/open-a-restaurant.toml";

fn restaurant() -> std::sync::Arc<Matter> {
    std::sync::Arc::clone(Catalogue::built_in().unwrap().matter("open-a-restaurant").unwrap())
}

#[test]
fn the_built_in_matters_are_good() {
    let catalogue = Catalogue::built_in().unwrap();
    let slugs: Vec<&str> = catalogue.matters().map(|matter| matter.slug().as_str()).collect();
    assert_eq!(slugs, ["open-a-restaurant", "small-firm-pack"]);
    assert!(catalogue.matter("no-such").is_none() && catalogue.matter("?").is_none());
    let matter = restaurant();
    let business: Slug = "business-licence".parse().unwrap();
    let food: Slug = "food-operation-licence".parse().unwrap();
    let required =
        |slug: &str, types: &[&Slug]| matter.question(slug).unwrap().is_required_by(types.iter().copied());
    assert!(required("established", &[&business]) && !required("established", &[&food]));
    assert!(required("person-in-charge", &[&food]) && !required("person-in-charge", &[&business]));
    assert!(!required("domicile", &[&business, &food]));
    let filling = matter.filling(&food, &Spot::Claim("domicile".into())).unwrap();
    assert_eq!(filling.slug.as_str(), "domicile");
    assert_eq!(filling.fills_of(&business).collect::<Vec<_>>(), [&Spot::Claim("address".into())]);
}

#[test]
fn answers_are_checked_as_the_claims_they_fill() {
    let matter = restaurant();
    let several =
        json!({"colour": "red", "items": ["冰淇淋"], "premises": "样例路1号", "established": "2026-02-30"});
    let wrong = matter.everything_wrong(several.as_object().unwrap());
    let wrong: Vec<&str> = wrong.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(wrong, ["/answers/colour", "/answers/established", "/answers/items/0"]);
    let check = |answers: Value| matter.check_answers(answers.as_object().unwrap());
    check(json!({"items": ["热食类食品制售"], "established": "2026-11-01"})).unwrap();
    check(json!({})).unwrap();
    for (answers, pointer, text) in [
        (json!({"colour": "red"}), "/answers/colour", "not known"),
        (json!({"person_in_charge": "x"}), "/answers/person_in_charge", "not known"),
        (json!({"person-in-charge": ""}), "/answers/person-in-charge", "empty"),
        (json!({"person-in-charge": 1}), "/answers/person-in-charge", "expected a string"),
        (json!({"items": ["冰淇淋"]}), "/answers/items/0", "must be one of"),
        (json!({"established": "2026-02-30"}), "/answers/established", "calendar day"),
    ] {
        let error = check(answers).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_matter_is_said() {
    for (from, to, expected) in [
        ("slug = \"open-a-restaurant\"", "slug = \"open-a-canteen\"", "not named open-a-canteen.toml"),
        ("slug = \"open-a-restaurant\"", "slug = \"open-a-restaurant\"\ncolour = 1", "unknown field"),
        ("en = \"Open a restaurant\"", "en = \" \"", "missing in one language"),
        ("en = \"Premises\"", "en = \"\"", "premises: a text is missing"),
        (
            "after = [\"business-licence\"]",
            "after = [\"tax-payment\"]",
            "tax-payment is no licence of this matter",
        ),
        (
            "after = [\"business-licence\"]",
            "after = [\"food-operation-licence\"]",
            "must stand behind food-operation-licence",
        ),
        ("type = \"business-licence\"", "type = \"dog-licence\"", "no licence type dog-licence"),
        (
            "type = \"business-licence\"",
            "type = \"identity-attestation\"",
            "no holder could hold all of these types",
        ),
        ("operator_kind = \"餐饮服务经营者\"", "operator_kind = \"食堂\"", "constant is not allowed"),
        ("operator_kind = \"餐饮服务经营者\"", "kind = \"x\"", "constant is not allowed"),
        (
            "constants = { operator_kind = \"餐饮服务经营者\" }",
            "",
            "operator_kind is required and nothing fills",
        ),
        ("anew = true", "anew = true\nsupplied = [\"items\"]", "nothing of it is supplied later"),
        (
            "#/claims/premises\"",
            "#/claims/garden\"",
            "food-operation-licence#/claims/garden: there is no such",
        ),
        ("food-operation-licence#/claims/premises", "food-operation-licence/premises", "not of the form"),
        ("#/claims/complaint_line\"", "#/claims/premises\"", "premises is filled twice"),
        ("slug = \"kind\"", "slug = \"scope\"", "scope stands twice"),
        ("fills = [\"business-licence#/claims/kind\"]", "fills = []", "question kind fills nothing"),
        (
            "fills = [\"business-licence#/claims/kind\"]",
            "fills = [\"business-licence#/claims/kind\", \"business-licence#/claims/city\"]",
            "kind may say what business-licence#/claims/city does not allow",
        ),
        (
            "proved_by = [\"business-licence#/claims/address\"]",
            "proved_by = [\"business-licence#/claims/scope\"]",
            "scope may say what",
        ),
        (
            "proved_by = [\"business-licence#/claims/address\"]",
            "proved_by = [\"identity-attestation#/claims/issued_for\"]",
            "issued_for is not shared",
        ),
        (
            "proved_by = [\"business-licence#/claims/address\"]",
            "proved_by = [\"business-licence#/claims/garden\"]",
            "garden: there is no such claim",
        ),
    ] {
        let (_, errors) = Catalogue::read(with_edited(RESTAURANT, from, to));
        let told: Vec<String> = errors.iter().map(|(_, error)| error.to_string()).collect();
        assert!(told.iter().any(|one| one.contains(expected)), "{from} -> {to}: {told:?}");
        assert!(errors.iter().all(|(_, error)| !error.zh().is_empty()));
    }
}
