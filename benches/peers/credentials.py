"""Makes and reads the cases with PyPI's sd-jwt.

usage: credentials.py CASES; then a line "issue SECONDS" or "verify SECONDS" is answered by credentials for each second of a core
"""

import json
import platform
import sys
import time
from importlib.metadata import version

from cryptography.hazmat.primitives.serialization import load_der_private_key
from jwcrypto.jwk import JWK
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

with open(sys.argv[1], encoding="utf-8") as file:
    cases = json.load(file)
secret = JWK.from_pyca(load_der_private_key(bytes.fromhex(cases["pkcs8"]), None))
public = JWK(**cases["jwk"])


def issue(number):
    draft = cases["drafts"][number]
    return SDJWTIssuer(draft["claims"], secret, sign_alg="EdDSA", extra_header_parameters=draft["header"]).sd_jwt_issuance


def verify(credential):
    return SDJWTVerifier(credential, lambda issuer, header: public).get_verified_payload()


WORK = {"issue": issue, "verify": lambda number: verify(cases["credentials"][number])}


def is_refused(credential):
    try:
        verify(credential)
    except Exception:  # whatever the library raises is its refusal
        return True
    return False


def prove():
    """What is measured is right: read by it, and refused when changed."""
    claims = cases["drafts"][0]["claims"]
    if WORK["verify"](0)["claims"] != claims["claims"] or verify(issue(0))["claims"] != claims["claims"]:
        sys.exit("other claims")
    head, signature = issue(0).rsplit(".", 1)
    if not is_refused(f"{head}.AAAA{signature[4:]}"):
        sys.exit("accepts a changed signature")


prove()
print(f"sd-jwt {version('sd-jwt')}, Python {platform.python_version()}", flush=True)
for line in sys.stdin:
    what, seconds = line.split()
    count, cpu, until = 0, time.process_time(), time.monotonic() + float(seconds)
    while time.monotonic() < until:
        WORK[what](count % len(cases["drafts"]))
        count += 1
    print(count / (time.process_time() - cpu), flush=True)
