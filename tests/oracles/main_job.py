"""The main job against a running service: issue, verify, act, verify at times, refuse, replay, export, offline.

    python3 tests/oracles/main_job.py

Standard library only.
"""

import base64
import json
import sys
import time

sys.dont_write_bytecode = True

from service import Service, Tally, business, finding, home, identity, now, run, until

CHECKS = ["signature", "issuer", "power", "ledger", "validity", "status", "holder"]
tally = Tally()


def results(report):
    return {found["check"]: found["result"] for found in report["findings"]}


def issuing(service):
    issued = service.issue(business(reference="A-1"))
    members = ["handle", "licence_number", "identifier", "reference", "credential", "entry", "receipt", "status"]
    tally.equal("an issued licence has its members", sorted(issued), sorted(members))
    tally.equal("the reference comes back", issued["reference"], "A-1")
    tally.check("the leaf hash is standard base64", len(base64.b64decode(issued["entry"]["leaf_hash"], validate=True)) == 32)
    tally.check("the receipt is a .tlog-proof", issued["receipt"].startswith("c2sp.org/tlog-proof@v1\n"), issued["receipt"])
    dry = service.post("/v1/licences?dry_run=true", business(), who="market-regulation")
    tally.equal("a dry run is 200", dry.status, 200)
    empty = [name for name in ("handle", "credential", "entry", "receipt", "status") if dry.json.get(name, "") is not None]
    tally.equal("a dry run makes nothing", empty, [])

    once = {"who": "market-regulation", "Idempotency_Key": "k-1"}
    first, again = (service.post("/v1/licences", business("甲"), **once) for _ in range(2))
    tally.equal("the same key, the same licence", again.json.get("handle"), first.json["handle"])
    other = service.post("/v1/licences", business("乙"), **once)
    tally.equal("the same key, another body: 409", (other.status, other.problem), (409, "idempotency-conflict"))
    return issued


def verifying(service, issued):
    report = service.verify(issued["credential"])
    tally.equal("seven findings in order", [found["check"] for found in report["findings"]], CHECKS)
    tally.equal("it is valid", report["verdict"], "valid")
    expected = {**dict.fromkeys(CHECKS, "passed"), "holder": "not_checked"}
    tally.equal("each finding", results(report), expected)
    tally.equal("nothing was expected", report["accepted"], None)
    tally.equal("what the licence says", report["licence"]["claims"]["capital"], "100(万元人民币)")
    accepted = service.verify(issued["credential"], expect={"type": "business-licence"})
    tally.equal("the expected type is accepted", accepted["accepted"], True)
    refused = service.verify(issued["credential"], expect={"type": "identity-attestation"})
    tally.equal("another type is not", refused["accepted"], False)
    download = json.dumps({"credential": issued["credential"], "receipt": issued["receipt"]})
    tally.equal("the download file is valid", service.verify(download)["verdict"], "valid")

    jwt, rest = issued["credential"].split("~", 1)
    header, payload, signature = jwt.split(".")
    turned = ("A" if signature[10] != "A" else "B")
    bad = f"{header}.{payload}.{signature[:10]}{turned}{signature[11:]}~{rest}"
    report = service.verify(bad)
    tally.equal("a changed signature is seen", (report["verdict"], finding(report, "signature")["result"]), ("not_valid", "failed"))
    tally.equal("and nothing of the licence is told", report["licence"], None)
    none = json.loads(base64.urlsafe_b64decode(header + "=="))
    none["alg"] = "none"
    none = base64.urlsafe_b64encode(json.dumps(none).encode()).decode().rstrip("=")
    for what, forged in [("alg none", f"{none}.{payload}.~{rest}"), ("alg none, signed", f"{none}.{payload}.{signature}~{rest}")]:
        report = service.post("/v1/verifications", {"evidence": forged})
        good = report.problem == "unreadable-evidence" or report.json.get("verdict") == "not_valid"
        tally.check(f"{what} is not valid", good, report)
    tally.equal("what is no evidence is 422", service.post("/v1/verifications", {"evidence": "hello"}).problem, "unreadable-evidence")
    raw = service.post("/v1/verifications", issued["credential"], Content_Type="application/dc+sd-jwt")
    tally.check("evidence as the body itself", raw.status == 200 and raw.json["verdict"] == "valid", raw)


