//! `metadata.json`: SD-JWT VC type metadata (draft-ietf-oauth-sd-jwt-vc, section "Type Metadata") as a template with
//! `{base_url}` once, in `vct`. What it says of a claim (`sd`, `mandatory`) is what is done. Not here: fetching the
//! metadata of others; `extends` and renderings, which we do not use.

use crate::values::identifiers::BaseUrl;
use serde::Deserialize;

const PLACEHOLDER: &str = "{base_url}";

/// The parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    template: String,
    fields: Fields,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    vct: String,
    name: String,
    description: String,
    display: Vec<TypeDisplay>,
    claims: Vec<ClaimMetadata>,
}

/// The type's name in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeDisplay {
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The name.
    pub name: String,
    /// One sentence.
    pub description: String,
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimMetadata {
    /// Member names from the root of the credential; none stands for every element of an array.
    pub path: Vec<Option<String>>,
    /// Its label in each language.
    pub display: Vec<ClaimDisplay>,
    /// Whether every credential of the type has it.
    pub mandatory: bool,
    /// Whether the holder can withhold it.
    pub sd: Disclosure,
}

/// A claim's label in one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimDisplay {
    /// `zh-CN` or `en`.
    pub locale: String,
    /// The label.
    pub label: String,
}

/// `sd` of a claim. `allowed` is not offered: it would leave open what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disclosure {
    /// Selectively disclosable.
    Always,
    /// Plain.
    Never,
}

/// Why a template was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not JSON of this form.
    #[error("{0}")]
    Form(String),
    /// `{base_url}` is missing, or stands twice, or elsewhere.
    #[error("vct must be {expected:?}, found {found:?}, and {{base_url}} stands nowhere else")]
    Vct {
        /// What the folder's name asks for.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A label or name lacks one of the languages `zh-CN` and `en`.
    #[error("{0} has not exactly one name each in zh-CN and en")]
    Languages(String),
    /// A claim stands twice.
    #[error("{0} stands twice")]
    Twice(String),
    /// A claim the credential must have, with its own settings, is missing or set otherwise.
    #[error("{path} must be there with mandatory = {mandatory} and sd = {sd}")]
    Claim {
        /// The path.
        path: String,
        /// As the schema or the layout asks.
        mandatory: bool,
        /// As the layout or the holder's category asks.
        sd: &'static str,
    },
    /// A claim that no credential of the type has.
    #[error("no credential of this type has {0}")]
    Stray(String),
}

impl Metadata {
    /// Parses a template whose `vct` must be `{base_url}/types/<name>`, `name` being slug and version.
    pub(super) fn parse(template: &str, name: &str) -> Result<Self, Vec<MetadataError>> {
        let fields: Fields = serde_json::from_str(template)
            .map_err(|problem| vec![MetadataError::Form(problem.to_string())])?;
        let mut errors = Vec::new();
        let expected = format!("{PLACEHOLDER}/types/{name}");
        if fields.vct != expected || template.matches(PLACEHOLDER).count() != 1 {
            errors.push(MetadataError::Vct { expected, found: fields.vct.clone() });
        }
        if !both_languages(fields.display.iter().map(|display| &display.locale)) {
            errors.push(MetadataError::Languages("the type".to_owned()));
        }
        let mut seen: Vec<String> = Vec::new();
        for claim in &fields.claims {
            let path = written(claim.path.iter().map(Option::as_deref));
            if !both_languages(claim.display.iter().map(|display| &display.locale)) {
                errors.push(MetadataError::Languages(path.clone()));
            }
            if seen.contains(&path) {
                errors.push(MetadataError::Twice(path.clone()));
            }
            seen.push(path);
        }
        if errors.is_empty() { Ok(Self { template: template.to_owned(), fields }) } else { Err(errors) }
    }

    /// The type's address, the credential's `vct`.
    pub fn vct(&self, base: &BaseUrl) -> String {
        self.fields.vct.replacen(PLACEHOLDER, base.as_str(), 1)
    }

    /// The bytes served at that address, the same for ever under one base URL.
    pub fn render(&self, base: &BaseUrl) -> Vec<u8> {
        self.template.replacen(PLACEHOLDER, base.as_str(), 1).into_bytes()
    }

    /// The type in one sentence of that language (`zh-CN`, `en`); empty for another.
    pub fn description(&self, locale: &str) -> &str {
        let found = self.fields.display.iter().find(|display| display.locale == locale);
        found.map_or("", |display| &display.description)
    }

    /// The claims, in the order they are shown.
    pub fn claims(&self) -> &[ClaimMetadata] {
        &self.fields.claims
    }

