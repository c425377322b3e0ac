//! Salted commitments (law 0, section 11): what an entry says of words that stay in the vault. Who is given words and salt
//! makes the same; who has the entry alone learns nothing. Not here: salts, and where words are kept (`authority::vault`).

use serde::Serialize;

use crate::crypto::Digest;
use crate::crypto::digest::hmac_sha256;
use crate::values::canonical::{JsonError, to_canonical};
use crate::values::identifiers::Handle;

/// HMAC-SHA256 under the salt over `vidimus/commit/<field>/v1`, the handle and the canonical value.
pub fn commitment(
    salt: &[u8],
    handle: &Handle,
    field: &str,
    value: &impl Serialize,
) -> Result<Digest, JsonError> {
    let head = format!("vidimus/commit/{field}/v1\n{handle}\n");
    Ok(Digest(hmac_sha256(salt, &[head.as_bytes(), &to_canonical(value)?])))
}
