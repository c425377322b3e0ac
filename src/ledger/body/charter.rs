//! Bodies about the authority, its departments and its keys. All need m registrars.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::crypto::{Digest, KeyPurpose, PublicKey};
use crate::ledger::entry::EntryError;
use crate::ledger::signature::{Approval, Signature};
use crate::values::canonical::to_canonical;
use crate::values::identifiers::{CreditCode, Origin, Region, Slug};
use crate::values::time::{Time, UtcOffset};

/// Most bytes of a blob.
pub const MAX_BLOB_BYTES: u64 = 1024 * 1024;

/// Larger public material, entered by digest and size; at most 1 MiB; durable no later than the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobRef {
    /// SHA-256 of the bytes: the blob's name.
    pub sha256: Digest,
    /// Number of bytes.
    pub size: u64,
}

impl BlobRef {
    /// The reference to these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: Digest::of(bytes), size: u64::try_from(bytes.len()).unwrap_or(u64::MAX) }
    }

    /// Whether these bytes are the blob's.
    pub fn names(&self, bytes: &[u8]) -> bool {
        *self == Self::of(bytes) && self.size <= MAX_BLOB_BYTES
    }
}

/// A public name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// English.
    pub en: String,
    /// 中文.
    pub zh: String,
}

/// Whose key it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The authority, written `authority`.
    Authority,
    /// A department, written as its credit code.
    Department(CreditCode),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority => f.write_str("authority"),
            Self::Department(code) => code.fmt(f),
        }
    }
}

impl FromStr for Owner {
    type Err = <CreditCode as FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "authority" { Ok(Self::Authority) } else { text.parse().map(Self::Department) }
    }
}

impl Serialize for Owner {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A key, whose it is, its one purpose, and the proof that its owner holds the private half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyTitle {
    /// The proof does not count in entries later than this.
    pub not_after: Time,
    /// Whose key.
    pub owner: Owner,
    /// The key's signature over [`possession`]; witness keys enter without one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub possession: Option<Signature>,
    /// The one purpose.
    pub purpose: KeyPurpose,
    /// The key, DER SubjectPublicKeyInfo in base64url.
    pub spki: PublicKey,
}

/// What a proof of possession is over (law 0, section 4).
pub fn possession(
    origin: &Origin,
    owner: &Owner,
    purpose: KeyPurpose,
    spki: &PublicKey,
    not_after: Time,
) -> Result<Vec<u8>, EntryError> {
    #[derive(Serialize)]
    struct Claim<'a> {
        not_after: Time,
        owner: &'a Owner,
        purpose: KeyPurpose,
        spki: &'a PublicKey,
    }
    let mut preimage = format!("vidimus/possession/v1\n{origin}\n").into_bytes();
    preimage.extend(to_canonical(&Claim { not_after, owner, purpose, spki })?);
    Ok(preimage)
}

/// The checkpoint key and the line that pins it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointKey {
    /// The key.
    pub title: KeyTitle,
    /// C2SP vkey: origin, key hash, key.
    pub vkey: String,
}

/// The root key and its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootKey {
    /// DER certificate.
    pub certificate: BlobRef,
    /// The key.
    pub title: KeyTitle,
}

/// The law in force: this page and the digests of its vectors, as a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawVersion {
    /// The text.
    pub text: BlobRef,
    /// 0, 1, …
    pub version: u64,
}

/// The ledger that this one succeeds after a compromise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessor {
    /// Its cosigned checkpoint.
    pub checkpoint: BlobRef,
    /// Its origin.
    pub origin: Origin,
    /// Its root.
    pub root: Digest,
    /// Its size.
    pub size: u64,
}

/// Entry 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityFounded {
    /// All n registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Under which `vct`, status lists and type metadata are named; no slash at the end.
    pub base_url: String,
    /// Signs checkpoints.
    pub checkpoint: CheckpointKey,
    /// The authority's own credit code.
    pub code: CreditCode,
    /// The law from index 1 on (entry 0 is judged by it too).
    pub law: LawVersion,
    /// The authority's name.
    pub name: Name,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The fixed offset of all dates.
    pub offset: UtcOffset,
    /// The note key name of the ledger.
    pub origin: Origin,
    /// m: how many registrars a statement needs.
    pub quorum: u64,
    /// The jurisdiction.
    pub region: Region,
    /// All n.
    pub registrars: Vec<KeyTitle>,
    /// Signs this and the authority's later entries.
    pub registry: KeyTitle,
    /// The trust anchor.
    pub root: RootKey,
    /// After a compromise: what came before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub succeeds: Option<Predecessor>,
}

/// Another base URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityMoved {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The new one.
    pub base_url: String,
    /// The approvals do not count later.
    pub not_after: Time,
}

/// The whole new set of registrars, signed by m of the old and every new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrarsChanged {
    /// m old registrars and every new key.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The new m.
    pub quorum: u64,
    /// The new n.
    pub registrars: Vec<KeyTitle>,
}

/// Another version of the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawChanged {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// In force from the next index.
    pub law: LawVersion,
    /// The approvals do not count later.
    pub not_after: Time,
}

/// The last entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerFrozen {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// The approvals do not count later.
    pub not_after: Time,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentRegistered {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Its credit code.
    pub code: CreditCode,
    /// Its name.
    pub name: Name,
    /// The approvals do not count later.
    pub not_after: Time,
    /// Its jurisdiction.
    pub region: Region,
    /// Its short name in addresses and token files.
    pub slug: Slug,
}

/// A department no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepartmentWithdrawn {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Its credit code.
    pub code: CreditCode,
    /// The approvals do not count later.
    pub not_after: Time,
}

/// A key. A new checkpoint key also needs the old one among the approvals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyIntroduced {
    /// m registrars, and the old checkpoint key where there is a new one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// DER certificate, for the purposes that have one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub certificate: Option<BlobRef>,
    /// The approvals do not count later.
    pub not_after: Time,
    /// The key.
    pub title: KeyTitle,
}

/// A key no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRetired {
    /// m registrars.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub approvals: Vec<Approval>,
    /// Which.
    pub key: crate::crypto::KeyId,
    /// The approvals do not count later.
    pub not_after: Time,
}
