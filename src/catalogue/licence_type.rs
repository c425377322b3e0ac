//! One licence type and version, read from the files of its folder and checked against one another. Once a
//! [`LicenceType`] exists its files agree. Not here: whether the authority has published it, and who may issue it.

use std::sync::Arc;

use serde_json::Value;

use super::claims_schema::ClaimsSchema;
use super::columns::ColumnMapping;
use super::error::CatalogueError;
use super::layout;
use super::metadata::Metadata;
use super::refusal::RequestError;
use super::request::IssueRequest;
use super::rules::{Bilingual, Rules};
use crate::values::canonical::parse_strict;
use crate::values::identifiers::{BaseUrl, Slug, TypeCode};
use crate::values::time::Date;

/// The rules.
pub const TYPE_FILE: &str = "type.toml";
/// The claims schema.
pub const SCHEMA_FILE: &str = "claims.schema.json";
/// The type metadata.
pub const METADATA_FILE: &str = "metadata.json";
/// The column mapping.
pub const COLUMNS_FILE: &str = "columns.toml";
/// An issue request, as an example.
pub const EXAMPLE_FILE: &str = "example.json";

/// A licence type at one version.
#[derive(Debug)]
pub struct LicenceType {
    rules: Rules,
    schema: Arc<ClaimsSchema>,
    metadata: Metadata,
    columns: ColumnMapping,
    example: Value,
    rules_bytes: Vec<u8>,
    schema_bytes: Vec<u8>,
}

impl LicenceType {
    /// Reads a type from the files of its folder, by name. The first error is returned.
    pub fn from_files(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, CatalogueError> {
        Self::read(file).map_err(|errors| {
            // There is one at least, or the type would be there.
            errors.into_iter().next().unwrap_or(CatalogueError::Missing(TYPE_FILE))
        })
    }

    /// The same; everything that is wrong is returned, but for what only a file that cannot be read would tell of
    /// another.
    pub fn read(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, Vec<CatalogueError>> {
        let mut folder = Folder { file, errors: Vec::new() };
        let rules = folder.rules();
        let schema = folder.schema();
        let (metadata, columns) = (folder.text(METADATA_FILE), folder.text(COLUMNS_FILE));
        let metadata =
            rules.as_ref().zip(metadata).and_then(|((rules, _), text)| folder.metadata(rules, &text));
        let columns =
            schema.as_ref().zip(columns).and_then(|((schema, _), text)| folder.columns(schema, &text));
        let example = folder.json(EXAMPLE_FILE).map(|(example, _)| example);
        if let (Some((rules, _)), Some((schema, _)), Some(metadata)) = (&rules, &schema, &metadata) {
            folder.refuse(layout::disagreements(rules, schema, metadata));
            folder.refuse(rules.sources.disagreements(schema, metadata));
        }
        let mut errors = folder.errors;
        let (
            Some((rules, rules_bytes)),
            Some((schema, schema_bytes)),
            Some(metadata),
            Some(columns),
            Some(example),
            true,
        ) = (rules, schema, metadata, columns, example, errors.is_empty())
        else {
            return Err(errors);
        };
        let schema = Arc::new(schema);
        let licence_type = Self { rules, schema, metadata, columns, example, rules_bytes, schema_bytes };
        errors.extend(licence_type.check_example().err().map(CatalogueError::Example));
        if errors.is_empty() { Ok(licence_type) } else { Err(errors) }
    }

    /// The example is a request that this type allows on the day it begins.
    fn check_example(&self) -> Result<(), RequestError> {
        let request = IssueRequest::parse(&self.example)?;
        self.check(&request, request.valid_from).map(drop)
    }

    /// The short name.
    pub fn slug(&self) -> &Slug {
        &self.rules.slug
    }

    /// The version, from 1.
    pub fn version(&self) -> u16 {
        self.rules.version
    }

    /// 证照类型代码.
    pub fn type_code(&self) -> &TypeCode {
        &self.rules.type_code
    }

    /// 证照类型名称.
    pub fn name(&self) -> &Bilingual {
        &self.rules.name
    }

    /// Everything in `type.toml`.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The last day of the longest validity that begins on a day; none where the type allows 长期, or says no longest.
    pub fn longest_until(&self, from: Date) -> Option<Date> {
        let days = self.rules.validity.longest_days.filter(|_| !self.rules.validity.open_ended)?;
        (1..days).try_fold(from, |day, _| day.next())
    }

    /// The compiled claims schema.
    pub fn schema(&self) -> &ClaimsSchema {
        &self.schema
    }

    /// The type metadata: labels, and what can be withheld.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The built-in column mapping.
    pub fn columns(&self) -> &ColumnMapping {
        &self.columns
    }

    /// An issue request that is allowed on the day it begins.
    pub fn example(&self) -> &Value {
        &self.example
    }

    /// `vct` of the type's credentials.
    pub fn vct(&self, base: &BaseUrl) -> String {
        self.metadata.vct(base)
    }

    /// The exact bytes of `type.toml`, a blob of the ledger.
    pub fn rules_bytes(&self) -> &[u8] {
        &self.rules_bytes
    }

    /// The exact bytes of `claims.schema.json`, a blob of the ledger.
    pub fn schema_bytes(&self) -> &[u8] {
        &self.schema_bytes
    }

    /// The bytes served at the address in `vct`, a blob of the ledger.
    pub fn metadata_bytes(&self, base: &BaseUrl) -> Vec<u8> {
        self.metadata.render(base)
    }

    /// Whether a ledger would commit to the same bytes for both.
    pub fn has_same_bytes(&self, other: &Self) -> bool {
        let metadata = self.metadata == other.metadata;
        self.rules_bytes == other.rules_bytes && self.schema_bytes == other.schema_bytes && metadata
    }

    /// Whether a request's `type` means this one: its slug or its type code.
    pub fn is_called(&self, name: &str) -> bool {
        self.slug().as_str() == name || self.type_code().as_str() == name
    }
}

/// A folder while it is read, and what was found wrong with it.
struct Folder<'f> {
    file: &'f dyn Fn(&str) -> Option<Vec<u8>>,
    errors: Vec<CatalogueError>,
}

impl Folder<'_> {
    fn refuse<E: Into<CatalogueError>>(&mut self, errors: Vec<E>) {
        self.errors.extend(errors.into_iter().map(Into::into));
    }

