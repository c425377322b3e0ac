//! An application is taken: drawn up, foreseen in all its parts, kept, and sent on its ways. Not here: the form (`drawing`),
//! what it is refused for (`foreseeing`), and how a part goes on (`advancing`).

use serde_json::Value;

use super::drawing::Drawn;
use super::kept::{Before, Kept, KeptAnswer, Part, Stands};
use super::{MatterWish, PartState, ShownMatter, ShownPart};
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::authority::store::{Row, Write};
use crate::catalogue::MatterRequest;
use crate::crypto::Digest;
use crate::crypto::entropy::random;
use crate::values::identifiers::{CreditCode, Handle, LicenceNumber};
use crate::values::time::Time;

impl Authority {
    /// Takes an application, or answers again what was answered under the same key; as a dry run tells what would be
    /// asked and filled in, and refuses what could not be applied for.
    pub async fn apply_for_matter(&self, wish: MatterWish<'_>) -> Result<ShownMatter, Failure> {
        let asked = MatterRequest::parse(wish.body)?;
        let once = wish.key.map(|key| self.once.hide("matter-once", &format!("{}\n{key}", wish.department)));
        let once = once.filter(|_| !wish.dry_run);
        let _slot = once.map(|once| self.once.take(once)).transpose()?;
        let body = Digest::of(wish.body.to_string().as_bytes());
        if let Some(before) = once.map(|once| self.applied_before(once)).transpose()?.flatten() {
            if before.body != body {
                return Err(Refusal::IdempotencyConflict.into());
            }
            // Whatever broke off goes on.
            let _held = self.hold_matter(&before.matter).await;
            let mut kept = self.kept_matter(&before.matter)?;
            self.send_on(&before.matter, &mut kept, wish.department).await;
            return self.shown_to_applicant(&before.matter, &kept);
        }
        let now = self.now()?;
        let drawn = self.draw(&asked, wish.department, now)?;
        self.foresee_parts(&drawn, &wish, now).await?;
        if wish.dry_run {
            return Ok(as_foreseen(drawn, wish.department));
        }
        let matter = Handle::new(now, random(self.entropy.as_ref()));
        let _held = self.hold_matter(&matter).await;
        let mut kept = self.to_be_kept(drawn, asked.said_holders, wish.department, now)?;
        let mut rows = self.matter_rows(&matter, &mut kept)?;
        rows.push(Write::set(
            Row::MatterTrack(self.once.hide("matter-track", kept.number.as_str())),
            matter.as_bytes().as_slice(),
        ));
        if let Some(once) = once {
            let before = postcard::to_stdvec(&Before { matter, body });
            let before = before.map_err(|error| Fault::Damaged(error.to_string()))?;
            rows.push(Write::set(Row::MatterOnce(once), before));
        }
        self.store.put(rows)?;
        // The application is durable before anything of it is entered: that is what a crash is healed from.
        self.store.sync()?;
        kept.changed = false;
        self.send_on(&matter, &mut kept, wish.department).await;
        self.shown_to_applicant(&matter, &kept)
    }

    fn applied_before(&self, once: [u8; 32]) -> Result<Option<Before>, Failure> {
        let Some(row) = self.store.get(&Row::MatterOnce(once))? else { return Ok(None) };
        let read = postcard::from_bytes(&row);
        Ok(Some(read.map_err(|error| Fault::Damaged(format!("an application's key: {error}")))?))
    }

    fn to_be_kept(
        &self,
        drawn: Drawn,
        holders: Vec<Value>,
        caller: &CreditCode,
        now: Time,
    ) -> Result<Kept, Failure> {
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let parts = drawn.parts.into_iter().map(|part| Part {
            licence_type: part.rules.licence_type,
            after: part.rules.after,
            supplied: part.rules.supplied,
            department: part.department,
            stands: part.held.map_or(Stands::Waiting(part.said), Stands::Held),
            left: None,
        });
        let prefilled = drawn.prefilled.into_iter().map(|one| KeptAnswer {
            question: one.question,
            licence: one.licence,
            licence_type: one.licence_type,
            issuer: one.issuer,
        });
        Ok(Kept {
            slug: drawn.matter.slug().clone(),
            taken_by: caller.clone(),
            filed: now,
            number: LicenceNumber::made(&drawn.region, now.date(offset), random(self.entropy.as_ref())),
            code: self.fresh_code(),
            holders,
            parts: parts.collect(),
            prefilled: prefilled.collect(),
            open: drawn.open.into_iter().map(|(slug, _)| slug).collect(),
            changed: true,
            rests: false,
        })
    }
}

/// A dry run's answer: the form as far as it is filled in, and what each part would be.
fn as_foreseen(drawn: Drawn, caller: &CreditCode) -> ShownMatter {
    let parts = drawn.parts.into_iter().map(|part| ShownPart {
        state: if part.held.is_some() { PartState::Held } else { PartState::Waiting },
        waits_for: part.rules.after.clone(),
        licence_type: part.rules.licence_type,
        department: part.department,
        case: None,
        tracked: None,
        licence: part.held,
        applied_for: None,
        ended: None,
    });
    let mut parts: Vec<ShownPart> = parts.collect();
    let held: Vec<_> =
        parts.iter().filter(|part| part.licence.is_some()).map(|part| part.licence_type.clone()).collect();
    parts.iter_mut().for_each(|part| part.waits_for.retain(|slug| !held.contains(slug)));
    ShownMatter {
        matter: None,
        slug: drawn.matter.slug().clone(),
        rules: Some(drawn.matter),
        filed: None,
        taken_by: caller.clone(),
        number: None,
        code: None,
        parts,
        prefilled: drawn.prefilled,
        open: drawn.open,
    }
}
