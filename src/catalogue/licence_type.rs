//! One licence type and version, read from the files of its folder and checked against one another. Once a
//! [`LicenceType`] exists its files agree. Not here: whether the authority has published it, and who may issue it.

use std::sync::Arc;

use serde_json::Value;

use super::claims_schema::ClaimsSchema;
use super::columns::{ColumnError, ColumnMapping};
use super::layout;
use super::metadata::{Metadata, MetadataError};
use super::rules::{Bilingual, Rules};
use crate::values::canonical::{JsonError, parse_strict};
use crate::values::identifiers::{BaseUrl, Slug, TypeCode};

/// The rules.
pub const TYPE_FILE: &str = "type.toml";
/// The claims schema.
pub const SCHEMA_FILE: &str = "claims.schema.json";
/// The type metadata.
pub const METADATA_FILE: &str = "metadata.json";
/// The column mapping.
pub const COLUMNS_FILE: &str = "columns.toml";

/// A licence type at one version.
#[derive(Debug)]
pub struct LicenceType {
    rules: Rules,
    schema: Arc<ClaimsSchema>,
    metadata: Metadata,
    columns: ColumnMapping,
    rules_bytes: Vec<u8>,
    schema_bytes: Vec<u8>,
}

/// Why a folder of licence types was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A file that every type has is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A file is not UTF-8.
    #[error("{0} is not UTF-8")]
    Utf8(&'static str),
    /// `type.toml` does not have its form.
    #[error("type.toml: {0}")]
    Rules(String),
    /// `type.toml` contradicts itself.
    #[error("type.toml: {0}")]
    Contradiction(&'static str),
    /// `claims.schema.json` is not JSON.
    #[error("claims.schema.json: {0}")]
    SchemaJson(JsonError),
    /// `claims.schema.json` is no schema, or not a closed one.
    #[error("claims.schema.json: {0}")]
    Schema(String),
    /// `metadata.json` is not JSON.
    #[error("metadata.json: {0}")]
    MetadataJson(JsonError),
    /// `metadata.json` has not its form, or disagrees with schema or rules.
    #[error("metadata.json: {0}")]
    Metadata(#[from] MetadataError),
    /// `columns.toml`.
    #[error("columns.toml: {0}")]
    Columns(#[from] ColumnError),
    /// The folder is named otherwise than the type in it.
    #[error("the folder is {folder}, the type in it {found}")]
    Folder {
        /// `<slug>/<version>` of the path.
        folder: String,
        /// `<slug>/<version>` of `type.toml`.
        found: String,
    },
    /// Two types with one code, or one type with two.
    #[error("type code {code} belongs to both {first} and {second}")]
    TypeCode {
        /// The code.
        code: TypeCode,
        /// One type.
        first: Slug,
        /// The other; or the same, where its versions differ.
        second: Slug,
    },
    /// In which folder the error is.
    #[error("{folder}: {error}")]
    In {
        /// `<slug>/<version>`.
        folder: String,
        /// What is wrong in it.
        error: Box<Self>,
    },
}

impl LicenceType {
    /// Reads a type from the files of its folder, by name.
    pub fn from_files(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, CatalogueError> {
        let read = |name: &'static str| file(name).ok_or(CatalogueError::Missing(name));
        let text =
            |name: &'static str| String::from_utf8(read(name)?).map_err(|_| CatalogueError::Utf8(name));

        let rules_text = text(TYPE_FILE)?;
        let rules: Rules = toml::from_str(&rules_text).map_err(|e| CatalogueError::Rules(e.to_string()))?;
        if let Some(sentence) = rules.contradiction() {
            return Err(CatalogueError::Contradiction(sentence));
        }

        let schema_bytes = read(SCHEMA_FILE)?;
        let schema_json = parse_strict(&schema_bytes).map_err(CatalogueError::SchemaJson)?;
        let schema = ClaimsSchema::compile(&schema_json).map_err(CatalogueError::Schema)?;

        let metadata_text = text(METADATA_FILE)?;
        let _: Value = parse_strict(metadata_text.as_bytes()).map_err(CatalogueError::MetadataJson)?;
        let metadata = Metadata::parse(&metadata_text, &format!("{}/{}", rules.slug, rules.version))?;
        layout::agree(&rules, &schema, &metadata)?;

        let columns = ColumnMapping::parse(&text(COLUMNS_FILE)?)?;
        columns.check(&schema)?;

        let rules_bytes = rules_text.into_bytes();
        Ok(Self { rules, schema: Arc::new(schema), metadata, columns, rules_bytes, schema_bytes })
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

    /// Whether a request's `type` means this one: its slug or its type code.
    pub fn is_called(&self, name: &str) -> bool {
        self.slug().as_str() == name || self.type_code().as_str() == name
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edited, file_of};
    use super::*;

    #[test]
    fn the_built_in_folders_hold_together() {
        let base: BaseUrl = "http://127.0.0.1:8080".parse().unwrap();
        for slug in ["business-licence", "identity-attestation"] {
            let folder = format!("{slug}/1");
            let licence_type = LicenceType::from_files(&|name| file_of(&folder, name)).unwrap();
            assert_eq!(licence_type.rules_bytes(), file_of(&folder, TYPE_FILE).unwrap());
            assert_eq!(licence_type.schema_bytes(), file_of(&folder, SCHEMA_FILE).unwrap());
            let served: Value = serde_json::from_slice(&licence_type.metadata_bytes(&base)).unwrap();
            assert_eq!(served["vct"], licence_type.vct(&base));
            assert_eq!(licence_type.vct(&base), format!("http://127.0.0.1:8080/types/{slug}/1"));
        }
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
        ] {
            let result = LicenceType::from_files(&edited("identity-attestation/1", file, from, to));
            let error = result.unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(file), "{from} -> {to}: {error}");
        }
        for (file, from, to, expected) in [
            (TYPE_FILE, "version = 1", "version = 2", "vct must be"),
            (TYPE_FILE, "roles = []", "roles = [\"owner\"]", "/holders/*/role"),
            (SCHEMA_FILE, "\"sex\": {", "\"gender\": {", "/claims/gender"),
        ] {
            let files = edited("identity-attestation/1", file, from, to);
            let error = LicenceType::from_files(&files).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(METADATA_FILE), "{from} -> {to}: {error}");
        }
        for missing in [TYPE_FILE, SCHEMA_FILE, METADATA_FILE, COLUMNS_FILE] {
            let files = |name: &str| file_of("business-licence/1", name).filter(|_| name != missing);
            assert_eq!(LicenceType::from_files(&files).unwrap_err(), CatalogueError::Missing(missing));
        }
    }
}
