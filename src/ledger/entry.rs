//! One entry: its envelope, its one canonical spelling and the bytes that are signed (law 0, section 2).
//! Not here: what a body may say (`body`) and whether an entry may be appended (`law`).

mod plain;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body::{Body, Kind};
use super::signature::Signature;
use crate::crypto::{Digest, KeyId, PrivateKey, base64url};
use crate::values::canonical::{JsonError, canonical, parse_canonical};
use crate::values::identifiers::Origin;
use crate::values::time::Time;

/// Version of the envelope.
const ENVELOPE: u64 = 1;
/// Most bytes of any entry.
pub const MAX_BYTES: usize = 16 * 1024;
/// Bytes of the last two members and the brace behind them, which follow the outer signature.
const TIME_MEMBERS: usize = ",\"time\":\"0000-11-22T33:44:55.666Z\",\"v\":1}".len();
/// Bytes of the member that is the outer signature: 64 of them are 86 in base64url.
const SIG_MEMBER: usize = ",\"sig\":\"\"".len() + 86;
/// Most bytes of an entry of a licence kind, approvals apart.
pub const MAX_LICENCE_BYTES: usize = 2 * 1024;

/// Why bytes are not an entry. Only [`EntryError::UnknownKind`] may mean that the reader is too old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not canonical JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The envelope or the body is not of its closed schema.
    #[error("the entry is not of its kind's schema: {0}")]
    Schema(String),
    /// A kind this code does not know.
    #[error("unknown kind {0:?}")]
    UnknownKind(String),
    /// Larger than its kind allows.
    #[error("{bytes} bytes where {limit} are allowed")]
    Size {
        /// Bytes of the entry (approvals apart, for a licence kind).
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Free text where only ASCII may stand.
    #[error("a string outside ASCII")]
    NotAscii,
}

/// An entry without its outer signature: what the sequencer fixes and the registry key then signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// What happened.
    pub body: Body,
    /// The registry key that will sign.
    pub key: KeyId,
    /// Leaf hash of the previous entry about the same subject.
    pub prev: Option<Digest>,
    /// When the sequencer took it.
    pub time: Time,
}

/// A signed entry together with its canonical bytes and their leaf hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    unsigned: Unsigned,
    signature: Signature,
    bytes: Vec<u8>,
    leaf: Digest,
}

/// The envelope as JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    body: Value,
    key: KeyId,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    prev: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sig: Option<Signature>,
    time: Time,
    v: u64,
}

/// The envelope around a plain body: members in the order of their names.
#[derive(Serialize)]
struct Spelling<'a> {
    body: &'a Body,
    key: KeyId,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sig: Option<Signature>,
    time: Time,
    v: u64,
}

impl Unsigned {
    /// The kind, which the body decides.
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// What the outer signature is over.
    pub fn preimage(&self, origin: &Origin) -> Result<Vec<u8>, EntryError> {
        let mut preimage = self.head(origin).into_bytes();
        preimage.extend(self.canonical(None)?);
        Ok(preimage)
    }

    /// Signs with the registry key named in the entry.
    pub fn sign(self, origin: &Origin, key: &PrivateKey) -> Result<Entry, EntryError> {
        let preimage = self.preimage(origin)?;
        let signature = key.sign(&preimage).map_err(|error| EntryError::Schema(error.to_string()))?;
        let signature = Signature(signature);
        let bytes = signed(preimage, self.head(origin).len(), signature);
        debug_assert_eq!(Ok(&bytes), self.canonical(Some(signature)).as_ref(), "what was signed");
        Entry::of(self, signature, bytes)
    }

    /// What stands before the entry in what is signed.
    fn head(&self, origin: &Origin) -> String {
        format!("vidimus/entry/{}/v1\n{origin}\n", self.kind())
    }

    /// The canonical bytes, with or without the outer signature.
    fn canonical(&self, sig: Option<Signature>) -> Result<Vec<u8>, EntryError> {
        if !plain::is_plain(&self.body) {
            return self.sorted(sig);
        }
        let spelling = Spelling {
            body: &self.body,
            key: self.key,
            kind: self.kind().as_str(),
            prev: self.prev,
            sig,
            time: self.time,
            v: ENVELOPE,
        };
        let bytes = serde_json::to_vec(&spelling).map_err(|error| EntryError::Schema(error.to_string()))?;
        debug_assert_eq!(
            Ok(&bytes),
            self.sorted(sig).as_ref(),
            "members of a plain body are declared in order"
        );
        Ok(bytes)
    }

