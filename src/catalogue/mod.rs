//! Floor 3: the catalogue 目录, all licence types as data (GB/T 36902), and what hangs on a type: the issue request
//! and its check, the layout of a credential's claims, the mapping of CSV columns; the plan an authority is
//! founded from, and calendars.
//!
//! A type is a folder `<slug>/<version>/` of four files (`schemas/README.md`); a new one needs no code. Nothing is
//! read from a disk here: the built-in folders are part of the program, others are handed in as bytes. Not here: which
//! types a ledger has published, who has power to issue them, signatures.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_embed::RustEmbed;

use crate::values::identifiers::{Slug, TypeCode};

mod application;
mod calendar;
mod check;
mod claims_schema;
mod columns;
mod comparison;
mod correction;
mod error;
mod facts;
#[cfg(test)]
mod fixtures;
mod layout;
mod legacy;
mod licence_type;
mod matters;
mod members;
mod metadata;
mod naming;
mod parts;
mod power;
mod process;
mod recorded;
mod refusal;
mod request;
mod rules;
mod sample;
mod sources;
mod target;
mod written;

pub use application::{Application, Decided, Replacing};
pub use calendar::{Calendar, CalendarDay, CalendarError};
pub use check::{Checked, Holder};
pub use claims_schema::ClaimsSchema;
pub use columns::{ColumnError, ColumnMapping, content_key};
pub use comparison::{Narrowing, narrowings};
pub use correction::{Correction, CorrectionItem};
pub use error::CatalogueError;
pub use facts::{Contradiction, FACTS_FILE, Fact, FactError, Facts, Place, ProvedBy, UsedIn};
pub use layout::Layout;
pub use licence_type::LicenceType;
pub use licence_type::{COLUMNS_FILE, EXAMPLE_FILE, METADATA_FILE, SCHEMA_FILE, TYPE_FILE};
pub use matters::{MATTERS_FOLDER, Matter, MatterError, MatterLicence, MatterRequest, Question, Spot};
pub use members::Members;
pub use metadata::{ClaimDisplay, ClaimMetadata, Disclosure, Metadata, MetadataError, TypeDisplay};
pub use parts::{Part, PartKind, SchemaError};
pub use power::{PowerBasis, PowerPlan, Promised, Responsibility, WorkingDays, WorkingDaysError};
pub use process::{ApproverRule, ProcessRules, PromisedDays};
pub use recorded::RecordedRequest;
pub use refusal::{ClaimRule, JsonKind, RequestError, RequestErrorKind, ValidityRule};
pub use request::{ApprovalRequest, HolderRequest, IssueRequest};
pub use rules::{
    ApprovalRules, Bilingual, CatalogueFields, DefinedBy, DefiningLevel, HolderCategory, HolderRules,
    IssueRules, IssuingLevel, Kind, RoleRule, Rules, StatusRules, ValidityRules,
};
pub use sample::{AuthorityPlan, DepartmentError, DepartmentPlan, PlanError, RegistrarPlan};
pub use sources::{Sharing, Source, SourceError, SourceRules};
pub use written::Written;

#[derive(RustEmbed)]
#[folder = "schemas/types"]
struct BuiltIn;

/// All licence types, every version of each, and the matters that join them.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    types: BTreeMap<Slug, BTreeMap<u16, Arc<LicenceType>>>,
    by_code: BTreeMap<TypeCode, Slug>,
    facts: Arc<Facts>,
    matters: BTreeMap<Slug, Arc<Matter>>,
}

