//! Needs: proofs that departments demand and that nothing issued here gives yet. A department says for which matter it
//! wants which proof. What a licence type attests, that somebody may issue, is refused: the licence is to be verified,
//! and nobody sent to fetch a paper. Anything else is kept, for whoever decides which type comes next.
//!
//! No personal data is asked for: the name of a matter and the name of a proof. Not here: entries, of which a need is
//! none; and which type a text names (`catalogue`).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Authority;
use super::caller::Caller;
use super::refusal::{Failure, Fault, Refusal};
use super::state::Published;
use super::store::{Row, Write};
use crate::catalogue::{Bilingual, ClaimRule, LicenceType, Members, RequestError, Written};
use crate::crypto::entropy::random;
use crate::crypto::{Digest, hex};
use crate::ledger::body::DepartmentRegistered;
use crate::ledger::state::Moment;
use crate::values::identifiers::{CreditCode, Slug, TypeCode};
use crate::values::text::serde_as_text;
use crate::values::time::Time;

/// Items of a page.
const PAGE: usize = 50;

/// By which a need is named: `n-` and 32 hex digits, which ascend with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeedId([u8; 16]);

/// Why a text names no need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a need is named by `n-` and 32 hex digits")]
pub struct NeedIdError;

impl fmt::Display for NeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n-{}", hex::encode(&self.0))
    }
}

impl FromStr for NeedId {
    type Err = NeedIdError;

    fn from_str(text: &str) -> Result<Self, NeedIdError> {
        let digits = text.strip_prefix("n-").ok_or(NeedIdError)?;
        hex::decode(digits).map(Self).map_err(|_| NeedIdError)
    }
}

serde_as_text!(NeedId);

impl Written for NeedId {
    const ZH: &'static str = "证明需求编号：n- 后接 32 位小写十六进制数";
}

/// A proof that a department demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Who demands it.
    pub department: CreditCode,
    /// For what.
    pub matter: String,
    /// The proof, as it was named.
    pub proof: String,
    /// When it was recorded; of a dry run, when it would have been.
    pub recorded_at: Time,
}

/// A need, and its name if it was recorded.
#[derive(Debug, Clone)]
pub struct ShownNeed {
    /// None for a dry run.
    pub id: Option<NeedId>,
    /// What is needed.
    pub need: Need,
}

/// Needs and where the next page begins.
#[derive(Debug, Clone)]
pub struct NeedPage {
    /// At most fifty, the oldest first.
    pub items: Vec<ShownNeed>,
    /// Give it as `after`.
    pub next: Option<NeedId>,
}

/// A licence type that proves what is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its slug.
    pub licence_type: Slug,
    /// 证照类型代码.
    pub type_code: TypeCode,
    /// Its name.
    pub name: Bilingual,
    /// Who may issue it now.
    pub issuers: Vec<DepartmentRegistered>,
}

/// What was recorded under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Before {
    id: [u8; 16],
    body: Digest,
}

impl Authority {
    /// Records a demand for a proof as a need; refused where a licence proves it. The same key answers the same again.
    pub fn demand_proof(
        &self,
        caller: &Caller,
        body: &Value,
        key: Option<&str>,
        dry_run: bool,
    ) -> Result<ShownNeed, Failure> {
        let members = Members::open(body, String::new(), &["department", "matter", "proof"])?;
        let name = members.required("department", Members::text)?;
        let (matter, proof) =
            (members.required("matter", Members::text)?, members.required("proof", Members::text)?);
        let published = self.window.published();
        let department = demanding(&published, caller, &name)?;
        let once = key.map(|key| self.once.hide("need", &format!("{}\n{key}", department.code)));
        let _slot = once.map(|once| self.once.take(once)).transpose()?;
        let asked = Digest::of(body.to_string().as_bytes());
        if let Some(once) = once
            && let Some(before) = self.needed_before(once)?
            && !dry_run
        {
            if before.body != asked {
                return Err(Refusal::IdempotencyConflict.into());
            }
            let need = self.need(before.id)?;
            return Ok(ShownNeed { id: Some(NeedId(before.id)), need });
        }
        let now = self.now()?;
        let by = self.proofs_of(&published, &proof, now);
        if !by.is_empty() {
            let department = department.code.clone();
            return Err(Refusal::AlreadyProved { department, by, base_url: self.base_url()? }.into());
        }
        let need = Need { department: department.code.clone(), matter, proof, recorded_at: now };
        if dry_run {
            return Ok(ShownNeed { id: None, need });
        }
        let id = self.record(&need, once, asked)?;
        Ok(ShownNeed { id: Some(id), need })
    }

