//! Judges the content of every licence by the ledger's rules, right after it is published, and enters what is found (law 0, section 21).
//! Off the path of an issue, so that nothing waits for it; in order of the licences, each beside those that were not past just after it.
//!
//! How far it came is a row, written after what was found is entered. A crash in between judges some licences again: what is entered
//! already is behind the last finding, and nothing is entered twice. Without the row, as after a restore, it goes on from the last finding.
//!
//! A payload that cannot be read by its own fault is told once and passed over, as one that is not there: judging the others goes on. Where
//! what ails it may ail the others too (a frame, the key), nothing is passed over: judging stops there, and is tried again.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::authority::Authority;
use crate::authority::entries::entries;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{CONTENT_JUDGED, Row, Write};
use crate::authority::vault::Draft;
use crate::authority::writer::Proposal;
use crate::crypto::Digest;
use crate::law;
use crate::ledger::body::{Body, ContentFound, ContentNumber};
use crate::ledger::entry::Entry;
use crate::ledger::state::{Charter, LicenceState};
use crate::supervision::{Content, Room, Rules, Term, told};
use crate::values::identifiers::{Handle, Slug};
use crate::values::time::Time;

/// Entries that are looked at in one span.
const SPAN: u64 = 4 * 1_024;
/// Findings that are entered at once.
const AT_ONCE: usize = 512;

/// Who judges, one at a time, and what was told.
#[derive(Default)]
pub(in crate::authority) struct Looking {
    turn: tokio::sync::Mutex<()>,
    /// Licences whose payload could not be read, each told once.
    unreadable: Mutex<HashSet<Handle>>,
}

/// What came of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Findings that were entered.
    pub entered: usize,
    /// Published entries that were not looked at.
    pub behind: u64,
    /// Why it goes no further: the rules are of a newer program, or what the next licence needs cannot be read.
    pub stopped: Option<String>,
}

/// What is found in a span, in order.
struct Span {
    found: Vec<ContentFound>,
    /// The first entry that was not looked at.
    next: u64,
    /// Why it ended there, where it cannot go on.
    stopped: Option<String>,
}

/// A licence that came into the ledger.
struct Came<'a> {
    index: u64,
    time: Time,
    handle: &'a Handle,
    term: Term,
}

impl Authority {
    /// Judges the next span of published entries and enters what is found; `None` before the ledger publishes rules, or where nothing can be
    /// entered any more. Reads, and is not to be called where nothing may wait.
    pub async fn judge_content(&self) -> Result<Option<Judged>, Failure> {
        let judged = self.judge_span_of_content().await;
        let stopped = judged
            .as_ref()
            .map_or(true, |judged| judged.as_ref().is_some_and(|judged| judged.stopped.is_some()));
        metrics::gauge!("vidimus_content_stopped").set(if stopped { 1.0 } else { 0.0 });
        if let Ok(Some(Judged { behind, .. })) = &judged {
            metrics::gauge!("vidimus_content_behind").set(gauge(*behind));
        }
        judged
    }

    async fn judge_span_of_content(&self) -> Result<Option<Judged>, Failure> {
        let published = self.window.published();
        let first = published.charter.supervision().first().map(|held| held.since.index + 1);
        let Some(first) = first.filter(|_| !published.charter.is_frozen()) else { return Ok(None) };
        let _one_at_a_time = self.looking.turn.lock().await;
        let size = published.range.size();
        let number = self.last_content()?;
        let last = super::content(self.store.as_ref(), number)?.map_or(0, |last| last.at + 1);
        let from = first.max(last).max(self.content_judged()?);
        if from >= size {
            return Ok(Some(Judged { entered: 0, behind: 0, stopped: None }));
        }
        let span = self.look_for_content(&published.charter, from, size.min(from + SPAN))?;
        let found = span.found.into_iter().zip(number + 1..);
        let proposals: Vec<_> = found
            .map(|(found, content)| Proposal::of(Body::ContentFound(ContentFound { content, ..found })))
            .collect();
        let entered = if proposals.is_empty() {
            0
        } else {
            let (entered, refused) = self.sequencer.propose_in_order(proposals).await;
            refused?;
            entered
        };
        self.store.put(vec![Write::set(Row::Single(CONTENT_JUDGED), span.next.to_be_bytes().to_vec())])?;
        Ok(Some(Judged { entered, behind: size - span.next, stopped: span.stopped }))
    }