    /// What a step gives, or its errors kept.
    fn keep<T, E: Into<CatalogueError>>(&mut self, result: Result<T, Vec<E>>) -> Option<T> {
        result.map_err(|errors| self.refuse(errors)).ok()
    }

    fn bytes(&mut self, name: &'static str) -> Option<Vec<u8>> {
        let bytes = (self.file)(name).ok_or_else(|| vec![CatalogueError::Missing(name)]);
        self.keep(bytes)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let bytes = self.bytes(name)?;
        self.keep(String::from_utf8(bytes).map_err(|_| vec![CatalogueError::Utf8(name)]))
    }

    fn json(&mut self, file: &'static str) -> Option<(Value, Vec<u8>)> {
        let bytes = self.bytes(file)?;
        let json =
            self.keep(parse_strict(&bytes).map_err(|error| vec![CatalogueError::Json { file, error }]))?;
        Some((json, bytes))
    }

    fn rules(&mut self) -> Option<(Rules, Vec<u8>)> {
        let text = self.text(TYPE_FILE)?;
        let rules: Result<Rules, _> = toml::from_str(&text);
        let rules = self.keep(rules.map_err(|error| vec![CatalogueError::Rules(error.to_string())]))?;
        self.refuse(rules.contradictions().into_iter().map(CatalogueError::Contradiction).collect());
        Some((rules, text.into_bytes()))
    }

    fn schema(&mut self) -> Option<(ClaimsSchema, Vec<u8>)> {
        let (json, bytes) = self.json(SCHEMA_FILE)?;
        Some((self.keep(ClaimsSchema::compile(&json))?, bytes))
    }

    fn metadata(&mut self, rules: &Rules, text: &str) -> Option<Metadata> {
        let strict = parse_strict(text.as_bytes());
        self.keep(strict.map_err(|error| vec![CatalogueError::Json { file: METADATA_FILE, error }]))?;
        self.keep(Metadata::parse(text, &format!("{}/{}", rules.slug, rules.version)))
    }