    /// Needs in the order in which they were recorded.
    pub fn needs(&self, after: Option<NeedId>) -> Result<NeedPage, Failure> {
        let after = after.map(|after| Row::Need(after.0).key());
        let rows = self.store.scan(b"n", after.as_deref(), PAGE + 1)?;
        let mut items = Vec::with_capacity(rows.len().min(PAGE));
        for (key, value) in rows.iter().take(PAGE) {
            let Some(Row::Need(id)) = Row::of_key(key) else {
                return Err(Fault::Damaged("the key of a need".into()).into());
            };
            items.push(ShownNeed { id: Some(NeedId(id)), need: read(value)? });
        }
        let next = items.last().and_then(|last| last.id).filter(|_| rows.len() > PAGE);
        Ok(NeedPage { items, next })
    }

    /// The types in force, each at its newest version.
    pub fn types_in_force(&self, published: &Published) -> Vec<&Arc<LicenceType>> {
        let newest = published.charter.types().filter_map(|(_, published)| published.versions.last());
        let known = newest.filter(|held| held.in_force()).filter_map(|held| {
            self.catalogue.get(&held.value.r#type, u16::try_from(held.value.version).ok()?)
        });
        known.collect()
    }

    /// The types in force that a text names and that somebody may issue.
    fn proofs_of(&self, published: &Published, text: &str, now: Time) -> Vec<Proof> {
        let charter = &published.charter;
        let moment = Moment { index: charter.size(), time: now };
        let proof = |licence_type: &Arc<LicenceType>| {
            let mut issuers = Vec::new();
            for department in charter.departments().filter(|held| held.in_force()) {
                let may = charter.powers().any(|(_, held)| {
                    held.value.department == department.value.code
                        && held.value.r#type == *licence_type.slug()
                        && charter.power_covers(held, &held.value.region, moment)
                });
                if may {
                    issuers.push(department.value.clone());
                }
            }
            Proof {
                licence_type: licence_type.slug().clone(),
                type_code: licence_type.type_code().clone(),
                name: licence_type.name().clone(),
                issuers,
            }
        };
        let named = self.types_in_force(published).into_iter().filter(|found| found.is_named_in(text));
        named.map(proof).filter(|proof| !proof.issuers.is_empty()).collect()
    }

    fn record(&self, need: &Need, once: Option<[u8; 32]>, asked: Digest) -> Result<NeedId, Failure> {
        let mut id = [0; 16];
        let random: [u8; 8] = random(self.entropy.as_ref());
        let bytes = need.recorded_at.millis().to_be_bytes().into_iter().chain(random);
        id.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let mut writes = vec![Write::set(Row::Need(id), written(need)?)];
        if let Some(once) = once {
            writes.push(Write::set(Row::NeedOnce(once), written(&Before { id, body: asked })?));
        }
        let mut counted = self.demand_counts.needs();
        self.store.put(writes)?;
        self.store.sync()?;
        *counted = counted.map(|count| count.saturating_add(1));
        Ok(NeedId(id))
    }

    fn needed_before(&self, once: [u8; 32]) -> Result<Option<Before>, Failure> {
        let row = self.store.get(&Row::NeedOnce(once))?;
        row.map(|bytes| read(&bytes)).transpose()
    }

    fn need(&self, id: [u8; 16]) -> Result<Need, Failure> {
        let row = self.store.get(&Row::Need(id))?;
        read(&row.ok_or_else(|| Fault::Damaged(format!("{} is missing", NeedId(id))))?)
    }
}

/// The department that demands: the caller, or whichever the operator names.
fn demanding<'p>(
    published: &'p Published,
    caller: &Caller,
    name: &str,
) -> Result<&'p DepartmentRegistered, Failure> {
    let mut departments = published.charter.departments().filter(|held| held.in_force());
    let found = departments.find(|held| held.value.slug.as_str() == name || held.value.code.as_str() == name);
    let found = found.ok_or_else(|| {
        let (zh, en) =
            ("在册部门的简称或统一社会信用代码", "the slug or credit code of a department in force");
        let rule = ClaimRule::described(zh, en);
        RequestError::rule("/department", rule)
    })?;
    match caller {
        Caller::Operator => Ok(&found.value),
        Caller::Department { code, .. } if *code == found.value.code => Ok(&found.value),
        Caller::Department { .. } | Caller::Auditor => Err(Refusal::NotYourDemand.into()),
    }
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    postcard::to_stdvec(value).map_err(|error| Fault::Damaged(error.to_string()))
}

fn read<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Failure> {
    Ok(postcard::from_bytes(bytes).map_err(|error| Fault::Damaged(format!("a need: {error}")))?)
}
