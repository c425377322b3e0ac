"""What other people's code says of what we issue: SD-JWT libraries, status list libraries, openssl, gnutls.

    .cache/venv/bin/python tests/oracles/foreign.py NODE_MODULES

Needs the packages of tests/requirements.txt, those of tests/package.json below NODE_MODULES, openssl and certtool.
The scripts that ask the libraries are those of tests/sd_jwt_interop.
"""

import base64
import json
import shutil
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from token_status_list import BitArray

from service import PROJECT, Service, Tally, business, finding, home, identity, run, until

INTEROP = PROJECT / "tests/sd_jwt_interop"
tally = Tally()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def header_of(token):
    return json.loads(decoded(token.split(".")[0]))


def payload_of(token):
    return json.loads(decoded(token.split("~")[0].split(".")[1]))


class Certificates:
    """The x5c of a token and the root, as PEM files."""

    def __init__(self, folder, token, root):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.root = folder / "root.pem"
        self.root.write_bytes(root)
        self.chain = [x509.load_der_x509_certificate(base64.b64decode(der)) for der in header_of(token)["x5c"]]
        self.leaf, self.rest = folder / "leaf.pem", folder / "rest.pem"
        self.leaf.write_bytes(self.chain[0].public_bytes(Encoding.PEM))
        self.rest.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in self.chain[1:]))
        self.jwk = folder / "leaf.jwk"
        public = self.chain[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.jwk.write_text(JWK.from_pem(public).export_public())

    def openssl(self, *more):
        return subprocess.run(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "any", *more,
                               "-CAfile", self.root, "-untrusted", self.rest, self.leaf], capture_output=True, text=True)

    def certtool(self):
        chain = self.folder / "chain.pem"
        chain.write_bytes(self.leaf.read_bytes() + self.rest.read_bytes())
        return subprocess.run(["certtool", "--verify", "--verify-profile", "medium", "--load-ca-certificate", self.root,
                               "--infile", chain], capture_output=True, text=True)


def chains(name, certificates, other_root, folder):
    root = x509.load_pem_x509_certificate(certificates.root.read_bytes())
    tally.check(f"{name}: x5c is without the root", root not in certificates.chain)
    for tool, found in (("openssl", certificates.openssl()), ("certtool", certificates.certtool())):
        tally.check(f"{name}: {tool} accepts the chain", found.returncode == 0, found.stdout + found.stderr)
    mine, certificates.root = certificates.root, folder / "other.pem"
    certificates.root.write_bytes(other_root)
    for tool, found in (("openssl", certificates.openssl()), ("certtool", certificates.certtool())):
        tally.check(f"{name}: {tool} refuses it under another root", found.returncode != 0)
    certificates.root = mine


