//! The addresses by which an authority's documents are named: all under the base URL in force. Names, not routes.

use super::Authority;
use super::refusal::{Failure, Fault};
use crate::values::identifiers::BaseUrl;

impl Authority {
    /// The base URL under which things are named now.
    pub(super) fn base_url(&self) -> Result<BaseUrl, Failure> {
        let published = self.window.published();
        let base_url = published.charter.authority().and_then(|authority| authority.base_urls.last());
        let parsed = base_url.and_then(|base_url| base_url.parse().ok());
        Ok(parsed.ok_or_else(|| Fault::Law("there is no base URL".into()))?)
    }

    /// The address of a status list.
    pub(super) fn list_uri(&self, list: u32) -> Result<String, Failure> {
        Ok(format!("{}/status/{list}", self.base_url()?))
    }
}