def disclosing(service):
    issued = service.issue(identity(), who="public-security")
    jwt, *disclosures, _ = issued["credential"].split("~")
    tally.check("personal claims are selectively disclosable", len(disclosures) >= 4, len(disclosures))
    plain = json.loads(base64.urlsafe_b64decode(jwt.split(".")[1] + "=="))
    tally.check("and not plain", "11010519491231002X" not in json.dumps(plain), plain)
    partial = service.verify("~".join([jwt, disclosures[0], ""]))
    tally.equal("a partial presentation finds its entry", (partial["verdict"], finding(partial, "ledger")["result"]), ("valid", "passed"))
    bare = service.verify(jwt + "~")
    tally.equal("none at all too", finding(bare, "ledger")["result"], "passed")
    spare = base64.urlsafe_b64encode(b'["c2FsdHNhbHRzYWx0c2FsdA","name","x"]').decode().rstrip("=")
    forged = service.verify("~".join([jwt, disclosures[0], spare, ""]))
    tally.equal("an unreferenced disclosure is refused", finding(forged, "signature")["result"], "failed")


def apart():
    """A moment that no entry before or after it shares: entries tell milliseconds, and two calls can fit into one."""
    time.sleep(0.05)
    at = now()
    time.sleep(0.05)
    return at


def act(service, handle, verb, who="market-regulation", **body):
    return service.post(f"/v1/licences/{handle}/{verb}", {"reason": "经查", **body}, who=who)


def acts(service, issued):
    handle, credential = issued["handle"], issued["credential"]
    before_all = apart()
    done = act(service, handle, "suspend")
    tally.equal("suspended", (done.status, done.json.get("standing")), (200, "suspended"))
    tally.equal("a suspended licence is not valid", service.verify(credential)["verdict"], "not_valid")
    tally.equal("twice is illegal", (lambda a: (a.status, a.problem))(act(service, handle, "suspend")), (409, "illegal-transition"))
    tally.equal("reinstated", act(service, handle, "reinstate").json.get("standing"), "valid")
    tally.equal("valid again", service.verify(credential)["verdict"], "valid")
    between = apart()
    tally.equal("another department may not", act(service, handle, "end", who="tax", act="recalled").problem, "not-yours")
    tally.equal("ended", act(service, handle, "end", act="recalled").status, 200)
    time.sleep(0.05)
    report = service.verify(credential)
    tally.equal("an ended licence is not valid", (report["verdict"], finding(report, "status")["result"]), ("not_valid", "failed"))
    tally.equal("it was valid before", service.verify(credential, at=between)["verdict"], "valid")
    tally.equal("before the suspension too", service.verify(credential, at=before_all)["verdict"], "valid")
    tally.equal("and not after", service.verify(credential, at=now())["verdict"], "not_valid")
    old = service.verify(credential, at="2020-01-01T00:00:00.000Z")
    tally.equal("it was not issued then", (old["verdict"], finding(old, "ledger")["result"]), ("not_valid", "failed"))
    later = service.post("/v1/verifications", {"evidence": credential, "at": "2999-01-01T00:00:00.000Z"})
    tally.equal("the future is refused", later.status, 422)

    void = service.issue(business("丙"))
    moment = apart()
    act(service, void["handle"], "end", act="rescinded")
    tally.equal("rescinded: never valid", service.verify(void["credential"], at=moment)["verdict"], "not_valid")
    fresh = service.issue(business("丁"))
    replaced = act(service, fresh["handle"], "replace", cause="changed", licence=business("丁二"))
    tally.check("replaced, with the new one beside", replaced.status == 200 and replaced.json["issued"]["handle"] != fresh["handle"], replaced)
    tally.equal("the old one is not valid", service.verify(fresh["credential"])["verdict"], "not_valid")
    tally.equal("the new one is", service.verify(replaced.json["issued"]["credential"])["verdict"], "valid")
    told = service.get(f"/v1/licences/{handle}", who="market-regulation")
    tally.check("the licence tells its history", told.status == 200 and len(told.json["history"]) >= 4, told)


