//! `vidimus types list|check DIR`: licence types as data, checked before they are published.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::ceremony;
use super::exit::Exit;
use super::operator::OperatorArgs;
use super::output::Output;
use crate::catalogue::{
    COLUMNS_FILE, Catalogue, CatalogueError, EXAMPLE_FILE, FACTS_FILE, LicenceType, MATTERS_FOLDER,
    METADATA_FILE, SCHEMA_FILE, TYPE_FILE, narrowings,
};
use crate::values::identifiers::Slug;
use crate::values::lang::Lang;
use crate::wiring::assembly::{catalogue, type_files};

/// Licence types.
#[derive(Debug, Args)]
pub(super) struct Types {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The types that are built in, or those of a directory.
    List {
        /// A directory of types: SLUG/VERSION/….
        #[arg(long, value_name = "DIR")]
        schemas: Option<PathBuf>,
    },
    /// Say everything that is wrong with a directory of types, and what a version takes away from the one before.
    Check {
        /// The directory: SLUG/VERSION/….
        dir: PathBuf,
    },
    /// Publish a type, or its next version, that the running service knows; registrars approve it.
    Publish {
        /// Its slug.
        slug: Slug,
        /// Only check it.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        operator: OperatorArgs,
    },
}

impl Types {
    pub(super) fn run(self, out: &Output) -> anyhow::Result<Exit> {
        match self.verb {
            Verb::List { schemas } => list(schemas.as_deref(), out),
            Verb::Check { dir } => check(&dir, out),
            Verb::Publish { slug, dry_run, operator } => {
                let wish = json!({"publish_type": {"type": slug.as_str()}});
                ceremony::begin(&operator.service(out.lang)?, &wish, dry_run, out)
            }
        }
    }
}

fn list(schemas: Option<&Path>, out: &Output) -> anyhow::Result<Exit> {
    let catalogue = catalogue(schemas)?;
    let items: Vec<_> = catalogue.iter().map(|licence_type| item(licence_type)).collect();
    let exit = if items.is_empty() { Exit::NotFound } else { Exit::Good };
    out.result(&json!({"items": items}), |lang| {
        catalogue.iter().map(|licence_type| line(lang, licence_type)).collect::<Vec<_>>().join("\n")
    })?;
    Ok(exit)
}

/// Something to say about one folder.
#[derive(Serialize)]
struct Said {
    folder: String,
    file: Option<&'static str>,
    place: Option<String>,
    text: Told,
}

#[derive(Serialize)]
struct Told {
    zh: String,
    en: String,
}

fn check(dir: &Path, out: &Output) -> anyhow::Result<Exit> {
    let files = type_files(dir)?;
    let mut notes: Vec<Said> = files.iter().filter_map(|(path, _)| stray(path)).collect();
    let has_facts = files.iter().any(|(path, _)| path == FACTS_FILE);
    let (found, errors) = Catalogue::read(files);
    notes.extend((!has_facts && found.iter().next().is_some()).then(no_facts));
    let mut problems: Vec<Said> = errors.iter().map(wrong).collect();
    let built_in = Catalogue::built_in()?;
    for licence_type in found.iter() {
        let (slug, version) = (licence_type.slug(), licence_type.version());
        if let Some(published) = built_in.get(slug, version) {
            compare_same(published, licence_type, &mut problems, &mut notes);
        }
        let before = version
            .checked_sub(1)
            .and_then(|version| found.get(slug, version).or_else(|| built_in.get(slug, version)));
        if let Some(before) = before {
            notes.extend(taken_away(before, licence_type));
        }
    }
    let exit = match (problems.is_empty(), found.iter().next()) {
        (false, _) => Exit::NotValid,
        (true, None) => Exit::NotFound,
        (true, Some(_)) => Exit::Good,
    };
    let items: Vec<_> = found.iter().map(|licence_type| item(licence_type)).collect();
    let holds = exit == Exit::Good;
    out.result(&json!({"items": items, "problems": problems, "notes": notes, "holds": holds}), |lang| {
        let good = found.iter().map(|licence_type| line(lang, licence_type));
        let wrong = problems.iter().map(|said| said.line(lang, lang.choose("错误", "error")));
        let noted = notes.iter().map(|said| said.line(lang, lang.choose("说明", "note")));
        let none = lang.choose(
            "没有证照类型;应有 SLUG/VERSION/ 目录",
            "no licence types: expected folders SLUG/VERSION/",
        );
        let end = match exit {
            Exit::NotFound => none.to_owned(),
            _ => match lang {
                Lang::Zh => {
                    format!("{} 个类型合格,{} 处错误,{} 条说明", items.len(), problems.len(), notes.len())
                }
                Lang::En => {
                    format!("{} types good, {} errors, {} notes", items.len(), problems.len(), notes.len())
                }
            },
        };
        good.chain(wrong).chain(noted).chain([end]).collect::<Vec<_>>().join("\n")
    })?;
    Ok(exit)
}

