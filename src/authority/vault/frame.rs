//! What the credentials of a key and a type have in common: the JOSE header, and the claims and disclosures without what
//! is one licence's own. It has a row; a draft is kept as what differs from it, LZ4 against those texts.
//!
//! How long a sealed draft is tells something of how much it says and how little it repeats, as its length did before.
//! Nobody's words are compressed together with another's secret. Not here: what of a draft is kept (`kept`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::kept::Plain;
use super::letters;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::{FrameName, Row, Store, Write};
use crate::crypto::{Digest, hex};

/// Claims that are the same for all; of every other only the names are in a frame.
const COMMON: [&str; 6] = ["_sd_alg", "iss", "issuer", "status", "vct", "vct#integrity"];

/// A frame.
pub(super) struct Frame {
    /// What its row is called: the first bytes of the digest of what it holds.
    pub(super) name: FrameName,
    text: String,
    header: usize,
    /// The texts that drafts are kept against, as they lie at rest.
    common: Vec<u8>,
    /// Whether a draft was read with it.
    proven: AtomicBool,
}

impl Frame {
    /// Of the first credential that is framed so.
    fn of(plain: &Plain<'_>) -> Result<Self, Fault> {
        let mut common: Value = serde_json::from_str(&plain.claims).map_err(|_| damaged())?;
        for (name, value) in common.as_object_mut().ok_or_else(damaged)? {
            if !COMMON.contains(&name.as_str()) {
                empty(value);
            }
        }
        // Its place on the list would say whose frame this was at first.
        if let Some(index) = common.pointer_mut("/status/status_list/idx") {
            *index = 0.into();
        }
        let mut text = format!("{}.{common}", plain.header);
        for disclosure in &plain.disclosures {
            let mut parts: Vec<Value> = serde_json::from_str(disclosure).map_err(|_| damaged())?;
            // Of a member's, whose name is its second part, the name stays.
            let named = parts.len() == 3;
            let own = parts.iter_mut().enumerate().filter(|(place, _)| !(named && *place == 1));
            own.for_each(|(_, part)| empty(part));
            text.push_str(&Value::from(parts).to_string());
        }
        Self::read(text)
    }

    fn read(text: String) -> Result<Self, Fault> {
        let (header, common) = text.split_once('.').ok_or_else(damaged)?;
        let name = name_of(text.as_bytes());
        Ok(Self {
            name,
            header: header.len(),
            common: letters::write(common),
            text,
            proven: AtomicBool::new(false),
        })
    }

    /// A draft was read with it.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether a draft was read with it since the service began.
    pub(super) fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// The JOSE header, as it stands in the signing input.
    pub(super) fn header(&self) -> &str {
        self.text.get(..self.header).unwrap_or_default()
    }

    /// Bytes as they differ from it.
    pub(super) fn pack(&self, plain: &[u8]) -> Vec<u8> {
        lz4_flex::block::compress_prepend_size_with_dict(plain, &self.common)
    }

    /// The bytes again.
    pub(super) fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>, Fault> {
        lz4_flex::block::decompress_size_prepended_with_dict(packed, &self.common).map_err(|_| damaged())
    }
}

/// Takes every text, number and yes or no out, and how many there are of a kind; names and form stay.
fn empty(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(empty),
        Value::Array(elements) => {
            elements.truncate(1);
            elements.iter_mut().for_each(empty);
        }
        Value::String(text) => text.clear(),
        Value::Number(_) => *value = 0.into(),
        Value::Bool(_) => *value = false.into(),
        Value::Null => {}
    }
}

/// The frames that are known.
#[derive(Default)]
pub(super) struct Frames {
    by_name: Mutex<HashMap<FrameName, Arc<Frame>>>,
    /// By the type that the claims name.
    by_type: Mutex<HashMap<String, Vec<Arc<Frame>>>>,
}

