//! The auditor's office behind the routes of its page, and where it reaches: other ledgers and witnesses over HTTP. Not
//! here: what it tells (`audit::office`) and what the auditor brought along (`cli`).

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;

use super::calling;
use crate::audit::office::Office;
use crate::http;
use crate::values::lang::Lang;

/// How long a witness may take to say what it cosigned last.
const WITHIN: Duration = Duration::from_secs(5);
/// Most bytes of that which are read.
const LARGEST: u64 = 64 * 1024;

/// An office as its routes ask it.
pub struct ServedOffice(pub Arc<Office>);

impl http::Office for ServedOffice {
    fn page(&self, lang: Lang, path: &str, refreshing: bool) -> Result<http::OfficePage, String> {
        let shown = self.0.page(lang, path, refreshing).map_err(|error| error.to_string())?;
        Ok(http::OfficePage { html: shown.html, found: shown.found })
    }

    fn file(&self, place: &str, name: &str) -> Option<http::OfficeFile> {
        let (file, evidence) = self.0.evidence(place, name)?;
        let name = format!("{}-{}", evidence.place, evidence.name);
        Some(http::OfficeFile { file, length: evidence.length, media_type: evidence.media_type, name })
    }

    fn start(&self) {
        self.0.start();
    }

    fn stop(&self) {
        self.0.stop();
    }
}

/// What witnesses keep for monitors, over HTTP.
pub struct Monitoring(Agent);

impl Monitoring {
    /// Reached as every service is that a command calls.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(calling::agent(Some(WITHIN))?))
    }

    /// What lies at an address; `None` for 404.
    pub fn latest(&self, url: &str) -> Result<Option<Vec<u8>>, String> {
        let answer = self.0.get(url).call().map_err(|error| format!("{url}: {error}"))?;
        match answer.status().as_u16() {
            200 => {
                let mut body = Vec::new();
                let read = answer.into_body().into_reader().take(LARGEST).read_to_end(&mut body);
                read.map(|_| Some(body)).map_err(|error| format!("{url}: {error}"))
            }
            404 => Ok(None),
            status => Err(format!("{url}: {status}")),
        }
    }
}