def ask(script, *arguments):
    command = [sys.executable] if script.suffix == ".py" else ["node"]
    found = subprocess.run([*command, script, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    try:
        return json.loads(found.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return {"ok": False, "error": found.stderr[-800:]}


def scripts(folder, modules, name):
    """The same question to the Python and the JavaScript library; the latter beside its modules."""
    beside = folder / "interop"
    if not beside.exists():
        shutil.copytree(INTEROP, beside)
        (beside / "node_modules").symlink_to(Path(modules).resolve())
    return [("python", INTEROP / f"{name}.py"), ("javascript", beside / f"{name}.mjs")]


def changed_signature(token):
    """The token with another signature of the same length."""
    jwt, *rest = token.split("~")
    header, payload, signature = jwt.split(".")
    raw = bytearray(decoded(signature))
    raw[5] ^= 1
    return "~".join([f"{header}.{payload}.{encoded(bytes(raw))}", *rest])


def bind(presentation, key, nonce, audience):
    """The presentation with a key binding made by jwcrypto."""
    claims = {"iat": int(time.time()), "aud": audience, "nonce": nonce, "sd_hash": encoded(sha256(presentation.encode()).digest())}
    jws = JWS(json.dumps(claims))
    algorithm = "EdDSA" if key["kty"] == "OKP" else "ES256"
    jws.add_signature(key, None, json.dumps({"alg": algorithm, "typ": "kb+jwt"}))
    return presentation + jws.serialize(compact=True)


def bound(service, folder, modules):
    """A presentation bound to a holder's key: by our judgement, and by theirs."""
    for algorithm, made in (("EdDSA", {"kty": "OKP", "crv": "Ed25519"}), ("ES256", {"kty": "EC", "crv": "P-256"})):
        key, stranger = JWK.generate(**made), JWK.generate(**made)
        issued = service.issue(identity(holder_key=key.export_public(as_dict=True)), who="public-security")
        jwt, *disclosures, _ = issued["credential"].split("~")
        partial = "~".join([jwt, disclosures[0], ""])
        nonce, audience = "n-0S6_WzA2Mj", "https://window.example"
        expect = {"nonce": nonce, "audience": audience, "holder": True}
        good = bind(partial, key, nonce, audience)
        report = service.verify(good, expect=expect)
        tally.equal(f"{algorithm}: a bound, partial presentation",
                    (report["verdict"], finding(report, "holder")["result"], finding(report, "ledger")["result"], report["accepted"]),
                    ("valid", "passed", "passed", True))
        unasked = service.verify(good)
        tally.equal(f"{algorithm}: good and not asked for", finding(unasked, "holder")["result"], "not_checked")
        for what, evidence, asked in [
            ("another nonce", good, {**expect, "nonce": "other"}),
            ("another audience", good, {**expect, "audience": "https://other.example"}),
            ("bound by a stranger", bind(partial, stranger, nonce, audience), expect),
            ("not bound", partial, expect),
            ("another presentation's binding", "~".join([jwt, *disclosures[:2], ""]) + good.rsplit("~", 1)[1], expect),
        ]:
            tally.equal(f"{algorithm}: {what} fails", finding(service.verify(evidence, expect=asked), "holder")["result"], "failed")
        if algorithm == "ES256":  # the Python library binds with ES256 only
            place = folder / "bound.sd-jwt"
            certificates = Certificates(folder / "bound", jwt, service.get("/pki/root.pem").body)
            place.write_text(good)
            for library, script in scripts(folder, modules, "check_sd_jwt"):
                found = ask(script, place, certificates.jwk, nonce, audience)
                tally.check(f"{library} accepts the binding", found["ok"] and found["bound"], found)


def credentials(service, folder, modules, other_root):
    for name, request, who in [("business", business(), "market-regulation"), ("identity", identity(), "public-security")]:
        credential = service.issue(request, who=who)["credential"]
        certificates = Certificates(folder / name, credential, service.get("/pki/root.pem").body)
        chains(name, certificates, other_root, folder)
        good, bad = folder / f"{name}.sd-jwt", folder / f"{name}-bad.sd-jwt"
        good.write_text(credential)
        bad.write_text(changed_signature(credential))
        for library, script in scripts(folder, modules, "check_sd_jwt"):
            found = ask(script, good, certificates.jwk)
            tally.check(f"{name}: {library} verifies it", found["ok"], found)
            told = json.dumps(found.get("claims", {}), ensure_ascii=False)
            tally.check(f"{name}: {library} reads the holder", request["holders"][0]["name"] in told, told)
            tally.equal(f"{name}: {library} refuses another signature", ask(script, bad, certificates.jwk)["ok"], False)


def status_lists(service, folder, modules, other_root):
    issued = [service.issue(business(f"企业{n}")) for n in range(3)]
    service.post(f"/v1/licences/{issued[1]['handle']}/suspend", {"reason": "x"}, who="market-regulation")
    service.post(f"/v1/licences/{issued[2]['handle']}/end", {"reason": "x", "act": "penalty"}, who="market-regulation")
    uri = issued[0]["status"]["uri"]
    indexes = [one["status"]["index"] for one in issued]
    same = [one["status"]["uri"] == uri and payload_of(one["credential"])["status"]["status_list"] == {"idx": one["status"]["index"], "uri": uri} for one in issued]
    tally.equal("the credential names list and index", same, [True] * 3)
    path = "/" + uri.split("/", 3)[3]
    token, modified = folder / "status.jwt", folder / "status-bad.jwt"
    expected = {str(index): status for index, status in zip(indexes, (0, 2, 1))}

    def published():
        token.write_bytes(service.get(path).body)
        jwk = Certificates(folder / "status", token.read_text(), service.get("/pki/root.pem").body).jwk
        found = ask(INTEROP / "check_status_list.py", token, jwk, *indexes)
        return found["ok"] and found["statuses"] == expected

    tally.check("published within a few ticks", until(published, 10), token.read_text()[:200])
    certificates = Certificates(folder / "status", token.read_text(), service.get("/pki/root.pem").body)
    chains("status", certificates, other_root, folder)
    tally.equal("the token is about its address", payload_of(token.read_text())["sub"], uri)
    modified.write_text(changed_signature(token.read_text()))
    for library, script in scripts(folder, modules, "check_status_list"):
        found = ask(script, token, certificates.jwk, *indexes)
        tally.equal(f"{library} reads valid, suspended, ended", found.get("statuses"), expected)
        tally.equal(f"{library}: two bits", found.get("bits"), 2)
        tally.equal(f"{library} refuses another signature", ask(script, modified, certificates.jwk, *indexes)["ok"], False)


def status_at_times(service, folder, modules, _):
    """A list through the acts of a licence: at each time, as both libraries read it, what it said then, every place."""
    place = folder / "at.jwt"
    issued = service.issue(business("历时企业"))
    uri, index, handle = issued["status"]["uri"], issued["status"]["index"], issued["handle"]
    path = "/" + uri.split("/", 3)[3]
    course, tokens = [], []

    def published(value, entry):
        found = service.get(path)
        claims = payload_of(found.body.decode()) if found.status == 200 else {"ledger_size": 0}
        return claims["ledger_size"] > entry and BitArray.load(claims["status_list"])[index] == value

    steps = [(None, None, 0), ("suspend", {}, 2), ("reinstate", {}, 0), ("end", {"act": "recalled"}, 1)]
    for verb, more, value in steps:
        if verb:
            service.post(f"/v1/licences/{handle}/{verb}", {"reason": "x", **more}, who="market-regulation")
        wanted = service.get("/v1/licences/" + handle, who="auditor").json["history"][-1]["entry"]["index"]
        # A new licence is a zero where a zero was: the list is not signed anew for it.
        tally.check(f"{verb or 'issue'} is published", until(lambda: published(value, wanted if verb else -1)))
        course.append((int(time.time()), value))
        tokens.append(service.get(path).body.decode())
        time.sleep(2.1)
    whole = None
    for (at, value), kept in zip(course, tokens):
        then = service.get(f"{path}?time={at}").body.decode()
        tally.equal(f"?time={value}: the token as published then", then, kept)
        place.write_text(then)
        jwk = Certificates(folder / "at", then, service.get("/pki/root.pem").body).jwk
        for library, script in scripts(folder, modules, "check_status_list"):
            tally.equal(f"{library} reads {value} then", ask(script, place, jwk, index).get("statuses"), {str(index): value})
        bits = BitArray.load(payload_of(then)["status_list"])
        told = [bits[n] for n in range(len(bits))]
        if whole:
            tally.equal("no other place has changed", [n for n, (a, b) in enumerate(zip(whole, told)) if a != b], [index])
        whole = told
    tally.equal("before it was published there was none", service.get(f"{path}?time=1000").status, 404)
    tally.equal("and none of tomorrow", service.get(f"{path}?time={int(time.time()) + 86400}").status, 404)
    report = run("audit", "replay", "--from", service.url, "--json")
    tally.check("replay makes the same lists", report.returncode == 0, report.stdout[-800:])
    service.stop()
    # From the data every kept token is rebuilt, not only the newest.
    exported = folder / "exported"
    kept = run("ledger", "export", exported, "--data", service.data)
    tally.check("exported", kept.returncode == 0, kept.stderr)
    files = {file.read_text() for file in (exported / "status").rglob("*") if file.is_file()}
    tally.check("the export has every one of them", files.issuperset(tokens), len(files))
    report = run("audit", "replay", "--from", exported, "--json")
    tally.check("replay of the export makes them all", report.returncode == 0, report.stdout[-800:])
    service.start()


def main():
    modules = sys.argv[1]
    with home() as folder, Service(folder / "authority") as service:
        with Service(folder / "other") as other:
            other_root = other.get("/pki/root.pem").body
        for part in (credentials, status_lists, status_at_times):
            with tally.part(part.__name__):
                part(service, folder, modules, other_root)
        with tally.part("bound"):
            bound(service, folder, modules)
    tally.end()


if __name__ == "__main__":
    main()
