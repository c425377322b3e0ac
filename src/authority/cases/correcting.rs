//! 异议: an objection to what a licence says becomes a case of the department that issued it, whoever hands it in (一口受理).
//! What the licence says is shown to its issuer alone, beside what is said to be right, and read from the vault each time:
//! a copy in the case would outlive an erasure. Not here: that it is upheld only when it was acted upon (`law`).

use serde_json::{Map, Value, json};

use super::CaseRefusal;
use super::filing::{Filing, all_right};
use crate::authority::Authority;
use crate::authority::facts::Sources;
use crate::authority::refusal::{Failure, Fault, Refusal, Thing};
use crate::catalogue::{Correction, Members};
use crate::ledger::state::{CaseState, LicenceState};
use crate::values::identifiers::Handle;
use crate::values::standing::Standing;

/// An objection as its department sees it.
pub struct ShownCorrection {
    /// The licence that is objected to.
    pub licence: Handle,
    /// Where it stands.
    pub standing: Standing,
    /// The licence that replaced it.
    pub replaced_by: Option<Handle>,
    /// What is said to be wrong.
    pub items: Vec<ShownItem>,
}

/// One thing that is said to be wrong.
pub struct ShownItem {
    /// Where it stands in the licence.
    pub pointer: String,
    /// What the licence says; `None` where it says nothing, or was erased.
    pub says: Option<Value>,
    /// What would be right.
    pub correct: Value,
    /// What the licence says that replaced it.
    pub now: Option<Value>,
}

impl Authority {
    /// What an objection files.
    pub(super) fn objection(&self, body: &Value) -> Result<Filing, Failure> {
        let correction = Correction::parse(body)?;
        let licence = self.licence_state(&correction.licence).map_err(|failure| match failure {
            Failure::Refused(Refusal::NotFound(Thing::Licence)) => CaseRefusal::NoLicence.into(),
            other => other,
        })?;
        let licence_type = self.type_at(&licence.licence_type, licence.version)?;
        all_right(licence_type.wrong_in_correction(&correction))?;
        Ok(Filing {
            corrects: Some(licence.handle),
            department: licence.department,
            matter: None,
            promise: false,
            region: licence.region,
            licence_type: licence.licence_type,
            version: licence.version,
            said: correction.said,
            sources: Sources::default(),
            own: true,
        })
    }

    /// An objection with what was supplied in the place of what was said before.
    pub(super) fn objection_supplied(
        &self,
        case: &CaseState,
        mut said: Map<String, Value>,
        body: &Value,
    ) -> Result<Map<String, Value>, Failure> {
        Members::open(body, String::new(), &["items", "reason"])?;
        let supplied = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        said.extend(supplied.map(|(name, value)| (name.clone(), value.clone())));
        let correction = Correction::parse(&Value::Object(said))?;
        all_right(self.type_of_case(case)?.wrong_in_correction(&correction))?;
        Ok(correction.said)
    }

    /// What the licence says and what is said to be right, side by side; `None` of a case that corrects nothing.
    pub(super) fn correction(
        &self,
        case: &CaseState,
        said: &Map<String, Value>,
    ) -> Result<Option<ShownCorrection>, Failure> {
        let Some(handle) = case.corrects() else { return Ok(None) };
        let correction = Correction::parse(&Value::Object(said.clone()))
            .map_err(|error| Fault::Damaged(format!("an objection: {error}")))?;
        let licence = self.licence_state(&handle)?;
        let says = self.says(&licence)?;
        let successor = licence.replaced_by.map(|successor| self.licence_state(&successor)).transpose()?;
        let now = successor.map(|successor| self.says(&successor)).transpose()?;
        let items = correction.items.into_iter().map(|item| ShownItem {
            says: says.pointer(&item.pointer).cloned(),
            now: now.as_ref().and_then(|now| now.pointer(&item.pointer)).cloned(),
            pointer: item.pointer,
            correct: item.correct,
        });
        Ok(Some(ShownCorrection {
            licence: handle,
            standing: licence.standing(),
            replaced_by: licence.replaced_by,
            items: items.collect(),
        }))
    }

    /// Holders, claims and days of a licence; of an erased one the days.
    fn says(&self, licence: &LicenceState) -> Result<Value, Failure> {
        let draft = if licence.erased { None } else { self.vault.kept_draft(&licence.handle)? };
        let mut says = draft.map(|draft| draft.payload).unwrap_or_default();
        says.insert("valid_from".into(), json!(licence.valid_from));
        says.extend(licence.valid_until.map(|until| ("valid_until".to_owned(), json!(until))));
        Ok(Value::Object(says))
    }
}