    /// The claim at exactly this path; [`None`] in it stands for every element.
    pub fn claim(&self, path: &[Option<&str>]) -> Option<&ClaimMetadata> {
        self.claims().iter().find(|claim| claim.path.iter().map(Option::as_deref).eq(path.iter().copied()))
    }

    /// Whether the claim at this path can be withheld.
    pub(super) fn withholds(&self, path: &[Option<&str>]) -> bool {
        self.claim(path).is_some_and(|claim| claim.sd == Disclosure::Always)
    }
}

impl MetadataError {
    /// The sentence in Chinese; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Form(problem) => format!("格式不正确({problem})"),
            Self::Vct { expected, found } => {
                format!("vct 应为“{expected}”,实为“{found}”;{{base_url}} 不得出现在别处")
            }
            Self::Languages(place) => format!("{place} 应有 zh-CN 和 en 名称各一个"),
            Self::Twice(path) => format!("{path} 出现两次"),
            Self::Claim { path, mandatory, sd } => {
                let sd = if *sd == "as it is" { "不限" } else { sd };
                format!("应有 {path},mandatory 为 {mandatory},sd 为 {sd}")
            }
            Self::Stray(path) => format!("该类型的凭证中没有 {path}"),
        }
    }
}

impl ClaimMetadata {
    /// The label in that language (`zh-CN`, `en`); empty for another.
    pub fn label(&self, locale: &str) -> &str {
        self.display.iter().find(|display| display.locale == locale).map_or("", |display| &display.label)
    }
}

impl Disclosure {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// A path as text for messages: `/holders/*/name`.
pub(super) fn written<'p>(path: impl IntoIterator<Item = Option<&'p str>>) -> String {
    path.into_iter().map(|part| format!("/{}", part.unwrap_or("*"))).collect()
}

fn both_languages<'a>(locales: impl Iterator<Item = &'a String>) -> bool {
    let mut found: Vec<&str> = locales.map(String::as_str).collect();
    found.sort_unstable();
    found == ["en", "zh-CN"]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = r#"{"vct":"{base_url}/types/t/1","name":"T","description":"D","display":[
        {"locale":"zh-CN","name":"甲","description":"乙"},{"locale":"en","name":"T","description":"D"}],
        "claims":[{"path":["holders",null,"name"],"mandatory":true,"sd":"always",
        "display":[{"locale":"zh-CN","label":"姓名"},{"locale":"en","label":"Name"}]}]}"#;

    #[test]
    fn a_template_is_rendered_in_one_place_only() {
        let metadata = Metadata::parse(TEMPLATE, "t/1").unwrap();
        let base = "https://licences.example/city".parse().unwrap();
        assert_eq!(metadata.vct(&base), "https://licences.example/city/types/t/1");
        let rendered = String::from_utf8(metadata.render(&base)).unwrap();
        assert_eq!(rendered.replace(base.as_str(), PLACEHOLDER), TEMPLATE);
        assert!(metadata.withholds(&[Some("holders"), None, Some("name")]));
        assert!(!metadata.withholds(&[Some("holders"), None]));
        let name = &metadata.claims()[0];
        assert_eq!((name.label("zh-CN"), name.label("en"), name.label("fr")), ("姓名", "Name", ""));
    }

    #[test]
    fn odd_templates_are_refused() {
        for (from, to, expected) in [
            ("types/t/1", "types/t/2", "vct must be"),
            ("\"name\":\"T\",\"description\":\"D\",\"display\"", "\"display\"", "missing field"),
            ("\"name\":\"T\"", "\"extends\":\"x\",\"name\":\"T\"", "unknown field"),
            ("\"en\",\"name\"", "\"fr\",\"name\"", "the type has not"),
            ("\"en\",\"label\"", "\"zh-CN\",\"label\"", "/holders/*/name has not"),
            ("always", "allowed", "allowed"),
        ] {
            assert!(TEMPLATE.contains(from), "{from}");
            let error = Metadata::parse(&TEMPLATE.replacen(from, to, 1), "t/1").unwrap_err()[0].to_string();
            assert!(error.contains(expected), "{from} -> {to}: {error}");
        }
        let (head, claim) = TEMPLATE.split_once("\"claims\":[").unwrap();
        let twice = format!("{head}\"claims\":[{},{claim}", claim.strip_suffix("]}").unwrap());
        assert_eq!(
            Metadata::parse(&twice, "t/1"),
            Err(vec![MetadataError::Twice("/holders/*/name".to_owned())])
        );
    }
}