def bad_input(service):
    def issue(body, who="market-regulation", **more):
        answer = service.post("/v1/licences", body, who=who, **{"Content_Type": "application/json", **more})
        return answer.status, answer.problem

    holder = {"name": "x", "code": "91430700MA4PBKBQ48", "code_type": "001"}
    good = business()
    for what, found, expected in [
        ("not JSON", issue("{"), (400, "malformed")),
        ("a duplicate member", issue('{"type":"business-licence","type":"business-licence"}'), (400, "malformed")),
        ("an unknown field", issue({**good, "colour": "red"}), (422, "unknown-field")),
        ("an unknown type", issue({**good, "type": "dog-licence"}), (422, "unknown-type")),
        ("a wrong check character", issue({**good, "holders": [{**holder, "code": "91430700MA4PBKBQ49"}]}), (422, "check-digit")),
        ("a missing claim", issue({**good, "claims": {}}), (422, "invalid-claim")),
        ("a claim of the wrong form", issue({**good, "claims": {"established": 5}}), (422, "invalid-claim")),
        ("until before from", issue({**good, "valid_until": "2000-01-01"}), (422, "validity")),
        ("no power", issue(good, who="education"), (403, "no-power")),
        ("another's type", issue(good, who="tax"), (403, "no-power")),
    ]:
        tally.equal(what, found, expected)
    tally.equal("no token", service.post("/v1/licences", good).status, 401)
    tally.equal("a wrong token", service.post("/v1/licences", good, Authorization="Bearer " + "A" * 43).status, 401)
    big = business("x" * (1 << 20))
    tally.equal("too large", service.post("/v1/licences", big, who="market-regulation").status, 413)
    xml = service.post("/v1/licences", "<a/>", who="market-regulation", Content_Type="application/xml")
    tally.equal("another media type", xml.status, 415)
    tally.equal("no such path", service.get("/v1/nothing").status, 404)
    tally.equal("no such method", service.ask("DELETE", "/v1/licences", who="market-regulation").status, 405)
    tally.equal("no such handle", service.get("/v1/licences/019a9a00-0000-7000-8000-000000000001", who="market-regulation").status, 404)
    problem = service.post("/v1/licences", "{", who="market-regulation", Content_Type="application/json", Accept_Language="en")
    tally.check("problems are RFC 9457", problem.headers["content-type"].startswith("application/problem+json"), problem.headers)
    tally.check("in English when asked", problem.json["title"].isascii(), problem)

    lines = [business("一"), "{\n", business("二", colour="red"), '"text"\n', business("三")]
    found = service.batch(lines)
    tally.equal("one result a line, in order", [one["line"] for one in found], [1, 2, 3, 4, 5])
    tally.equal("bad lines stop nobody", ["issued" in one for one in found], [True, False, False, False, True])
    tally.check("brief leaves the credential out", not found[0].get("issued", {}).get("credential"), found[0])


