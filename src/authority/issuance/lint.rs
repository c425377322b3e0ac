//! The last look before anything is signed: the certificate must be good for the licence, the draft must read as the
//! entry will say.

use super::{Approved, Drafted, Linted};
use crate::authority::Authority;
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::jose::CompactJws;
use crate::sd_jwt::Presentation;
use crate::values::identifiers::CreditCode;
use crate::values::time::Time;

impl Authority {
    /// Refuses what must not be signed: a certificate not valid today, or ending before the licence does.
    pub(in crate::authority) fn lint_certificate(
        &self,
        approved: &Approved,
        department: &CreditCode,
        now: Time,
    ) -> Result<(), Failure> {
        let published = self.window.published();
        let charter = &published.charter;
        let key = self.credential_key(charter, department)?;
        if self.keyring.key(&key).is_none() {
            let why = format!("the keyring has no credential key {key} of {department}: put its file back");
            return Err(Refusal::NotReady(why).into());
        }
        let chain = self.chains.ours(self.store.as_ref(), charter, &key)?;
        let validity = chain.leaf.validity();
        if validity.not_after < now.seconds() {
            let ended = Time::from_millis(validity.not_after.saturating_mul(1000)).unwrap_or(Time::MAX);
            return Err(Refusal::CertificateEnded { department: department.clone(), ended }.into());
        }
        if !validity.contains(now.seconds()) {
            let why = format!("the credential certificate of {department} is not valid yet");
            return Err(Refusal::NotReady(why).into());
        }
        // What was granted long ago ends when it ends; that the credential was entered in time is what counts.
        let granted_before = approved.request.recorded.is_some();
        if granted_before || approved.licence_type.rules().validity.outlives_certificate {
            return Ok(());
        }
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let end = approved.checked.valid_until().map(|until| until.end(offset).seconds());
        if end.is_some_and(|end| end <= validity.not_after) {
            return Ok(());
        }
        let pointer = format!("{}/valid_until", approved.request.pointer);
        Err(Refusal::OutlivesCertificate { pointer }.into())
    }

    /// Reads the draft as a stranger would: it must say what the entry will say.
    pub(in crate::authority) fn lint(&self, drafted: Drafted) -> Result<Linted, Failure> {
        let text = drafted.draft.credential(&[0; 64]);
        let jws = |jws| CompactJws::parse_with(jws, &|header| self.chains.header(header));
        let read = Presentation::parse_with(&text, &jws).map_err(|error| Fault::Crypto(error.to_string()))?;
        if read.credential_digest() != drafted.grant.credential_digest {
            return Err(Fault::Crypto("the draft's digest is not its own".into()).into());
        }
        read.disclose().map_err(|error| Fault::Crypto(error.to_string()))?;
        Ok(Linted(drafted))
    }
}