    /// The same for any body, by way of a value whose members are sorted.
    fn sorted(&self, sig: Option<Signature>) -> Result<Vec<u8>, EntryError> {
        let envelope = Envelope {
            body: self.body.to_value()?,
            key: self.key,
            kind: self.kind().to_string(),
            prev: self.prev,
            sig,
            time: self.time,
            v: ENVELOPE,
        };
        let value = serde_json::to_value(envelope).map_err(|error| EntryError::Schema(error.to_string()))?;
        Ok(canonical(&value)?)
    }
}

impl Entry {
    /// Puts a signature to an entry and checks form and size; the signature itself is the law's to check.
    pub fn assemble(unsigned: Unsigned, signature: Signature) -> Result<Self, EntryError> {
        let bytes = unsigned.canonical(Some(signature))?;
        Self::of(unsigned, signature, bytes)
    }

    /// An entry of these bytes, which are its canonical ones.
    fn of(unsigned: Unsigned, signature: Signature, bytes: Vec<u8>) -> Result<Self, EntryError> {
        check_form(&unsigned.body, &bytes)?;
        let leaf = leaf_hash(&bytes);
        Ok(Self { unsigned, signature, bytes, leaf })
    }

    /// Parses the bytes of an entry; anything but its one canonical spelling is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_BYTES {
            return Err(EntryError::Size { bytes: bytes.len(), limit: MAX_BYTES });
        }
        if let Some((unsigned, signature)) = plain::read(bytes) {
            debug_assert_eq!(unsigned.canonical(Some(signature)).as_deref(), Ok(bytes), "one spelling");
            return Self::of(unsigned, signature, bytes.to_vec());
        }
        let envelope: Envelope = serde_json::from_value(parse_canonical(bytes)?)
            .map_err(|error| EntryError::Schema(error.to_string()))?;
        if envelope.v != ENVELOPE {
            return Err(EntryError::Schema(format!("v is {}, not {ENVELOPE}", envelope.v)));
        }
        let Some(kind) = Kind::parse(&envelope.kind) else {
            return Err(EntryError::UnknownKind(envelope.kind));
        };
        let signature = envelope.sig.ok_or_else(|| EntryError::Schema("sig is missing".into()))?;
        let unsigned = Unsigned {
            body: Body::from_value(kind, envelope.body)?,
            key: envelope.key,
            prev: envelope.prev,
            time: envelope.time,
        };
        let entry = Self::of(unsigned, signature, bytes.to_vec())?;
        // serde reads a struct from an array and an absent list from an empty one. Signatures are over what we write,
        // so a second spelling would be a second leaf under one signature.
        if entry.unsigned.canonical(Some(signature))? != bytes {
            return Err(EntryError::Schema("members are spelt otherwise than the kind's schema does".into()));
        }
        Ok(entry)
    }

    /// What happened.
    pub fn body(&self) -> &Body {
        &self.unsigned.body
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.unsigned.kind()
    }

    /// The registry key that signed.
    pub fn key(&self) -> KeyId {
        self.unsigned.key
    }

    /// Leaf hash of the previous entry about the same subject.
    pub fn prev(&self) -> Option<Digest> {
        self.unsigned.prev
    }

    /// When the sequencer took it.
    pub fn time(&self) -> Time {
        self.unsigned.time
    }

    /// The outer signature.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The entry without its signature.
    pub fn unsigned(&self) -> &Unsigned {
        &self.unsigned
    }

    /// What the outer signature is over: [`Unsigned::preimage`], with the body cut out of the bytes, not written again.
    pub fn preimage(&self, origin: &Origin) -> Vec<u8> {
        let behind = self.bytes.len().saturating_sub(TIME_MEMBERS);
        let before = self.bytes.get(..behind.saturating_sub(SIG_MEMBER)).unwrap_or_default();
        let after = self.bytes.get(behind..).unwrap_or_default();
        let parts: [&[u8]; 7] = [
            b"vidimus/entry/",
            self.kind().as_str().as_bytes(),
            b"/v1\n",
            origin.as_str().as_bytes(),
            b"\n",
            before,
            after,
        ];
        let preimage = parts.concat();
        debug_assert_eq!(Ok(&preimage), self.unsigned.preimage(origin).as_ref(), "what was signed");
        preimage
    }

    /// The canonical bytes: the leaf of the tree.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// RFC 6962 leaf hash of the bytes.
    pub fn leaf_hash(&self) -> Digest {
        self.leaf
    }
}

