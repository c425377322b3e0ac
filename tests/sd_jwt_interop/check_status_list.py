"""Verify a status list token and read indexes with the PyPI packages jwcrypto and token-status-list.

usage: check_status_list.py TOKEN SIGNER_JWK INDEX...
"""

import json
import sys

from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from token_status_list import BitArray


def check(token, signer_jwk, *indexes):
    with open(signer_jwk, encoding="utf-8") as file:
        key = JWK.from_json(file.read())
    jws = JWS()
    with open(token, encoding="ascii") as file:
        jws.deserialize(file.read().strip())
    jws.verify(key)
    if jws.jose_header["typ"] != "statuslist+jwt":
        raise ValueError("typ is another")
    claims = json.loads(jws.payload)
    statuses = BitArray.load(claims["status_list"])
    return {
        "sub": claims["sub"],
        "bits": statuses.bits,
        "length": len(statuses),
        # An index beyond the end is a refusal: no statement can be made.
        "statuses": {index: statuses[int(index)] for index in indexes},
    }


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        result = check(*sys.argv[1:])
    except Exception as error:  # whatever the library raises is its refusal
        print(json.dumps({"ok": False, "error": f"{type(error).__name__}: {error}"}))
        sys.exit(1)
    print(json.dumps({"ok": True, **result}))