    /// Up to which entry content was judged, as far as it is noted.
    fn content_judged(&self) -> Result<u64, Failure> {
        let row = self.store.get(&Row::Single(CONTENT_JUDGED))?.unwrap_or_default();
        Ok(row.as_slice().try_into().map_or(0, u64::from_be_bytes))
    }

    /// The number of the last finding; 0 where there is none.
    fn last_content(&self) -> Result<ContentNumber, Failure> {
        let last = self.store.last(b"F", &Row::Content(u64::MAX).key())?;
        match last.map(|(key, _)| Row::of_key(&key)) {
            None => Ok(0),
            Some(Some(Row::Content(number))) => Ok(number),
            Some(_) => Err(Fault::Damaged("the key of a finding about content".into()).into()),
        }
    }

    fn look_for_content(&self, charter: &Charter, from: u64, until: u64) -> Result<Span, Failure> {
        let mut span = Span { found: Vec::new(), next: from, stopped: None };
        let mut by: Option<(u64, Rules)> = None;
        for bytes in entries(self.store.as_ref(), from, until)? {
            match self.look_at(charter, span.next, &bytes, &mut by) {
                Ok(found) => span.found.extend(found),
                // What was found before is entered all the same, or it would be left out for as long as this cannot be read.
                Err(Failure::Fault(why)) => {
                    span.stopped = Some(format!("what entry {} needs: {why}", span.next));
                    return Ok(span);
                }
                Err(failure) => return Err(failure),
            }
            span.next += 1;
            if span.found.len() == AT_ONCE {
                break;
            }
        }
        if span.next == from {
            return Err(Fault::Damaged(format!("entry {from} is missing")).into());
        }
        Ok(span)
    }

    /// What is found about what an entry brings in, by the rules in force there.
    fn look_at(
        &self,
        charter: &Charter,
        index: u64,
        bytes: &[u8],
        by: &mut Option<(u64, Rules)>,
    ) -> Result<Option<ContentFound>, Failure> {
        let entry = law::read(bytes).map_err(|error| Fault::Damaged(error.to_string()))?;
        let in_force = charter.supervision().iter().rev().find(|held| held.since.index < index);
        if let Some(held) = in_force
            && by.as_ref().is_none_or(|(since, _)| *since != held.since.index)
        {
            *by = Some((held.since.index, self.published_rules(&held.value.rules.sha256)?));
        }
        by.as_ref().map_or(Ok(None), |(_, rules)| self.content_of(rules, index, &entry))
    }

    /// Rules of the ledger. Where they are of a newer program nothing is judged: what it would find is not guessed.
    fn published_rules(&self, name: &Digest) -> Result<Rules, Failure> {
        let text = self.store.get(&Row::Blob(*name))?.unwrap_or_default();
        let text = String::from_utf8(text).map_err(|error| error.to_string());
        let rules = text.and_then(|text| Rules::parse(&text).map_err(|error| error.to_string()));
        Ok(rules.map_err(|why| Fault::Damaged(format!("the rules of supervision in force there: {why}")))?)
    }

    /// What a licence says, and the salts of it; `None` where that is not kept, or its own row cannot be read.
    fn read_content(&self, handle: &Handle) -> Result<Option<Draft>, Failure> {
        match self.vault.kept_draft(handle) {
            Err(Failure::Fault(Fault::Damaged(why))) if self.vault.is_damaged_alone(handle)? => {
                let mut unreadable = self.looking.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                if unreadable.insert(*handle) {
                    tracing::error!(%handle, %why, "what this licence says cannot be read: content is judged without it");
                    let count = u64::try_from(unreadable.len()).unwrap_or(u64::MAX);
                    metrics::gauge!("vidimus_content_unreadable").set(gauge(count));
                }
                Ok(None)
            }
            kept => kept,
        }
    }

