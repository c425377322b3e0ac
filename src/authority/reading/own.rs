//! A department's own licences, found and paged.

use super::Shown;
use super::shown::Portion;
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Row;
use crate::ledger::state::LicenceState;
use crate::values::identifiers::{CreditCode, Handle};
use crate::values::standing::Standing;
use crate::values::time::Time;

/// Which of its own licences a department asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// What is printed.
    pub licence_number: Option<String>,
    /// Its own record id.
    pub reference: Option<String>,
    /// A holder's code.
    pub holder_code: Option<String>,
    /// The standing now.
    pub standing: Option<Standing>,
    /// The last handle of the page before.
    pub after: Option<Handle>,
    /// Whether holders and claims are shown too.
    pub content: bool,
}

/// Licences and where the next page begins.
#[derive(Debug, Clone)]
pub struct Page {
    /// At most fifty.
    pub items: Vec<Shown>,
    /// Give it as `after`.
    pub next: Option<Handle>,
}

/// Items of a page.
const PAGE: usize = 50;
/// Licences looked at for one page of a filter that few of them pass.
const LOOKED_AT: usize = 5000;

impl Authority {
    /// Licences found by a keyed hash.
    pub(in crate::authority) fn found(&self, what: &str, text: &str) -> Result<Vec<LicenceState>, Failure> {
        let prefix = Row::Found(self.once.finder(what, text), Handle::new(Time::MIN, [0; 10])).key();
        let prefix = prefix.get(..17).unwrap_or(&prefix).to_vec();
        let mut found = Vec::new();
        for (key, _) in self.store.scan(&prefix, None, LOOKED_AT)? {
            let handle = key.get(17..).and_then(|bytes| bytes.try_into().ok());
            let handle = handle.and_then(|bytes| Handle::from_bytes(bytes).ok());
            let handle = handle.ok_or_else(|| Fault::Damaged("the key of a finder".into()))?;
            found.extend(self.published_licence(&handle)?);
        }
        Ok(found)
    }

    /// A department's own licences, oldest first.
    pub fn own_licences(&self, issuer: &CreditCode, filter: &Filter) -> Result<Page, Failure> {
        let reference = filter.reference.as_ref().map(|text| format!("{issuer}\n{text}"));
        let named = [
            ("number", filter.licence_number.as_deref()),
            ("reference", reference.as_deref()),
            ("holder", filter.holder_code.as_deref()),
        ];
        let mut narrowed: Option<Vec<LicenceState>> = None;
        for (what, text) in named {
            let Some(text) = text else { continue };
            let found = self.found(what, text)?;
            narrowed = Some(match narrowed {
                None => found,
                Some(before) => before
                    .into_iter()
                    .filter(|one| found.iter().any(|other| other.handle == one.handle))
                    .collect(),
            });
        }
        let wanted = |licence: &LicenceState| {
            licence.department == *issuer
                && filter.standing.is_none_or(|standing| licence.standing() == standing)
        };
        let (candidates, more) = match narrowed {
            Some(mut found) => {
                found.sort_by_key(|licence| licence.handle);
                found.retain(|licence| filter.after.is_none_or(|after| licence.handle > after));
                (found, None)
            }
            None => self.licences_after(filter.after)?,
        };
        let portion = if filter.content { Portion::Content } else { Portion::Line };
        let mut items = Vec::new();
        let mut next = more;
        for licence in candidates.into_iter().filter(wanted) {
            if items.len() == PAGE {
                next = items.last().map(|shown: &Shown| shown.licence.handle);
                break;
            }
            items.push(self.show(licence, portion)?);
        }
        Ok(Page { items, next })
    }

    /// Licences after a handle, at most as many as are looked at for one page, and where to go on.
    fn licences_after(&self, after: Option<Handle>) -> Result<(Vec<LicenceState>, Option<Handle>), Failure> {
        let after = after.map(|handle| Row::Licence(handle).key());
        let rows = self.store.scan(b"l", after.as_deref(), LOOKED_AT)?;
        let mut licences = Vec::with_capacity(rows.len());
        for (key, _) in &rows {
            let handle = key.get(1..).and_then(|bytes| bytes.try_into().ok());
            let handle = handle.and_then(|bytes| Handle::from_bytes(bytes).ok());
            let handle = handle.ok_or_else(|| Fault::Damaged("the key of a licence".into()))?;
            licences.extend(self.published_licence(&handle)?);
        }
        let more = (rows.len() == LOOKED_AT).then(|| licences.last().map(|licence| licence.handle)).flatten();
        Ok((licences, more))
    }
}
