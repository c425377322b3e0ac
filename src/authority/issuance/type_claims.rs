//! What a credential says of its type: address and digest of the metadata, rendered and hashed once for each version and
//! base URL. Not here: the metadata themselves (`catalogue`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::catalogue::LicenceType;
use crate::crypto::Digest;
use crate::values::identifiers::{BaseUrl, TypeCode};

/// `vct` and `vct#integrity`.
pub struct TypeClaims {
    pub(super) vct: String,
    /// W3C subresource integrity.
    pub(super) integrity: String,
}

/// Those that were asked for.
#[derive(Default)]
pub struct KnownTypes(Mutex<HashMap<(TypeCode, u16, BaseUrl), Arc<TypeClaims>>>);

impl KnownTypes {
    /// The claims of a type under a base URL.
    pub(super) fn claims(&self, licence_type: &LicenceType, base: &BaseUrl) -> Arc<TypeClaims> {
        let name = (licence_type.type_code().clone(), licence_type.version(), base.clone());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = known.entry(name).or_insert_with(|| {
            let digest = Digest::of(&licence_type.metadata_bytes(base));
            let integrity = format!("sha256-{}", STANDARD.encode(digest.0));
            Arc::new(TypeClaims { vct: licence_type.vct(base), integrity })
        });
        Arc::clone(claims)
    }
}
