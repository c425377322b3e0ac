//! The sentences in English.

use crate::verification::code::Code;

/// What a code means and what to do.
pub(super) fn sentence(code: Code) -> &'static str {
    match code {
        Code::SignatureGood => {
            "The signature is good: nothing was changed since it was made. Rely on what it says."
        }
        Code::IssuerRecognised => {
            "The issuer is recognised: its certificate leads to a trusted root and its key is in the ledger. No need to ask it."
        }
        Code::PowerHeld => "The department had the power to issue this when it did. Nothing needs doing.",
        Code::Entered => {
            "The licence stands in the ledger as it is shown here. File this report in place of a paper copy."
        }
        Code::WithinValidity => "Within its period of validity. Mind its last day if it is to be used later.",
        Code::NoEnd => "It has no last day: valid without end. Only its status can end it.",
        Code::StatusValid => "Neither suspended nor ended. Ask again if it is to be used later.",
        Code::NoStatus => "This licence has no status to look up. Nothing needs doing.",
        Code::HolderBound => {
            "Presented by the holder's own key for this request. Nothing more needs asking of the holder."
        }
        Code::PowerHeldAtRecording => {
            "The department had the power over this type when it recorded the licence. Its power at the time of the grant is not judged here."
        }
        Code::RecordedA => {
            "It was granted before this ledger and recorded in it, trust level A (highest). It can be used like one issued here."
        }
        Code::RecordedB => {
            "It was granted before this ledger and recorded in it, trust level B (high). Compare it with the original only where the matter asks for it."
        }
        Code::RecordedC => {
            "It was granted before this ledger and recorded in it, trust level C (middle). Compare what matters with the original or ask the issuer."
        }
        Code::RecordedD => {
            "It was granted before this ledger and recorded in it, trust level D (lowest). For information only: ask the issuer before relying on it."
        }
        Code::NotACredential => {
            "This does not have the form of a credential. Ask for the original file, not a copy or a part of it."
        }
        Code::DisclosureRefused => {
            "What is disclosed does not fit what was signed. Ask the holder to present it again."
        }
        Code::AlgorithmRefused => {
            "The signature algorithm is not accepted. Do not rely on it; ask the issuer."
        }
        Code::KeyMissing => {
            "The signer's certificate is missing or cannot be read. Ask for the complete original file."
        }
        Code::SignatureBad => {
            "The signature does not match: this was altered, or is no original. Do not rely on it; ask for the original."
        }
        Code::IssuerForged => {
            "It uses this authority's name, but its certificate is not of this authority. Do not rely on it; report it."
        }
        Code::ChainRefused => {
            "The issuer's certificates do not form an acceptable chain. Do not rely on it; ask the issuer."
        }
        Code::CertificateOutOfTime => {
            "The certificate was not within its own validity at that time. Ask the issuer."
        }
        Code::KeyNotEntered => {
            "The ledger has not entered this key for this department. Do not rely on it; ask the department."
        }
        Code::KeyNotInForce => "The key or its department was not in force at that time. Ask the department.",
        Code::IssuerDiffers => {
            "The issuer it names is not the one that signed. Do not rely on it; ask the issuer."
        }
        Code::PowerNotHeld => {
            "The department had no power to issue this when it did. Do not rely on it; report it."
        }
        Code::PowerNotHeldAtRecording => {
            "The department had no power over this type when it recorded the licence. Do not rely on it; report it."
        }
        Code::PowerNeverHeld => {
            "The department never had the power to issue this type. Do not rely on it; report it."
        }
        Code::NotEntered => {
            "The ledger has no entry for this licence: it was not issued. Do not rely on it; ask the issuer."
        }
        Code::EntryDiffers => {
            "The ledger's entry for this licence says otherwise. Do not rely on it; ask for the original."
        }
        Code::EnteredLater => "At the time asked about it had not been issued yet. Check that time.",
        Code::RecordedLater => {
            "At the time asked about it was not in this ledger: it was recorded later. Ask the issuer about the time before."
        }
        Code::NumberNotFound => {
            "No licence has this number and code. Check both for typing mistakes and try again."
        }
        Code::NotYetValid => "Its first day has not come yet. Use it from that day on.",
        Code::Expired => "Its last day is over. Ask the holder to renew it or to show the new one.",
        Code::DatesDiffer => {
            "Its dates contradict each other or the ledger. Do not rely on it; ask the issuer."
        }
        Code::Suspended => "It is suspended and has no effect for now. Check again once it is reinstated.",
        Code::Recalled => "It was recalled and has had no effect since then. Ask the issuer.",
        Code::Rescinded => "It was rescinded: void from the beginning. Do not rely on it.",
        Code::RescindedLater => {
            "It was rescinded later and is void from the beginning; what was shown then stands beside this. Do not rely on it."
        }
        Code::Penalty => "It was taken away as a penalty. Do not rely on it.",
        Code::Annulled => "It was annulled. Ask the issuer.",
        Code::Cancelled => "It was cancelled. Ask the holder for a licence in force.",
        Code::Renewed => "It was renewed: a new licence took its place. Ask for the new one.",
        Code::Changed => "What it says has changed: a new licence took its place. Ask for the new one.",
        Code::Corrected => "It was corrected: a new licence took its place. Ask for the new one.",
        Code::Reissued => "It was reissued: a new licence took its place. Ask for the new one.",
        Code::ListedAsEnded => "The status list shows it as ended or replaced. Verify online to learn which.",
        Code::StatusReferenceDiffers => {
            "It points to another status than the ledger does. Do not rely on it; ask the issuer."
        }
        Code::HolderAbsent => {
            "The holder was asked for, but did not sign. Ask the holder to present it from the wallet."
        }
        Code::HolderKeyMissing => {
            "It is bound to no holder's key, so nobody can prove to be the holder. Check the identity in another way."
        }
        Code::HolderRefused => "The holder's signature is not good. Ask the holder to present it again.",
        Code::NonceDiffers => {
            "It was presented for another request (another nonce). Ask the holder to present it again."
        }
        Code::AudienceDiffers => "It was presented to another verifier. Ask the holder to present it to you.",
        Code::HolderStale => {
            "It was presented too long ago, or by a wrong clock. Ask the holder to present it again."
        }
        Code::IssuerUnknown => {
            "The authority is not among those trusted here, so this cannot be judged. Ask a source you trust about it."
        }
        Code::KeyListTooOld => {
            "The list of keys at hand is too old to judge the issuer. Update the trust material and try again."
        }
        Code::PowerListTooOld => {
            "The power list at hand is too old to judge the power. Update the trust material and try again."
        }
        Code::TrustTooOld => {
            "The trust material at hand is older than this licence, so its names cannot be compared. Update it and try again."
        }
        Code::NoProof => {
            "There is no receipt, so its entry cannot be proved here. Use the download file, or verify online."
        }
        Code::LedgerUnread => "The ledger cannot be read at present. Try again later.",
        Code::ReceiptRefused => "The receipt proves nothing. Download the file again.",
        Code::ReceiptOfAnother => {
            "The receipt is that of another licence. Use the two parts of one download file."
        }
        Code::CarrierAlone => "The receipt proves this copy, not the licence behind it. Verify online.",
        Code::DatesUnstated => "It states no readable dates. Verify online.",
        Code::StatusNotAtHand => {
            "No status recent enough is at hand. Verify online, or update the status lists."
        }
        Code::StatusStale => {
            "The status list at hand has ended and says nothing about now. Update it and try again."
        }
        Code::StatusNotOfThatTime => {
            "The status list at hand is later than the time asked about. Verify online."
        }
        Code::StatusListRefused => "The status list itself is not to be believed. Fetch it again and retry.",
        Code::StatusUnreadable => "The status cannot be understood. Verify online.",
        Code::SignatureFirst => "Not looked at, because the signature did not pass. See that finding first.",
        Code::PowerNeedsEntry => {
            "The power is judged at the entry, which is not proved. See the ledger finding first."
        }
        Code::StatusBeforeEntry => {
            "At the time asked about there was no entry and so no status. Check that time."
        }
        Code::NoCredential => "There was no credential to look at. See the ledger finding first.",
        Code::HolderNotAsked => "The holder was not asked for. Ask if it matters who presents it.",
        Code::HolderBoundUnasked => {
            "The holder's signature is good, but was not asked for and proves no presence now. Ask if it matters."
        }
    }
}