    /// Whether a licence was past just after an entry: over, ended, replaced or erased. One that has not begun is judged as any other, and so
    /// is a suspended one: else who dates ahead would be looked at by nobody.
    fn was_past_just_after(&self, came: &Came<'_>, licence: &LicenceState) -> Result<bool, Failure> {
        let offset = self.window.published().charter.offset();
        let offset = offset.ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let then = licence.before(came.index + 1, licence.last);
        Ok(then.is_none_or(|then| then.is_past(came.time, offset)))
    }

    /// What is found about the licence that an entry brings in, without its number.
    fn content_of(&self, rules: &Rules, index: u64, entry: &Entry) -> Result<Option<ContentFound>, Failure> {
        let grant = match entry.body() {
            Body::LicenceIssued(issued) => issued,
            Body::LicenceRecorded(recorded) => &recorded.grant,
            _ => return Ok(None),
        };
        if !rules.content().concern(&grant.r#type) {
            return Ok(None);
        }
        let term = Term { from: grant.valid_from, until: grant.valid_until };
        let came = Came { index, time: entry.time(), handle: &grant.handle, term };
        // Recorded when it was over, or had ended: nobody goes by what it says.
        let stands = self.published_licence(&grant.handle)?;
        if stands.map_or(Ok(true), |licence| self.was_past_just_after(&came, &licence))? {
            return Ok(None);
        }
        let Some(draft) = self.read_content(&grant.handle)? else { return Ok(None) };
        let licence = Content::of(grant.handle, &grant.r#type, term, &draft.payload);
        let mut others = Vec::new();
        for (code, licence_type) in rules.content().compared(&licence).keys() {
            others.extend(self.held_beside(&came, code, licence_type)?);
        }
        let said: Vec<Content<'_>> = others.iter().map(|(licence, draft)| said_by(licence, draft)).collect();
        let found = rules.content().find(&licence, &said);
        if found.is_empty() {
            return Ok(None);
        }
        let (rules, facts) = told(&found, &grant.handle, &draft.content_salt(&grant.handle))
            .map_err(|error| Fault::Crypto(error.to_string()))?;
        let (department, licence) = (grant.department.clone(), grant.handle);
        Ok(Some(ContentFound { at: index, content: 0, department, facts, licence, rules }))
    }

    /// The licences of a type that a code holds and that are not past just after a licence came in: the newest of those whose days meet its
    /// own, and of the rest.
    fn held_beside(
        &self,
        came: &Came<'_>,
        code: &str,
        licence_type: &Slug,
    ) -> Result<Vec<(LicenceState, Draft)>, Failure> {
        let (mut held, mut room) = (Vec::new(), Room::default());
        let mut seen = BTreeSet::from([*came.handle]);
        for licence in self.found_up_to(self.once.holder_finder(licence_type, code), came.index) {
            let licence: LicenceState = licence?;
            let meets = Term::of(&licence).meets(came.term);
            let is_asked = licence.licence_type == *licence_type && room.has_for(meets);
            if !is_asked || self.was_past_just_after(came, &licence)? || !seen.insert(licence.handle) {
                continue;
            }
            let Some(draft) = self.read_content(&licence.handle)? else { continue };
            if said_by(&licence, &draft).code() == Some(code) {
                held.push((licence, draft));
                room.take(meets);
            }
            if room.is_full() {
                break;
            }
        }
        Ok(held)
    }
}

fn said_by<'a>(licence: &'a LicenceState, draft: &'a Draft) -> Content<'a> {
    Content::of(licence.handle, &licence.licence_type, Term::of(licence), &draft.payload)
}

fn gauge(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
