//! The catalogue against what the ledger published: a version is the bytes its entry commits to, so that nothing is
//! issued by other rules or under metadata that no digest in the ledger names. Not here: versions that the catalogue does
//! not have, of which nothing can be issued.

use super::OpenError;
use crate::catalogue::{Catalogue, METADATA_FILE, SCHEMA_FILE, TYPE_FILE};
use crate::ledger::state::Charter;

/// Refuses a catalogue that changed a published version.
pub(super) fn check_types(charter: &Charter, catalogue: &Catalogue) -> Result<(), OpenError> {
    let base_urls = charter.authority().map(|authority| authority.base_urls.as_slice()).unwrap_or_default();
    for (slug, published) in charter.types() {
        for held in &published.versions {
            let entered = &held.value;
            let number = u16::try_from(entered.version).ok();
            let Some(ours) = number.and_then(|number| catalogue.get(slug, number)) else { continue };
            // The metadata name the base URL of the time when they were published.
            let metadata = base_urls
                .iter()
                .filter_map(|base_url| base_url.parse().ok())
                .any(|base_url| entered.metadata.names(&ours.metadata_bytes(&base_url)));
            let parts = [
                (TYPE_FILE, entered.rules.names(ours.rules_bytes())),
                (SCHEMA_FILE, entered.claims.names(ours.schema_bytes())),
                (METADATA_FILE, metadata),
            ];
            if let Some((part, _)) = parts.into_iter().find(|(_, same)| !same) {
                let licence_type = slug.clone();
                return Err(OpenError::OtherType { licence_type, version: entered.version, part });
            }
        }
    }
    Ok(())
}
