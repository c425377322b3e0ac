//! A department's table of records, and the service it belongs to: what `issue` and `reconcile` both ask for. Not here:
//! what a table of existing licences needs besides (`existing`), and its rows (`table`).

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::issuer::Issuer;
use super::table::Table;
use crate::catalogue::{Catalogue, ColumnError, ColumnMapping, LicenceType};
use crate::values::lang::Lang;
use crate::wiring::assembly::catalogue;
use crate::wiring::told::Told;

/// Which table, of which type, for which service.
#[derive(Debug, Args)]
pub(super) struct Records {
    /// The licence type: slug or 21-character code.
    #[arg(long = "type", value_name = "TYPE")]
    licence_type: String,
    /// The table: CSV with a header line, UTF-8.
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// The service's address.
    #[arg(long, value_name = "URL")]
    to: String,
    /// The department's token file.
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// Another column mapping than the type's own.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Licence types of a directory instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    schemas: Option<PathBuf>,
}

impl Records {
    /// As given without `--map` and `--schemas`.
    #[cfg(test)]
    pub(super) fn of(licence_type: &str, csv: PathBuf, to: &str, token: PathBuf) -> Self {
        let (licence_type, to) = (licence_type.to_owned(), to.to_owned());
        Self { licence_type, csv, to, token, map: None, schemas: None }
    }

    /// The types that are known.
    pub(super) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        catalogue(self.schemas.as_deref())
    }

    /// The type that was asked for, and its own column mapping or the one in a file.
    pub(super) fn type_and_mapping<'c>(
        &self,
        catalogue: &'c Catalogue,
    ) -> anyhow::Result<(&'c LicenceType, ColumnMapping)> {
        let name = &self.licence_type;
        let found = catalogue.find(name);
        let licence_type =
            found.ok_or_else(|| anyhow!("there is no licence type {name:?}; see `vidimus types list`"))?;
        let mapping = match &self.map {
            None => licence_type.columns().clone(),
            Some(path) => read_mapping(path, licence_type)?,
        };
        Ok((licence_type, mapping))
    }

    /// The table, counted.
    pub(super) fn table(&self) -> anyhow::Result<Table> {
        Table::open(&self.csv)
    }

    /// The way to the service.
    pub(super) fn issuer(&self, lang: Lang) -> anyhow::Result<Issuer> {
        Issuer::new(&self.to, &self.token, lang)
    }
}

fn read_mapping(path: &Path, licence_type: &LicenceType) -> anyhow::Result<ColumnMapping> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    ColumnMapping::read(&text, licence_type.schema()).map_err(|errors| {
        let join = |told: Vec<String>| format!("{}: {}", path.display(), told.join("; "));
        let zh = errors.iter().map(ColumnError::zh).collect();
        let en = errors.iter().map(ToString::to_string).collect();
        Told::new(join(zh), join(en)).into()
    })
}