impl Frames {
    /// The frame for a credential. A new one is stored before any draft that names it can be committed.
    pub(super) fn fitting(&self, store: &dyn Store, plain: &Plain<'_>) -> Result<Arc<Frame>, Failure> {
        let mut by_type = locked(&self.by_type);
        let frames = by_type.entry(type_of(&plain.claims).to_owned()).or_default();
        if let Some(frame) = frames.iter().find(|frame| frame.header() == plain.header) {
            return Ok(Arc::clone(frame));
        }
        let frame = Arc::new(Frame::of(plain)?);
        store.put(vec![Write::set(Row::Frame(frame.name), frame.text.as_str())])?;
        frames.push(Arc::clone(&frame));
        Ok(frame)
    }

    /// The frame of that name.
    pub(super) fn named(&self, store: &dyn Store, name: FrameName) -> Result<Arc<Frame>, Failure> {
        let mut by_name = locked(&self.by_name);
        if let Some(frame) = by_name.get(&name) {
            return Ok(Arc::clone(frame));
        }
        let stored = store.get(&Row::Frame(name))?.filter(|bytes| name_of(bytes) == name);
        let text = stored.and_then(|bytes| String::from_utf8(bytes).ok());
        let text =
            text.ok_or_else(|| Fault::Damaged(format!("the frame {} of credentials", hex::encode(&name))))?;
        let frame = Arc::new(Frame::read(text)?);
        by_name.insert(name, Arc::clone(&frame));
        Ok(frame)
    }
}

/// The name of a frame that holds these bytes.
pub(super) fn name_of(bytes: &[u8]) -> FrameName {
    Digest::of(bytes).0.first_chunk().copied().unwrap_or_default()
}

/// What stands after `"vct":"`. It only chooses a frame: any would do.
fn type_of(claims: &str) -> &str {
    let after = claims.rsplit_once(r#""vct":""#).map(|(_, after)| after);
    after.and_then(|after| after.split('"').next()).unwrap_or_default()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn damaged() -> Fault {
    Fault::Damaged("a draft".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"_sd":["Nh95"],"_sd_alg":"sha-256","claims":{"capital":100,"kind":"有限责任公司","rented":true},"holders":[{"name":"样例公司"},{"name":"另一公司"}],"iss":"https://a.example","status":{"status_list":{"idx":77,"uri":"https://a.example/status/1"}},"vct":"https://a.example/types/t/1"}"#;

    fn framed() -> Frame {
        let disclosures =
            vec![r#"["c2FsdA","name","李样例"]"#.to_owned(), r#"["c2FsdA","李样例"]"#.to_owned()];
        Frame::of(&Plain { header: "aGVhZA", claims: CLAIMS.to_owned(), disclosures }).unwrap()
    }

    #[test]
    fn a_frame_says_nothing_of_one_licence() {
        let frame = framed();
        let said = r#"{"_sd":[""],"_sd_alg":"sha-256","claims":{"capital":0,"kind":"","rented":false},"holders":[{"name":""}],"iss":"https://a.example","status":{"status_list":{"idx":0,"uri":"https://a.example/status/1"}},"vct":"https://a.example/types/t/1"}["","name",""]["",""]"#;
        assert_eq!((frame.header(), letters::read(&frame.common).as_deref()), ("aGVhZA", Some(said)));
        assert_eq!(type_of(CLAIMS), "https://a.example/types/t/1");
    }

    #[test]
    fn what_is_packed_comes_back_and_is_small() {
        let frame = framed();
        for plain in [CLAIMS.as_bytes(), b"", b"another thing altogether"] {
            assert_eq!(frame.unpack(&frame.pack(plain)).unwrap().as_slice(), plain);
        }
        assert!(frame.pack(CLAIMS.as_bytes()).len() < CLAIMS.len() / 2);
        assert!(frame.unpack(b"").is_err());
        assert!(frame.unpack(&[255; 9]).is_err());
    }
}
