//! An entry before it is signed, as plain JSON, so that what no type of ours can hold can be made and signed too. The
//! preimages are written down from section 2 once more: the law's own are held against them.

use serde_json::{Map, Value, json};
use vidimus::crypto::base64url::encode;
use vidimus::crypto::{Digest, PrivateKey};
use vidimus::values::canonical::canonical;

use crate::keyring::{ORIGIN, key};

/// What will be an entry.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) kind: &'static str,
    pub(crate) body: Value,
    /// Name of the registry key.
    pub(crate) signer: &'static str,
    /// Names of those who approve.
    pub(crate) approvers: Vec<&'static str>,
    pub(crate) prev: Option<Digest>,
    pub(crate) time: String,
    /// Where those who approve think they are.
    pub(crate) statement_origin: &'static str,
    /// What those who approve think came before; `None`: what did.
    pub(crate) statement_prev: Option<Digest>,
    /// Changes the sorted approvals.
    pub(crate) arrange: fn(&mut Vec<Value>),
    /// Changes the envelope before it is signed.
    pub(crate) envelope: fn(&mut Map<String, Value>),
    /// Changes the signed bytes.
    pub(crate) spelling: fn(Vec<u8>) -> Vec<u8>,
}

impl Draft {
    pub(crate) fn new(kind: &'static str, signer: &'static str, body: Value) -> Self {
        Self {
            kind,
            body,
            signer,
            approvers: Vec::new(),
            prev: None,
            time: String::new(),
            statement_origin: ORIGIN,
            statement_prev: None,
            arrange: |_| {},
            envelope: |_| {},
            spelling: |bytes| bytes,
        }
    }

    /// The entry's bytes.
    pub(crate) fn seal(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        if !self.approvers.is_empty() {
            holder(self.kind, &mut body).insert("approvals".into(), Value::Array(self.approvals()));
        }
        let mut envelope = Map::from_iter([
            ("body".to_owned(), body),
            ("key".to_owned(), json!(key(self.signer).id())),
            ("kind".to_owned(), json!(self.kind)),
            ("time".to_owned(), json!(self.time)),
            ("v".to_owned(), json!(1)),
        ]);
        if let Some(prev) = self.prev {
            envelope.insert("prev".into(), json!(prev));
        }
        (self.envelope)(&mut envelope);
        let preimage = preimage("entry", self.kind, ORIGIN, &Value::Object(envelope.clone()));
        envelope.insert("sig".into(), json!(sign(&key(self.signer), &preimage)));
        (self.spelling)(canonical(&Value::Object(envelope)).unwrap())
    }

    /// What those who approve sign.
    pub(crate) fn statement(&self) -> Vec<u8> {
        let mut statement = Map::from_iter([("body".to_owned(), self.body.clone())]);
        if let Some(prev) = self.statement_prev.or(self.prev) {
            statement.insert("prev".into(), json!(prev));
        }
        preimage("statement", self.kind, self.statement_origin, &Value::Object(statement))
    }

    fn approvals(&self) -> Vec<Value> {
        let statement = self.statement();
        let mut keys: Vec<PrivateKey> = self.approvers.iter().map(|name| key(name)).collect();
        keys.sort_by_key(PrivateKey::id);
        let mut approvals: Vec<Value> =
            keys.iter().map(|key| json!({"key": key.id(), "sig": sign(key, &statement)})).collect();
        (self.arrange)(&mut approvals);
        approvals
    }
}

/// Where the approvals of a body stand.
fn holder<'b>(kind: &str, body: &'b mut Value) -> &'b mut Map<String, Value> {
    let holder = if kind == "licence.recorded" { &mut body["grant"] } else { body };
    holder.as_object_mut().unwrap()
}

pub(crate) fn preimage(what: &str, kind: &str, origin: &str, value: &Value) -> Vec<u8> {
    let mut preimage = format!("vidimus/{what}/{kind}/v1\n{origin}\n").into_bytes();
    preimage.extend(canonical(value).unwrap());
    preimage
}

fn sign(key: &PrivateKey, message: &[u8]) -> String {
    encode(&key.sign(message).unwrap())
}
