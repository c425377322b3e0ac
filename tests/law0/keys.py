"""Keys of law 0, section 4: ids, the first 16 bytes of SHA-256 over the DER SubjectPublicKeyInfo, and signatures."""

from hashlib import sha256

import ed25519 as edwards
import p256 as weierstrass

ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def key_id(spki):
    """The id in hex, or None for bytes that are neither form of section 4."""
    ed25519 = spki.startswith(ED25519_SPKI) and len(spki) == len(ED25519_SPKI) + 32
    p256 = spki.startswith(P256_SPKI) and len(spki) == len(P256_SPKI) + 64
    if ed25519:
        point = edwards.decode(spki[-32:])
        ed25519 = point is not None and not edwards.is_identity(edwards.multiply(8, point))
    return sha256(spki).digest()[:16].hex() if ed25519 or p256 else None


def verifies(spki, message, signature):
    if spki.startswith(ED25519_SPKI):
        return edwards.verifies(spki[-32:], message, signature)
    return weierstrass.verifies(spki[-65:], message, signature)