    fn columns(&mut self, schema: &ClaimsSchema, text: &str) -> Option<ColumnMapping> {
        self.keep(ColumnMapping::read(text, schema))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::super::tests::{edited, file_of};
    use super::*;

    #[test]
    fn the_built_in_folders_hold_together() {
        let base: BaseUrl = "http://127.0.0.1:8080".parse().unwrap();
        for licence_type in Catalogue::built_in().unwrap().iter() {
            let slug = licence_type.slug();
            let folder = format!("{slug}/1");
            assert_eq!(licence_type.rules_bytes(), file_of(&folder, TYPE_FILE).unwrap());
            assert_eq!(licence_type.schema_bytes(), file_of(&folder, SCHEMA_FILE).unwrap());
            let served: Value = serde_json::from_slice(&licence_type.metadata_bytes(&base)).unwrap();
            assert_eq!(served["vct"], licence_type.vct(&base));
            assert_eq!(licence_type.vct(&base), format!("http://127.0.0.1:8080/types/{slug}/1"));
        }
    }

    #[test]
    fn the_columns_of_a_type_fill_its_example() {
        for licence_type in Catalogue::built_in().unwrap().iter() {
            let slug = licence_type.slug();
            let text = file_of(&format!("{slug}/1"), COLUMNS_FILE).unwrap();
            let columns: toml::Table = toml::from_str(&String::from_utf8(text).unwrap()).unwrap();
            let (mut header, mut row) = (Vec::new(), Vec::new());
            for (column, pointers) in columns["columns"].as_table().unwrap() {
                let cell = match licence_type.example().pointer(pointers[0].as_str().unwrap()) {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                header.push(column.clone());
                row.push(cell);
            }
            let request = licence_type.columns().request(slug, &header, &row).unwrap();
            assert_eq!(request, *licence_type.example(), "{slug}");
        }
    }

    /// The identity attestation, edited, is refused, and one error says what is expected of the file at fault.
    fn refused(file: &str, from: &str, to: &str, expected: &str, at_fault: &str) {
        let errors = LicenceType::read(&edited("identity-attestation/1", file, from, to)).unwrap_err();
        let good = |error: &CatalogueError| error.file() == at_fault && error.to_string().contains(expected);
        assert!(errors.iter().any(good), "{from} -> {to}: {errors:?}");
    }

    #[test]
    fn files_that_disagree_are_refused() {
        for (file, from, to, expected) in [
            (TYPE_FILE, "version = 1", "version = 0", "versions begin at 1"),
            (TYPE_FILE, "D901\"", "D91\"", "21 characters"),
            (TYPE_FILE, "slug =", "surprise = 1\nslug =", "unknown field"),
            (TYPE_FILE, "min = 1", "min = 2", "at least one"),
            (TYPE_FILE, "[\"111\"]", "[\"001\"]", "code of an organisation"),
            (TYPE_FILE, "[\"111\"]", "[]", "no code type"),
            (TYPE_FILE, "\"111\"", "\"112\"", "no holder code type"),
            (TYPE_FILE, "open_ended = false", "open_ended = true", "without end"),
            (TYPE_FILE, "\"1年\"", "\"一年\"", "validity range"),
            (TYPE_FILE, "code = \"11100000000013127D\"", "code = \"11100000MB0143028R\"", "defining body"),
            (SCHEMA_FILE, "\"additionalProperties\": false", "\"additionalProperties\": true", "must have"),
            (SCHEMA_FILE, "\"type\": \"object\",", "", "must have"),
            (METADATA_FILE, "{base_url}", "https://example.com", "vct must be"),
            (METADATA_FILE, "\"name\": \"Identity", "\"name\": \"{base_url}", "vct must be"),
            (METADATA_FILE, "\"sd\": \"always\"", "\"sd\": \"never\"", "sd = always"),
            (METADATA_FILE, "\"sd\": \"never\"", "\"sd\": \"allowed\"", "allowed"),
            (METADATA_FILE, "\"licence_number\"", "\"licence_nr\"", "/licence_number must be there"),
            (METADATA_FILE, "\"zh-CN\"", "\"zh\"", "zh-CN"),
            (METADATA_FILE, "{", "{\"vct\":\"\",", "duplicate"),
            (COLUMNS_FILE, "/claims/sex", "/claims/gender", "no claim"),
            (TYPE_FILE, "sex = {", "gender = {", "no claim \"gender\""),
            (TYPE_FILE, "sex = {", "# sex = {", "claim \"sex\" has no source"),
            (TYPE_FILE, "by-matter\" }\nethnicity", "open\" }\nethnicity", "must not be withheld"),
            (TYPE_FILE, "by-matter", "now-and-then", "unknown variant"),
            (METADATA_FILE, "\"sd\": \"always\"", "\"sd\": \"never\"", "/holders/*/name"),
            (EXAMPLE_FILE, "\"女\"", "\"?\"", "/claims/sex"),
            (EXAMPLE_FILE, "2027-11-21", "2027-11-31", "/valid_until"),
            (EXAMPLE_FILE, "{", "[", ""),
        ] {
            refused(file, from, to, expected, file);
        }
        for (file, from, to, expected) in [
            (TYPE_FILE, "version = 1", "version = 2", "vct must be"),
            (
                TYPE_FILE,
                "roles = []",
                "roles = [{ role = \"owner\", name = { zh = \"甲\", en = \"A\" }, min = 1, max = 1 }]",
                "/holders/*/role",
            ),
            (SCHEMA_FILE, "\"sex\": {", "\"gender\": {", "/claims/gender"),
        ] {
            refused(file, from, to, expected, METADATA_FILE);
        }
        assert_eq!(LicenceType::read(&|_| None).unwrap_err().len(), 5);
        for missing in [TYPE_FILE, SCHEMA_FILE, METADATA_FILE, COLUMNS_FILE, EXAMPLE_FILE] {
            let files = |name: &str| file_of("business-licence/1", name).filter(|_| name != missing);
            assert_eq!(LicenceType::from_files(&files).unwrap_err(), CatalogueError::Missing(missing));
        }
    }
}