/// The bytes of a signed entry, out of what was signed: the head goes, the signature comes before the time.
fn signed(mut preimage: Vec<u8>, head: usize, signature: Signature) -> Vec<u8> {
    let place = preimage.len().saturating_sub(TIME_MEMBERS);
    let sig = format!(",\"sig\":\"{}\"", base64url::encode(&signature.0));
    preimage.splice(place..place, sig.into_bytes());
    preimage.drain(..head);
    preimage
}

fn check_form(body: &Body, bytes: &[u8]) -> Result<(), EntryError> {
    let kind = body.kind();
    let (counted, limit) = if kind.is_licence() {
        (bytes.len() - body.approvals_bytes(), MAX_LICENCE_BYTES)
    } else {
        (bytes.len(), MAX_BYTES)
    };
    if counted > limit || bytes.len() > MAX_BYTES {
        return Err(EntryError::Size { bytes: counted, limit });
    }
    if !kind.may_hold_names() && !bytes.is_ascii() {
        return Err(EntryError::NotAscii);
    }
    Ok(())
}

/// RFC 6962 leaf hash of an entry's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    Digest(crate::merkle::leaf(bytes).0)
}

/// What a registrar or officer signs: the body without its approvals, and `prev`.
pub fn statement(body: &Body, prev: Option<Digest>, origin: &Origin) -> Result<Vec<u8>, EntryError> {
    let mut without_approvals = body.to_value()?;
    let place = if body.kind() == Kind::LicenceRecorded { "/grant" } else { "" };
    if let Some(Value::Object(members)) = without_approvals.pointer_mut(place) {
        members.remove("approvals");
    }
    let mut statement = Map::from_iter([("body".to_owned(), without_approvals)]);
    if let Some(prev) = prev {
        statement.insert("prev".to_owned(), Value::String(prev.to_string()));
    }
    let mut preimage = format!("vidimus/statement/{}/v1\n{origin}\n", body.kind()).into_bytes();
    preimage.extend(canonical(&Value::Object(statement))?);
    Ok(preimage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SIGNATURE: Signature = Signature([7; 64]);

    fn grant() -> Value {
        json!({
            "commitment": "00".repeat(32), "credential_digest": "00".repeat(32), "credential_key": "00".repeat(16),
            "department": "11330106MB1A351276", "handle": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "power": "p",
            "region": "330106", "status": {"index": 5, "list": 1}, "type": "shop", "valid_from": "2026-01-01",
            "version": 1,
        })
    }

    fn envelope(kind: &str, body: &Value) -> Value {
        json!({
            "body": body, "key": "00".repeat(16), "kind": kind, "sig": SIGNATURE, "v": 1,
            "time": "2026-01-01T00:00:00.000Z",
        })
    }

    fn parse(value: &Value) -> Result<Entry, EntryError> {
        Entry::parse(&canonical(value).unwrap())
    }

    #[test]
    fn a_signature_has_one_leaf() {
        let good = envelope("licence.issued", &grant());
        assert!(parse(&good).is_ok());
        let spellings: [(&str, Value); 3] = [
            ("/body/status", json!([5, 1])),
            ("/body/approvals", json!([])),
            ("", json!([grant(), "00".repeat(16), "licence.issued", "2026-01-01T00:00:00.000Z", 1])),
        ];
        for (place, value) in spellings {
            let mut other = good.clone();
            match place.rsplit_once('/') {
                Some((parent, name)) => {
                    let members = other.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
                    members.insert(name.to_owned(), value);
                }
                None => other = value,
            }
            assert!(matches!(parse(&other), Err(EntryError::Schema(_))), "{place}");
        }
    }

    #[test]
    fn officers_of_a_recorded_licence_sign_what_does_not_hold_their_signatures() {
        let origin: Origin = "example.test/ledger".parse().unwrap();
        let mut body = json!({"grant": grant(), "standing": "valid", "trust": "A"});
        let statement_of = |body: &Value| {
            let body = Body::from_value(Kind::LicenceRecorded, body.clone()).unwrap();
            statement(&body, None, &origin).unwrap()
        };
        let before = statement_of(&body);
        body["grant"]["approvals"] = json!([{"key": "00".repeat(16), "sig": SIGNATURE}]);
        assert_eq!(statement_of(&body), before);
    }
}
