//! Whether what was said in the steps of a case is all there and is what their entries commit to. Without the vault only
//! whether it is there. Not here: what is done about it (`rebuild`).

use super::look_over::{LookOver, Said};
use super::{Rebuild, RebuildError, Rebuilt};
use crate::authority::cases::case;
use crate::authority::store::{Row, Write};
use crate::authority::vault::Vault;
use crate::crypto::Digest;
use crate::ledger::body::{Body, CaseId};
use crate::ledger::commitment::commitment;
use crate::ledger::state::CaseStep;
use crate::values::identifiers::Handle;

/// What was seen of one case.
#[derive(Default)]
pub(super) struct SeenCase {
    /// Steps whose words, or whose application, are not there.
    pub missing: Vec<Said>,
    /// Those that do not open, or are not what the entry commits to, with their place in the case.
    pub damaged: Vec<(u32, Said)>,
}

impl LookOver<'_> {
    /// At one case.
    pub fn look_at_case(&self, id: &CaseId) -> Result<SeenCase, RebuildError> {
        let mut seen = SeenCase::default();
        let Some(known) = case(self.store, id)? else { return Ok(seen) };
        let issued = known.events.iter().any(|event| matches!(event.step, CaseStep::Issued));
        for (step, event) in (0_u32..).zip(&known.events) {
            let entry = self.entry(event.index)?;
            let Some((field, committed)) = entry.body().said() else { continue };
            let said = Said { handle: *id, entry: event.index };
            // The place of a draft is a licence's; those of a case begin behind it.
            if self.store.get(&Row::Vault(*id, step.saturating_add(1)))?.is_none() {
                seen.missing.push(said);
            } else if let Some(vault) = self.vault
                && !(is_said(vault, id, step, field, committed)
                    && has_draft(vault, id, step, entry.body(), issued))
            {
                seen.damaged.push((step, said));
            }
        }
        Ok(seen)
    }
}

impl Rebuild<'_> {
    /// Counts what was seen of a case; what is no good is taken out again.
    pub(super) fn note_case(&mut self, case: Handle, seen: SeenCase, rebuilt: &mut Rebuilt) {
        rebuilt.words_missing.extend(seen.missing);
        for (step, said) in seen.damaged {
            rebuilt.words_damaged.push(said);
            self.waiting.push(Write::remove(Row::Vault(case, step.saturating_add(1))));
        }
    }
}

/// Whether what is kept of a step opens, and is what its entry commits to.
fn is_said(vault: &Vault, id: &CaseId, step: u32, field: &str, committed: Digest) -> bool {
    let Ok(Some(kept)) = vault.kept_step(id, step) else { return false };
    commitment(&kept.salt.0, id, field, &kept.said).is_ok_and(|made| made == committed)
}

/// Whether a decision still has the draft that its entry names. Once that is issued it lies with the licence alone.
fn has_draft(vault: &Vault, id: &CaseId, step: u32, body: &Body, issued: bool) -> bool {
    let named = match body {
        Body::CaseDecided(decided) => decided.licence.map(|licence| licence.credential_digest),
        _ => None,
    };
    let Ok(Some(kept)) = vault.kept_step(id, step) else { return false };
    match kept.draft {
        Some(draft) => named == Some(Digest::of(draft.signing_input().as_bytes())),
        None => named.is_none() || issued,
    }
}