def public_reads(service):
    for path in ["/", "/healthz", "/readyz", "/metrics", "/v1/types", "/v1/types/business-licence",
                 "/types/business-licence/1", "/v1/departments", "/v1/powers", "/status", "/ledger/checkpoint",
                 "/ledger/vkey", "/v1/ledger/proof?index=0", "/.well-known/jwt-vc-issuer", "/pki/root.pem"]:
        tally.equal(f"GET {path}", service.get(path).status, 200)
    powers = service.get("/v1/powers?at=2001-01-01T00:00:00.000Z")
    tally.check("no powers before the first entry", powers.status == 200 and powers.json["items"] == [], powers)
    until(lambda: service.get("/status").json["status_lists"], 5)
    path = "/" + service.get("/status").json["status_lists"][0].split("/", 3)[3]
    token = service.get(path)
    tally.check("a status list", token.headers.get("content-type", "").startswith("application/statuslist+jwt"), token.headers)
    tally.equal("and who may read it", token.headers.get("access-control-allow-origin"), "*")


def replaying(service, folder, issued):
    replay = run("audit", "replay", "--from", service.url, "--json")
    summary = json.loads(replay.stdout.strip().splitlines()[-1]) if replay.stdout.strip() else {}
    tally.equal("replay from the address holds", (replay.returncode, summary.get("holds")), (0, True))
    if replay.returncode:
        print(replay.stdout[-1500:], replay.stderr[-1500:])
    memory = folder / "remembered"
    tally.equal("and remembers", run("audit", "replay", "--from", service.url, "--remember", memory).returncode, 0)
    vkey = folder / "vkey"
    vkey.write_bytes(service.get("/ledger/vkey").body)
    service.issue(business("戊"))
    again = run("audit", "replay", "--from", service.url, "--remember", memory, "--vkey", vkey, "--json")
    tally.equal("consistent with what was remembered", again.returncode, 0)
    tally.check("the key is pinned", '"key":"pinned"' in again.stdout.replace('": "', '":"'), again.stdout)

    live = service.issue(business("己"))
    trust = folder / "trust"
    made = run("trust", "export", service.url, trust)
    tally.equal("trust is exported", made.returncode, 0)
    evidence = folder / "one.vidimus.json"
    evidence.write_text(json.dumps({"credential": live["credential"], "receipt": live["receipt"]}))
    offline = run("verify", evidence, "--trust", trust, "--offline", "--json")
    tally.equal("valid offline", offline.returncode, 0)
    if offline.returncode:
        print(offline.stdout[-1500:], offline.stderr[-1500:])
    changed = evidence.read_text().replace(live["receipt"].splitlines()[-1][-20:-10], "A" * 10)
    evidence.write_text(changed)
    tally.check("a changed receipt offline is not", run("verify", evidence, "--trust", trust, "--offline").returncode in (10, 11))
    evidence.write_text(json.dumps({"credential": issued["credential"], "receipt": issued["receipt"]}))
    ended = run("verify", evidence, "--trust", trust, "--offline", "--json")
    tally.equal("an ended one is not valid offline", ended.returncode, 10)
    online = run("verify", evidence, "--trust", service.url, "--json")
    tally.equal("nor by the whole ledger", online.returncode, 10)


def main():
    with home() as folder, Service(folder / "authority") as service:
        issued = None
        with tally.part("issuing"):
            issued = issuing(service)
        issued = issued or service.issue()
        for name, part in {
            "verifying": lambda: verifying(service, issued), "disclosing": lambda: disclosing(service),
            "acts": lambda: acts(service, issued), "bad input": lambda: bad_input(service),
            "public reads": lambda: public_reads(service),
        }.items():
            with tally.part(name):
                part()
        until(lambda: service.verify(issued["credential"])["verdict"] == "not_valid", 5)
        time.sleep(2.5)  # two ticks, so that what is published says it too
        with tally.part("replaying"):
            replaying(service, folder, issued)
        tally.equal("SIGTERM ends with 0", service.stop(), 0)
        with tally.part("a second start"):
            with Service(folder / "authority") as second:
                tally.equal("a second start founds nothing", second.verify(issued["credential"])["verdict"], "not_valid")
                tally.equal("what was kept under a key is kept", second.post(
                    "/v1/licences", business("乙"), who="market-regulation", Idempotency_Key="k-1").status, 409)
    tally.end()


if __name__ == "__main__":
    main()