impl Catalogue {
    /// The licence types and matters built into the program.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::from_folder_files(BuiltIn::iter().filter_map(|path| {
            let bytes = BuiltIn::get(&path)?.data.into_owned();
            Some((path.into_owned(), bytes))
        }))
    }

    /// Every matter, by slug.
    pub fn matters(&self) -> impl Iterator<Item = &Arc<Matter>> {
        self.matters.values()
    }

    /// The matter of this name.
    pub fn matter(&self, slug: &str) -> Option<&Arc<Matter>> {
        self.matters.get(&slug.parse().ok()?)
    }

    /// The licence types in a folder, given as its files: paths `<slug>/<version>/<name>` with forward slashes, and
    /// contents, and beside the folders `facts.toml` where there are facts, and `matters/<name>` where there are matters.
    /// A path of another depth is passed over.
    pub fn from_folder_files(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, CatalogueError> {
        let (catalogue, errors) = Self::read(files);
        match errors.into_iter().next() {
            None => Ok(catalogue),
            Some((folder, error)) => Err(CatalogueError::In { folder, error: Box::new(error) }),
        }
    }

    /// The same; the types that are good are returned beside everything that is wrong with the others, each with its
    /// folder.
    pub fn read(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> (Self, Vec<(String, CatalogueError)>) {
        let mut folders: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
        let (mut facts, mut matters) = (None, Vec::new());
        for (path, bytes) in files {
            match path.rsplit_once('/') {
                None if path == FACTS_FILE => facts = Some(bytes),
                Some((MATTERS_FOLDER, name)) => matters.push((name.to_owned(), bytes)),
                Some((folder, name)) if folder.matches('/').count() == 1 => {
                    folders.entry(folder.to_owned()).or_default().insert(name.to_owned(), bytes);
                }
                _ => {}
            }
        }
        let mut catalogue = Self::default();
        let mut errors = Vec::new();
        for (folder, files) in folders {
            let found = match LicenceType::read(&|name| files.get(name).cloned()) {
                Ok(licence_type) => catalogue.add(&folder, licence_type).err().into_iter().collect(),
                Err(found) => found,
            };
            errors.extend(found.into_iter().map(|error| (folder.clone(), error)));
        }
        let wrong = facts.map(|facts| catalogue.add_facts(&facts)).unwrap_or_default();
        errors.extend(wrong.into_iter().map(|error| (".".to_owned(), error.into())));
        // Of a type that is no good a matter could only say that it is not there.
        let good = errors.is_empty();
        for (file, bytes) in matters.into_iter().filter(|_| good) {
            let wrong = catalogue.add_matter(&file, &bytes).into_iter();
            let wrong = wrong.map(|error| CatalogueError::Matter { file: file.clone(), error });
            errors.extend(wrong.map(|error| (".".to_owned(), error)));
        }
        (catalogue, errors)
    }

    /// Takes a matter in, or says everything that is wrong with it. Types and facts are there already.
    fn add_matter(&mut self, file: &str, bytes: &[u8]) -> Vec<MatterError> {
        match Matter::read(file, bytes, self) {
            Ok(matter) => {
                self.matters.insert(matter.slug().clone(), Arc::new(matter));
                Vec::new()
            }
            Err(errors) => errors,
        }
    }

    /// Takes facts in, and says everything in which they disagree with the types.
    fn add_facts(&mut self, bytes: &[u8]) -> Vec<FactError> {
        match Facts::read(bytes) {
            Ok(facts) => {
                let wrong = facts.disagreements(self);
                self.facts = Arc::new(facts);
                wrong
            }
            Err(error) => vec![error],
        }
    }

    /// The facts that stand in more than one type.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn add(&mut self, folder: &str, licence_type: LicenceType) -> Result<(), CatalogueError> {
        let (slug, version) = (licence_type.slug().clone(), licence_type.version());
        let code = licence_type.type_code().clone();
        let found = format!("{slug}/{version}");
        if folder != found {
            return Err(CatalogueError::Folder { folder: folder.to_owned(), found });
        }
        let versions = self.types.entry(slug.clone()).or_default();
        let other_code = versions.values().any(|other| *other.type_code() != code);
        let owner = self.by_code.entry(code.clone()).or_insert_with(|| slug.clone());
        if other_code || *owner != slug {
            return Err(CatalogueError::TypeCode { code, first: owner.clone(), second: slug });
        }
        versions.insert(version, Arc::new(licence_type));
        Ok(())
    }

    /// A type at a version.
    pub fn get(&self, slug: &Slug, version: u16) -> Option<&Arc<LicenceType>> {
        self.types.get(slug)?.get(&version)
    }

    /// A type at its newest version.
    pub fn latest(&self, slug: &Slug) -> Option<&Arc<LicenceType>> {
        Some(self.types.get(slug)?.last_key_value()?.1)
    }

    /// The newest version of the type with that code.
    pub fn by_code(&self, code: &TypeCode) -> Option<&Arc<LicenceType>> {
        self.latest(self.by_code.get(code)?)
    }

    /// The newest version of the type a request or a path means, by slug or by type code.
    pub fn find(&self, name: &str) -> Option<&Arc<LicenceType>> {
        let by_slug = name.parse().ok().and_then(|slug| self.latest(&slug));
        by_slug.or_else(|| name.parse().ok().and_then(|code| self.by_code(&code)))
    }

    /// Every version of every type, by slug and version.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<LicenceType>> {
        self.types.values().flat_map(BTreeMap::values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) use super::fixtures::{built_in_files, edited, file_of, with_edited};

    #[test]
    fn types_are_found_by_slug_and_by_code() {
        let catalogue = Catalogue::built_in().unwrap();
        for (slug, code) in
            [("business-licence", "11100000MB0143028R001"), ("identity-attestation", "11100000000013127D901")]
        {
            assert_eq!(catalogue.find(slug).unwrap().type_code().as_str(), code);
            assert_eq!(catalogue.find(code).unwrap().slug().as_str(), slug);
            assert_eq!(catalogue.get(&slug.parse().unwrap(), 1).unwrap().version(), 1);
            assert!(catalogue.get(&slug.parse().unwrap(), 2).is_none());
        }
        assert_eq!(catalogue.iter().count(), 12);
        for licence_type in catalogue.iter() {
            assert_eq!(
                catalogue.find(licence_type.type_code().as_str()).unwrap().slug(),
                licence_type.slug()
            );
        }
        for none in ["", "no-such-type", "11100000MB0143028R002", "Business-licence"] {
            assert!(catalogue.find(none).is_none(), "{none}");
        }
    }

    #[test]
    fn folders_must_be_named_as_what_is_in_them() {
        let mut files = built_in_files();
        files.push(("README.md".to_owned(), Vec::new()));
        let count = Catalogue::built_in().unwrap().iter().count();
        assert_eq!(Catalogue::from_folder_files(files.clone()).unwrap().iter().count(), count);
        let moved = files.iter().map(|(path, bytes)| (path.replace("/1/", "/2/"), bytes.clone()));
        let error = Catalogue::from_folder_files(moved).unwrap_err().to_string();
        assert!(error.contains("the folder is business-licence/2"), "{error}");
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let mut files: BTreeMap<String, Vec<u8>> = built_in_files().into_iter().collect();
        let mut edit = |path: &str, from: &str, to: &str| {
            let text = String::from_utf8(files[path].clone()).unwrap();
            assert!(text.contains(from), "{path}");
            files.insert(path.to_owned(), text.replacen(from, to, 1).into_bytes());
        };
        edit("tax-payment/1/type.toml", "total = {", "sum = {");
        edit("tax-payment/1/type.toml", "\"长期\"", "\"forever\"");
        edit("tax-payment/1/columns.toml", "/claims/total", "/claims/totals");
        edit("tax-payment/1/metadata.json", "\"total\"", "\"totals\"");
        edit("driving-licence/1/claims.schema.json", "\"minItems\": 1,", "");
        edit("driving-licence/1/example.json", "{", "{{");
        edit("kinship-attestation/1/example.json", "\"父亲\"", "\"朋友\"");
        files.remove("social-insurance/1/columns.toml");
        let (good, errors) = Catalogue::read(files);
        assert_eq!(good.iter().count(), Catalogue::built_in().unwrap().iter().count() - 4);
        let told: Vec<String> =
            errors.iter().map(|(folder, error)| format!("{folder}: {}: {error}", error.file())).collect();
        for (place, text) in [
            ("tax-payment/1: type.toml", "\"total\" has no source"),
            ("tax-payment/1: type.toml", "no claim \"sum\""),
            ("tax-payment/1: type.toml", "validity range"),
            ("tax-payment/1: type.toml", "disagree on"),
            ("tax-payment/1: columns.toml", "no claim \"totals\""),
            ("tax-payment/1: metadata.json", "/claims/total must be there"),
            ("tax-payment/1: metadata.json", "has /claims/totals"),
            ("driving-licence/1: claims.schema.json", "minItems"),
            ("driving-licence/1: example.json", ""),
            ("kinship-attestation/1: example.json: /claims/relationship", "must be one of"),
            ("social-insurance/1: columns.toml", "missing"),
        ] {
            assert!(
                told.iter().any(|one| one.starts_with(place) && one.contains(text)),
                "{place} {text}: {told:#?}"
            );
        }
        assert_eq!(told.len(), 11, "{told:#?}");
        assert!(errors.iter().all(|(_, error)| !error.zh().is_empty()));
    }

    #[test]
    fn two_types_cannot_share_a_code() {
        let renamed = built_in_files().into_iter().filter(|(path, _)| path.starts_with("business")).map(
            |(path, bytes)| {
                let text = String::from_utf8(bytes).unwrap();
                let path = path.replace("business-licence", "another-licence");
                (path, text.replace("business-licence", "another-licence").into_bytes())
            },
        );
        let error = Catalogue::from_folder_files(built_in_files().into_iter().chain(renamed)).unwrap_err();
        assert!(error.to_string().contains("belongs to both"), "{error}");
    }

    /// Every row of the real register, where it is at hand: seven are refused for their check character, the rest
    /// pass, and no filled cell is lost on the way into the credential.
    #[cfg(feature = "server")]
    #[test]
    fn the_whole_register_maps() {
        let Some(vectors) = std::env::var_os("VIDIMUS_VECTORS") else {
            eprintln!("skipped: VIDIMUS_VECTORS is not set");
            return;
        };
        let path = std::path::Path::new(&vectors).join("../business-registrations.csv");
        let catalogue = Catalogue::built_in().unwrap();
        let licence_type = catalogue.find("business-licence").unwrap();
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let today = "2026-11-22".parse().unwrap();
        let (mut passed, mut check_digit) = (0, 0);
        let mut keys = std::collections::BTreeSet::new();
        for record in reader.records() {
            let row: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
            let mapped = licence_type.columns().request(licence_type.slug(), &header, &row).unwrap();
            let request = IssueRequest::parse(&mapped).unwrap();
            keys.insert(content_key(licence_type.slug(), licence_type.version(), &mapped).unwrap());
            match licence_type.check(&request, today) {
                Ok(checked) => {
                    passed += 1;
                    let layout = licence_type.layout(&checked);
                    let mut texts: Vec<&str> = layout.claims["claims"]
                        .as_object()
                        .unwrap()
                        .values()
                        .filter_map(|v| v.as_str())
                        .collect();
                    texts.extend(
                        layout.claims["holders"][0].as_object().unwrap().values().filter_map(|v| v.as_str()),
                    );
                    for cell in row.iter().filter(|cell| !cell.is_empty()) {
                        assert!(texts.contains(&cell.as_str()), "{cell} is lost");
                    }
                    assert_eq!(layout.disclosable, Vec::<String>::new());
                    assert_eq!(checked.valid_from().to_string(), row[2]);
                    assert_eq!(checked.valid_until(), None);
                }
                Err(error) => {
                    assert!(matches!(error.kind, RequestErrorKind::CheckDigit { .. }), "{error}");
                    assert_eq!(error.pointer, "/holders/0/code");
                    check_digit += 1;
                }
            }
        }
        assert_eq!((passed, check_digit), (2999, 7));
        eprintln!("{} different rows", keys.len());
    }
}