/// A version that is built in is published wherever this program runs: it can no longer be narrowed, and every other
/// difference is one from what those ledgers hold.
fn compare_same(
    published: &LicenceType,
    licence_type: &LicenceType,
    problems: &mut Vec<Said>,
    notes: &mut Vec<Said>,
) {
    for mut said in taken_away(published, licence_type) {
        said.text.zh += ";同一版本不得收紧,需要新版本";
        said.text.en += ": a version cannot be narrowed, this needs a new one";
        problems.push(said);
    }
    if !published.has_same_bytes(licence_type) {
        notes.push(Said {
            folder: folder(licence_type),
            file: None,
            place: None,
            text: Told {
                zh: "与内置的同一版本不同;已经公布该版本的账本需要新版本".to_owned(),
                en: "differs from the built-in one: a ledger that has published it needs a new version"
                    .to_owned(),
            },
        });
    }
}

fn taken_away<'t>(old: &LicenceType, new: &'t LicenceType) -> impl Iterator<Item = Said> + use<'t> {
    narrowings(old, new).into_iter().map(|narrowing| Said {
        folder: folder(new),
        file: Some(narrowing.file),
        place: Some(narrowing.place),
        text: Told { zh: narrowing.text.zh, en: narrowing.text.en },
    })
}

fn wrong((folder, error): &(String, CatalogueError)) -> Said {
    Said {
        folder: folder.clone(),
        file: Some(error.file()),
        place: None,
        text: Told { zh: error.zh(), en: error.to_string() },
    }
}

/// Without a list of facts nothing is proved by another's licence: it may be meant so.
fn no_facts() -> Said {
    Said {
        folder: ".".to_owned(),
        file: Some(FACTS_FILE),
        place: None,
        text: Told {
            zh: "没有此文件:任何内容都不须由数源部门的证照证明".to_owned(),
            en: "is not there: nothing has to be proved by a licence of its source".to_owned(),
        },
    }
}

/// A file that is none of a type's, such as one whose name is misspelt.
fn stray(path: &str) -> Option<Said> {
    let (folder, name) = path.rsplit_once('/')?;
    let known = folder == MATTERS_FOLDER
        || [TYPE_FILE, SCHEMA_FILE, METADATA_FILE, COLUMNS_FILE, EXAMPLE_FILE].contains(&name);
    (!known).then(|| Said {
        folder: folder.to_owned(),
        file: None,
        place: Some(name.to_owned()),
        text: Told {
            zh: "不是证照类型的文件,不起作用".to_owned(),
            en: "none of a type's files, and without effect".to_owned(),
        },
    })
}

impl Said {
    fn line(&self, lang: Lang, what: &str) -> String {
        let place = [Some(self.folder.as_str()), self.file, self.place.as_deref()].into_iter().flatten();
        let text = lang.choose(&self.text.zh, &self.text.en);
        format!("{what}\t{}\t{text}", place.collect::<Vec<_>>().join(" "))
    }
}

fn item(licence_type: &LicenceType) -> serde_json::Value {
    json!({
        "type": licence_type.slug().as_str(),
        "version": licence_type.version(),
        "type_code": licence_type.type_code().as_str(),
        "name": {"zh": licence_type.name().zh, "en": licence_type.name().en},
    })
}

fn line(lang: Lang, licence_type: &LicenceType) -> String {
    let name = licence_type.name();
    let (slug, version) = (licence_type.slug(), licence_type.version());
    format!("{slug}\t{version}\t{}\t{}", licence_type.type_code(), lang.choose(&name.zh, &name.en))
}

