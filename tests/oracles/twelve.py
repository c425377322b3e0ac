"""Every licence type over HTTP: issued, shown whole and in part, read by another's library, acted on, replayed. The two
that have a process are refused without a case, after everything else that may be wrong; their cases are played elsewhere.

    .cache/venv/bin/python tests/oracles/twelve.py

What is sent is the example that the catalogue shows of each type; what is wrong is made from its schema and rules.
Needs sd-jwt and jwcrypto of tests/requirements.txt.
"""

import base64
import calendar
import copy
import html
import json
import re
import sys
from datetime import date, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode

sys.dont_write_bytecode = True

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from service import OFFSET, Service, Tally, finding, home, run, until

tally = Tally()


class Type:
    """A type as the catalogue shows it, with the department that may issue it."""

    def __init__(self, service, slug, issuer):
        self.service, self.slug, self.issuer = service, slug, issuer
        self.whole = service.get(f"/v1/types/{slug}").json
        self.schema, self.holders = self.whole["claims_schema"], self.whole["holders"]

    def request(self):
        """The example, begun today where it may not begin in the past."""
        request = copy.deepcopy(self.whole["example"])
        if not self.whole["validity"]["begins_in_past"]:
            today = datetime.now(OFFSET).date()
            shift = today - date.fromisoformat(request["valid_from"])
            for member in ("valid_from", "valid_until"):
                if request[member]:
                    request[member] = (date.fromisoformat(request[member]) + shift).isoformat()
        return request

    def issue(self, request=None):
        return self.service.issue(request or self.request(), who=self.issuer)

    def refused(self, request):
        """Problem and pointer."""
        answer = self.service.post("/v1/licences", request, who=self.issuer, Accept_Language="en")
        return answer.status, answer.problem, answer.json.get("pointer")

    def act(self, handle, verb, **body):
        return self.service.post(f"/v1/licences/{handle}/{verb}", {"reason": "经查", **body}, who=self.issuer)


