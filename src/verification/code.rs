//! The codes of findings and the one outcome that each of them has: a finding cannot contradict its code.
//! Not here: the sentences (`wording`), and when each is given (the files of the checks).

use serde::{Serialize, Serializer};

use crate::values::recorded::TrustLevel;

/// The result of a check. Unreachable and stale evidence is *unknown*: neither revoked nor fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Holds.
    Passed,
    /// Does not hold.
    Failed,
    /// Could not be found out.
    Unknown,
    /// Was not asked, or made no sense.
    NotChecked,
}

/// Writes the table of codes.
macro_rules! codes {
    ($($outcome:ident { $($variant:ident = $slug:literal,)+ })+) => {
        /// What a check found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each has its sentence in `wording`, in two languages")]
        pub enum Code { $($($variant,)+)+ }

        impl Code {
            /// Every code of a finding.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// The code as reports write it.
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $slug,)+)+ }
            }

            /// The outcome it always has.
            pub fn outcome(self) -> Outcome {
                match self { $($(Self::$variant => Outcome::$outcome,)+)+ }
            }
        }
    };
}

codes! {
    Passed {
        SignatureGood = "signature_good",
        IssuerRecognised = "issuer_recognised",
        PowerHeld = "power_held",
        PowerHeldAtRecording = "power_held_at_recording",
        Entered = "entered",
        RecordedA = "recorded_a",
        RecordedB = "recorded_b",
        RecordedC = "recorded_c",
        RecordedD = "recorded_d",
        WithinValidity = "within_validity",
        NoEnd = "no_end",
        StatusValid = "status_valid",
        NoStatus = "no_status",
        HolderBound = "holder_bound",
    }
    Failed {
        NotACredential = "not_a_credential",
        DisclosureRefused = "disclosure_refused",
        AlgorithmRefused = "algorithm_refused",
        KeyMissing = "key_missing",
        SignatureBad = "signature_bad",
        IssuerForged = "issuer_forged",
        ChainRefused = "chain_refused",
        CertificateOutOfTime = "certificate_out_of_time",
        KeyNotEntered = "key_not_entered",
        KeyNotInForce = "key_not_in_force",
        IssuerDiffers = "issuer_differs",
        PowerNotHeld = "power_not_held",
        PowerNotHeldAtRecording = "power_not_held_at_recording",
        PowerNeverHeld = "power_never_held",
        NotEntered = "not_entered",
        EntryDiffers = "entry_differs",
        EnteredLater = "entered_later",
        RecordedLater = "recorded_later",
        NumberNotFound = "number_not_found",
        NotYetValid = "not_yet_valid",
        Expired = "expired",
        DatesDiffer = "dates_differ",
        Suspended = "suspended",
        Recalled = "recalled",
        Rescinded = "rescinded",
        RescindedLater = "rescinded_later",
        Penalty = "penalty",
        Annulled = "annulled",
        Cancelled = "cancelled",
        Renewed = "renewed",
        Changed = "changed",
        Corrected = "corrected",
        Reissued = "reissued",
        ListedAsEnded = "listed_as_ended",
        StatusReferenceDiffers = "status_reference_differs",
        HolderAbsent = "holder_absent",
        HolderKeyMissing = "holder_key_missing",
        HolderRefused = "holder_refused",
        NonceDiffers = "nonce_differs",
        AudienceDiffers = "audience_differs",
        HolderStale = "holder_stale",
    }
    Unknown {
        IssuerUnknown = "issuer_unknown",
        KeyListTooOld = "key_list_too_old",
        PowerListTooOld = "power_list_too_old",
        TrustTooOld = "trust_too_old",
        NoProof = "no_proof",
        LedgerUnread = "ledger_unread",
        ReceiptRefused = "receipt_refused",
        ReceiptOfAnother = "receipt_of_another",
        CarrierAlone = "carrier_alone",
        DatesUnstated = "dates_unstated",
        StatusNotAtHand = "status_not_at_hand",
        StatusStale = "status_stale",
        StatusNotOfThatTime = "status_not_of_that_time",
        StatusListRefused = "status_list_refused",
        StatusUnreadable = "status_unreadable",
    }
    NotChecked {
        SignatureFirst = "signature_first",
        PowerNeedsEntry = "power_needs_entry",
        StatusBeforeEntry = "status_before_entry",
        NoCredential = "no_credential",
        HolderNotAsked = "holder_not_asked",
        HolderBoundUnasked = "holder_bound_unasked",
    }
}

impl Code {
    /// What was granted before the ledger stands in it as recorded, with this trust in its source.
    pub fn recorded(trust: TrustLevel) -> Self {
        match trust {
            TrustLevel::A => Self::RecordedA,
            TrustLevel::B => Self::RecordedB,
            TrustLevel::C => Self::RecordedC,
            TrustLevel::D => Self::RecordedD,
        }
    }

    /// Whether it says that the licence was recorded.
    pub fn is_recorded(self) -> bool {
        TrustLevel::ALL.into_iter().any(|trust| self == Self::recorded(trust))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_codes_are_written_alike() {
        let slugs: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(slugs.len(), Code::ALL.len());
        assert!(slugs.iter().all(|slug| slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
