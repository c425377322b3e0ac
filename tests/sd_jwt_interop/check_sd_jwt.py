"""Verify and disclose an SD-JWT with the PyPI package sd-jwt.

usage: check_sd_jwt.py CREDENTIAL ISSUER_JWK [NONCE AUDIENCE]
"""

import json
import sys

from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier


def check(credential, issuer_jwk, nonce=None, audience=None):
    with open(credential, encoding="ascii") as file:
        text = file.read().strip()
    with open(issuer_jwk, encoding="utf-8") as file:
        key = JWK.from_json(file.read())
    verifier = SDJWTVerifier(text, lambda issuer, header: key, audience, nonce)
    return verifier.get_verified_payload()


if __name__ == "__main__":
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    try:
        claims = check(*sys.argv[1:])
    except Exception as error:  # whatever the library raises is its refusal
        print(json.dumps({"ok": False, "error": f"{type(error).__name__}: {error}"}))
        sys.exit(1)
    print(json.dumps({"ok": True, "claims": claims, "bound": len(sys.argv) == 5}, ensure_ascii=False))