def texts(value):
    """Every text in a value."""
    if isinstance(value, dict):
        return [text for member in value.values() for text in texts(member)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [str(value)]


def written(text, name):
    """As a page writes it: a day in the form of its language, everything else as it is."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    if not day:
        return text
    year, month, number = (int(part) for part in day.groups())
    return f"{year}年{month}月{number}日" if name == "zh" else f"{number} {calendar.month_name[month]} {year}"


def theirs(credential):
    """What the library of others reads, under the key of the certificate."""
    header = json.loads(base64.urlsafe_b64decode(credential.split(".")[0] + "=="))
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    key = JWK.from_pem(leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    payload = SDJWTVerifier(credential, lambda issuer, header: key).get_verified_payload()
    return {"holders": payload["holders"], "claims": payload["claims"]}


def ours(report):
    return {"holders": report["licence"]["holders"], "claims": report["licence"]["claims"]}


def disclosure(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def shown(kind, issued, request):
    """Whole, bare, and with one disclosure more each time."""
    report = kind.service.verify(issued["credential"])
    tally.equal(f"{kind.slug}: valid", report["verdict"], "valid")
    tally.equal(f"{kind.slug}: says what was asked for", ours(report), {"holders": request["holders"], "claims": request["claims"]})
    tally.equal(f"{kind.slug}: another's library reads the same", theirs(issued["credential"]), ours(report))
    jwt, *disclosures, _ = issued["credential"].split("~")
    wrong = []
    for count in range(len(disclosures)):
        partial = reachable(jwt, disclosures[:count])
        report = kind.service.verify(partial)
        if (report["verdict"], finding(report, "ledger")["result"]) != ("valid", "passed") or theirs(partial) != ours(report):
            wrong.append((count, report["verdict"], report["reason"]))
    tally.equal(f"{kind.slug}: {len(disclosures)} partial presentations are valid and read alike", wrong, [])
    if disclosures:
        bare = kind.service.verify(jwt + "~")
        said = texts({"names": [holder["name"] for holder in request["holders"]], "claims": request["claims"]})
        # The day it begins and the department are plain in every licence.
        plain = {request["valid_from"], bare["licence"]["issuer"]["name"]}
        personal = {text for text in said if len(text) > 1} - plain
        told = json.dumps(bare, ensure_ascii=False)
        tally.equal(f"{kind.slug}: bare, nothing personal is told", [text for text in personal if f'"{text}"' in told], [])
        payload = base64.urlsafe_b64decode(jwt.split(".")[1] + "==").decode()
        tally.equal(f"{kind.slug}: nor in the payload", [text for text in personal if f'"{text}"' in payload], [])


def reachable(jwt, kept):
    """The presentation of those that something shown refers to: one inside another that is withheld cannot be."""
    digest = {base64.urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("="): text for text in kept}
    found, places = set(), [json.loads(base64.urlsafe_b64decode(jwt.split(".")[1] + "=="))]
    while places:
        told = json.dumps(places.pop())
        for name, text in digest.items():
            if f'"{name}"' in told and text not in found:
                found.add(text)
                places.append(disclosure(text)[-1])
    return "~".join([jwt, *(text for text in kept if text in found), ""])


def one_row(kind, issued, request):
    """One row of each list without the others."""
    jwt, *disclosures, _ = issued["credential"].split("~")
    for name, rows in request["claims"].items():
        if not isinstance(rows, list):
            continue
        for row in rows:
            kept = [text for text in disclosures if disclosure(text)[1] == name or disclosure(text)[-1] == row]
            report = kind.service.verify(reachable(jwt, kept))
            expected = {name: [row]} if kept else request["claims"]
            if report["verdict"] != "valid" or report["licence"]["claims"] != expected:
                tally.equal(f"{kind.slug}: {name}, one row", (report["verdict"], report["licence"]["claims"]), ("valid", expected))
                return
        tally.check(f"{kind.slug}: each row of {name} can be shown alone", True)


def pages(kind, issued, request):
    """The printable page says everything, in both languages; the portal only what is disclosed."""
    made = kind.service.post(f"/v1/licences/{issued['handle']}/pickup", {}, who=kind.issuer).json
    path = made["address"].removeprefix(kind.service.url).replace(made["address"].split("/pickup/")[0], "")
    for language, name in (("zh-CN", "zh"), ("en", "en")):
        page = kind.service.ask("POST", path, urlencode({"code": made["code"]}), Accept="text/html", Accept_Language=language,
                                Content_Type="application/x-www-form-urlencoded")
        told = html.unescape(page.body.decode())
        values = texts(request["claims"]) + [holder["name"] for holder in request["holders"]]
        labels = [claim["label"][name] for claim in kind.whole["claims"] if claim["path"][0] == "claims" and claim["mandatory"] and None not in claim["path"]]
        roles = [role["name"][name] for role in kind.holders["roles"] if role["role"] in {holder.get("role") for holder in request["holders"]}]
        values = [written(text, name) for text in values]
        missing = [text for text in values + labels + roles + [kind.whole["name"][name]] if text not in told]
        tally.equal(f"{kind.slug}: the page to print ({name}) says it all", (page.status, missing), (200, []))
    jwt, *disclosures, _ = issued["credential"].split("~")
    body = urlencode({"evidence": jwt + "~"})
    page = kind.service.ask("POST", "/zh/check", body, Content_Type="application/x-www-form-urlencoded")
    told = html.unescape(page.body.decode())
    hidden = [holder["name"] for holder in request["holders"] if disclosures and holder["name"] in told]
    tally.equal(f"{kind.slug}: the portal shows no more than is disclosed", (page.status, hidden, "有效" in told), (200, [], True))


def acts(kind, issued):
    handle, credential = issued["handle"], issued["credential"]
    again = kind.refused(kind.request())
    if kind.whole["several_per_holder"]:
        tally.equal(f"{kind.slug}: a holder may have several", again[0], 201)
    else:
        tally.equal(f"{kind.slug}: one per holder", again, (422, "invalid-claim", "/holders/0/code"))
        swapped = kind.request()
        if len(swapped["holders"]) > 1:
            swapped["holders"][0].update(name="赵样例", code="440524188001010022")
            tally.equal(f"{kind.slug}: nor may the other holder", kind.refused(swapped), (422, "invalid-claim", "/holders/1/code"))
    suspended = kind.act(handle, "suspend")
    tally.equal(f"{kind.slug}: suspended", (suspended.status, kind.service.verify(credential)["verdict"]), (200, "not_valid"))
    if not kind.whole["several_per_holder"]:
        tally.equal(f"{kind.slug}: a suspended one is still held", kind.refused(kind.request())[0], 422)
    kind.act(handle, "reinstate")
    tally.equal(f"{kind.slug}: reinstated", kind.service.verify(credential)["verdict"], "valid")
    replaced = kind.act(handle, "replace", cause="changed", licence=kind.request())
    if tally.equal(f"{kind.slug}: replaced", replaced.status, 200):
        new = replaced.json["issued"]
        tally.equal(f"{kind.slug}: the old not valid, the new valid",
                    [kind.service.verify(one["credential"])["verdict"] for one in (issued, new)], ["not_valid", "valid"])
        tally.equal(f"{kind.slug}: ended", kind.act(new["handle"], "end", act="cancelled").status, 200)
        tally.equal(f"{kind.slug}: not valid any more", kind.service.verify(new["credential"])["verdict"], "not_valid")
    tally.equal(f"{kind.slug}: after the end another may be issued", kind.refused(kind.request())[0], 201)


def without(request, *path):
    """A copy without the member."""
    request = copy.deepcopy(request)
    place = request
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return request


def having(request, value, *path):
    """A copy with another member."""
    request = copy.deepcopy(request)
    place = request
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return request


def absent(request, pointer):
    """Whether nothing stands at a claim."""
    name = pointer.removeprefix("/claims/")
    return name != pointer and request["claims"].get(name) is None


def wrong_claims(schema, value, path):
    """Pairs of a path and what is wrong there, from the schema."""
    if schema["type"] == "object":
        for name in schema.get("required", []):
            yield (*path, name), None
        yield (*path, "surprise"), "x"
        for name, member in value.items():
            yield from wrong_claims(schema["properties"][name], member, (*path, name))
    elif schema["type"] == "array":
        yield path, []
        yield path, value * (schema["maxItems"] + 1)
        yield path, "x"
        yield from wrong_claims(schema["items"], value[0], (*path, 0))
    elif schema["type"] == "integer":
        yield path, "x"
        yield path, -1
    else:
        yield path, ""
        yield path, 7
        if "enum" in schema or "format" in schema:
            yield path, "2026-02-30"
        if "maxLength" in schema:
            yield path, "x" * (schema["maxLength"] + 1)
        elif "pattern" in schema:
            yield path, "?!"


def bad_input(kind):
    good = kind.request()
    holders = good["holders"]
    cases = []
    for path, value in wrong_claims(kind.schema, good["claims"], ()):
        bad = without(good, "claims", *path) if value is None else having(good, value, "claims", *path)
        cases.append((bad, "/claims/" + "/".join(map(str, path))))
    cases.append((having(good, [], "holders"), "/holders"))
    cases.append((having(good, holders * (kind.holders["max"] // len(holders) + 1), "holders"), "/holders"))
    allowed = {one["code_type"] for one in kind.holders["code_types"]}
    other = next(code for code in ("001", "111", "000") if code not in allowed)
    cases.append((having(good, other, "holders", 0, "code_type"), "/holders/0/code_type"))
    if len(holders) > 1:
        same = {**holders[1], "code": holders[0]["code"], "code_type": holders[0]["code_type"]}
        cases.append((having(good, same, "holders", 1), "/holders/1/code"))
    if kind.holders["roles"]:
        cases.append((without(good, "holders", 0, "role"), "/holders/0/role"))
        cases.append((having(good, "stranger", "holders", 0, "role"), "/holders/0/role"))
        single = [role["role"] for role in kind.holders["roles"] if role["max"] == 1]
        for role in single[:1]:
            bad = copy.deepcopy(good)
            for holder in bad["holders"]:
                holder["role"] = role
            cases.append((bad, "/holders/1/role"))
    else:
        cases.append((having(good, "owner", "holders", 0, "role"), "/holders/0/role"))
    cases.append((having(good, "1999-01-01", "valid_until"), "/valid_until"))
    if not kind.whole["validity"]["open_ended"]:
        cases.append((having(good, None, "valid_until"), "/valid_until"))
    if kind.whole["validity"]["longest_days"]:
        late = date.fromisoformat(good["valid_from"]) + timedelta(days=kind.whole["validity"]["longest_days"])
        cases.append((having(good, late.isoformat(), "valid_until"), "/valid_until"))
    if not kind.whole["validity"]["begins_in_past"]:
        early = date.fromisoformat(good["valid_from"]) - timedelta(days=1)
        cases.append((having(good, early.isoformat(), "valid_from"), "/valid_from"))
    wrong = []
    # What a valid licence of its source proves may be left out and is filled in: then only the case is wanting.
    proved = {used["pointer"] for used in kind.whole["facts_used"]}
    for request, expected in cases:
        status, problem, pointer = kind.refused(request)
        filled = expected in proved and absent(request, expected) and (status, problem, pointer) == (422, "case-required", "/type")
        if (status, pointer) != (422, expected) and not filled:
            wrong.append((expected, status, problem, pointer))
    tally.equal(f"{kind.slug}: {len(cases)} bad requests, each refused where it is wrong", wrong, [])
    denied = kind.service.post("/v1/licences", good, who="education")
    tally.equal(f"{kind.slug}: education may not", (denied.status, denied.problem), (403, "no-power"))


def needs_a_case(kind):
    """Without a case: alone, as a dry run, in a batch; and what a case would ask for is in the catalogue."""
    good = kind.request()
    tally.equal(f"{kind.slug}: not without a case", kind.refused(good), (422, "case-required", "/type"))
    dry = kind.service.post("/v1/licences?dry_run=true", good, who=kind.issuer)
    tally.equal(f"{kind.slug}: nor tried", (dry.status, dry.problem), (422, "case-required"))
    line, = kind.service.batch([good], who=kind.issuer)
    tally.equal(f"{kind.slug}: nor in a batch", line["problem"]["type"].rsplit("/", 1)[-1], "case-required")
    process = kind.whole["process"]
    tally.check(f"{kind.slug}: the catalogue says who approves, and in what time",
                sum(one["officers"] for one in process["approvers"]) == 2 and process["promised"]["total"] == 10, process)


def catalogue(kind):
    sources = {source["item"]: source for source in kind.whole["sources"]}
    tally.equal(f"{kind.slug}: every item has its one source", sorted(sources), sorted(["holders", *kind.schema["properties"]]))
    unnamed = [item for item, source in sources.items() if not source["department_name"] or not source["department_code"]]
    tally.equal(f"{kind.slug}: and the source is a department here", unnamed, [])
    plain = {claim["path"][1] for claim in kind.whole["claims"] if claim["path"][0] == "claims" and len(claim["path"]) == 2 and not claim["may_be_withheld"]}
    opened = {item for item, source in sources.items() if source["sharing"] == "open"} - {"holders"}
    tally.check(f"{kind.slug}: what is open is plain", opened <= plain, (opened, plain))


def main():
    with home() as folder, Service(folder / "authority") as service:
        powers = service.get("/v1/powers").json["items"]
        kinds = [Type(service, power["type"], power["department"]) for power in powers]
        slugs = {one["type"] for one in service.get("/v1/types").json["items"]}
        tally.equal("every type has a department", {kind.slug for kind in kinds}, slugs)
        tally.equal("there are twelve", len(slugs), 12)
        for kind in kinds:
            with tally.part(kind.slug):
                catalogue(kind)
                bad_input(kind)
                if not kind.whole["direct"]:
                    needs_a_case(kind)
                    continue
                request = kind.request()
                issued = kind.issue(request)
                shown(kind, issued, request)
                one_row(kind, issued, request)
                pages(kind, issued, request)
                acts(kind, issued)
        until(lambda: run("audit", "replay", "--from", service.url).returncode == 0, 10)
        replay = run("audit", "replay", "--from", service.url, "--json")
        summary = json.loads(replay.stdout.strip().splitlines()[-1])
        tally.equal("the ledger holds", (replay.returncode, summary["holds"]), (0, True))
        direct = {kind.slug for kind in kinds if kind.whole["direct"]}
        tally.equal("ten of them are issued directly", len(direct), 10)
        tally.equal("and the ledger has each of these", set(summary["licences"]["by_type"]), direct)
    tally.end()


if __name__ == "__main__":
    main()