fn folder(licence_type: &LicenceType) -> String {
    format!("{}/{}", licence_type.slug(), licence_type.version())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    /// A copy of the built-in types, with files edited: path below it, from, to.
    fn copy(edits: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/types");
        for (path, bytes) in type_files(&built_in).unwrap() {
            let mut text = String::from_utf8(bytes).unwrap();
            for (_, from, to) in edits.iter().filter(|(edited, ..)| *edited == path) {
                assert!(text.contains(from), "{path} has no {from}");
                text = text.replacen(from, to, 1);
            }
            let place = folder.path().join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        }
        folder
    }

    fn checked(folder: &Path) -> (Exit, Value) {
        let written: Arc<Mutex<Vec<u8>>> = Arc::default();
        let out = Output::to(written.clone()).speaking(true, None);
        let exit = check(folder, &out).unwrap();
        let told = serde_json::from_slice(&written.lock().unwrap()).unwrap();
        (exit, told)
    }

    /// What stands under that name, as `folder file place: English`.
    fn said(told: &Value, name: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let one = |said: &Value| {
            assert!(!text(&said["text"]["zh"]).is_empty());
            let (folder, file) = (text(&said["folder"]), text(&said["file"]));
            format!("{folder} {file} {}: {}", text(&said["place"]), text(&said["text"]["en"]))
        };
        told[name].as_array().unwrap().iter().map(one).collect()
    }

    #[test]
    fn a_good_folder_has_nothing_said_of_it() {
        let (exit, told) = checked(copy(&[]).path());
        assert_eq!((exit, told["holds"].as_bool()), (Exit::Good, Some(true)));
        assert_eq!((said(&told, "problems"), said(&told, "notes")), (vec![], vec![]));
        let without = copy(&[]);
        std::fs::remove_file(without.path().join(FACTS_FILE)).unwrap();
        let (exit, told) = checked(without.path());
        assert_eq!((exit, said(&told, "notes").len()), (Exit::Good, 1), "{told}");
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(checked(empty.path()).0, Exit::NotFound);
        assert!(check(&empty.path().join("absent"), &Output::stdout()).is_err());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let folder = copy(&[
            ("tax-payment/1/type.toml", "slug = \"tax-payment\"", "slug = \"tax\""),
            ("driving-licence/1/claims.schema.json", "\"C6\",", ""),
            ("household-register/1/columns.toml", "/claims/station", "/claims/stations"),
            (FACTS_FILE, "source = \"public-security\"", "source = \"housing\""),
        ]);
        std::fs::write(folder.path().join("driving-licence/1/colums.toml"), "").unwrap();
        let (exit, told) = checked(folder.path());
        assert_eq!(exit, Exit::NotValid);
        let problems = said(&told, "problems");
        for (at, text) in [
            ("driving-licence/1 claims.schema.json /properties/classes/items/enum: C6", "needs a new one"),
            ("household-register/1 columns.toml -", "no claim \"stations\""),
            ("tax-payment/1 metadata.json -", "vct must be"),
            (". facts.toml -", "in identity-attestation that of /holders/0/name is public-security"),
            (". facts.toml -", "in constructor-registration that of /holders/0/name is public-security"),
        ] {
            assert!(
                problems.iter().any(|said| said.starts_with(at) && said.contains(text)),
                "{at}: {problems:?}"
            );
        }
        assert_eq!(problems.len(), 5, "{problems:?}");
        let notes = said(&told, "notes");
        assert!(notes.iter().any(|said| said.starts_with("driving-licence/1 - colums.toml")), "{notes:?}");
        assert!(notes.iter().any(|said| said.contains("differs from the built-in one")), "{notes:?}");
    }

    #[test]
    fn a_new_version_is_compared_with_the_one_before() {
        let folder = copy(&[]);
        let (old, new) = (folder.path().join("tax-payment/1"), folder.path().join("tax-payment/2"));
        std::fs::create_dir(&new).unwrap();
        for file in std::fs::read_dir(&old).unwrap() {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.replace("version = 1", "version = 2").replace("tax-payment/1", "tax-payment/2");
            let text = text.replace("\"maxItems\": 100", "\"maxItems\": 10");
            std::fs::write(new.join(file.file_name().unwrap()), text).unwrap();
        }
        let (exit, told) = checked(folder.path());
        assert_eq!((exit, said(&told, "problems")), (Exit::Good, vec![]));
        let notes = said(&told, "notes");
        let narrower = "tax-payment/2 claims.schema.json /properties/payments/maxItems: the most that is allowed is less";
        assert_eq!(notes, [narrower]);
    }
}
