"""Clients that public generators make from our OpenAPI document: one in Python that issues, verifies and acts against
the running service, and types in TypeScript that the compiler holds a caller to.

    client.py NODE_MODULES      Run with a Python that has tests/requirements.txt.
"""

import importlib
import io
import json
import pkgutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))
from service import PROJECT, Service, Tally, until  # noqa: E402

HERE = PROJECT / "tests/api"
TOOLS = Path(sys.executable).parent
REQUEST = json.loads((PROJECT / "schemas/issue-request.schema.json").read_text())["examples"][0]


def run(*command, **options):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=600, **options)


def document_is_sound(tally, document):
    ran = run(TOOLS / "openapi-spec-validator", "--schema", "3.1", document)
    tally.check("openapi-spec-validator takes the document", ran.returncode == 0, ran.stdout + ran.stderr)


def generated(tally, document, home):
    """The package, imported whole."""
    ran = run(TOOLS / "openapi-python-client", "generate", "--path", document, "--output-path", home / "generated",
              "--meta", "none", "--config", HERE / "python-client.yaml", cwd=home)
    said = ran.stdout + ran.stderr
    tally.check("openapi-python-client makes a client", ran.returncode == 0, said)
    tally.check("and passes nothing over", "WARNING" not in said and "Unable" not in said, said)
    sys.path.insert(0, str(home))
    package = importlib.import_module("generated")
    names = [found.name for found in pkgutil.walk_packages(package.__path__, "generated.")]
    for name in names:
        importlib.import_module(name)
    operations = sum(len(item) for item in json.loads(document.read_text())["paths"].values())
    modules = [name for name in names if name.count(".") == 3 and name.startswith("generated.api.")]
    tally.equal("one function an operation", len(modules), operations)


class Caller:
    """Calls operations of the generated client."""

    def __init__(self, url, token=None):
        client = importlib.import_module("generated.client")
        self.client = client.AuthenticatedClient(url, token) if token else client.Client(url)

    def __call__(self, tag, operation, *parts, **given):
        module = importlib.import_module(f"generated.api.{tag}.{operation}")
        return module.sync_detailed(*parts, client=self.client, **given)


def model(name, value):
    module = importlib.import_module("generated.models")
    return getattr(module, name).from_dict(value)


def issues_verifies_and_acts(tally, service):
    token = (service.keys / "tokens/market-regulation.token").read_text().strip()
    department, anyone = Caller(service.url, token), Caller(service.url)
    body = model("IssueRequest", REQUEST)

    dry = department("licences", "issue_licence", body=body, dry_run=True)
    tally.check("a dry run is read", dry.status_code == 200 and dry.parsed.handle is None, dry)
    first = department("licences", "issue_licence", body=body, idempotency_key="client-1")
    tally.check("a licence is issued", first.status_code == 201 and first.parsed.entry.index > 0, first)
    again = department("licences", "issue_licence", body=body, idempotency_key="client-1")
    tally.equal("once under one key", again.parsed.handle, first.parsed.handle)
    handle = first.parsed.handle

    question = model("VerificationRequest", {"evidence": first.parsed.credential, "expect": {"type": "business-licence"}})
    report = anyone("verification", "verify", body=question).parsed
    tally.equal("it is valid and accepted", (report.verdict.value, report.accepted), ("valid", True))
    tally.equal("seven findings in order", [finding.check.value for finding in report.findings],
                ["signature", "issuer", "power", "ledger", "validity", "status", "holder"])

    reason = model("ActRequest", {"reason": "检查"})
    acted = department("licences", "suspend_licence", handle, body=reason)
    tally.equal("it is suspended", acted.parsed.standing.value, "suspended")
    report = anyone("verification", "verify", body=question, accept_language="en").parsed
    tally.equal("and no more valid", (report.verdict.value, report.reason.code.value), ("not_valid", "suspended"))
    acted = department("licences", "reinstate_licence", handle, body=reason)
    tally.equal("it is reinstated", acted.parsed.standing.value, "valid")
    replacing = model("ReplaceRequest", {"cause": "changed", "reason": "变更", "licence": REQUEST})
    replaced = department("licences", "replace_licence", handle, body=replacing)
    tally.check("it is replaced", replaced.parsed.standing.value == "changed" and replaced.parsed.issued.credential, replaced)
    ending = model("EndRequest", {"act": "cancelled", "reason": "注销"})
    ended = department("licences", "end_licence", replaced.parsed.issued.handle, body=ending)
    tally.equal("the new one is cancelled", ended.parsed.standing.value, "cancelled")

    shown = department("licences", "show_licence", handle).parsed
    tally.equal("its history", [event.standing.value for event in shown.history],
                ["valid", "suspended", "valid", "changed"])
    page = department("licences", "list_licences", reference="R-1").parsed
    tally.equal("both are found", sorted(str(item.handle) for item in page.items),
                sorted([str(handle), str(replaced.parsed.issued.handle)]))
    again = department("licences", "show_credential", handle).content.decode()
    tally.equal("the credential again", again, first.parsed.credential)

    lines = "".join(json.dumps({**REQUEST, "reference": f"R-{number}"}) + "\n" for number in (7, 8)) + "nonsense\n"
    sent = importlib.import_module("generated.types").File(payload=io.BytesIO(lines.encode()))
    answered = department("licences", "issue_licences", body=sent, brief=True).content.splitlines()
    model_of = importlib.import_module("generated.models").IssuedBrief
    told = [json.loads(line) for line in answered]
    tally.equal("a batch is answered line by line", [model_of.from_dict(line["issued"]).reference for line in told[:2]], ["R-7", "R-8"])
    tally.equal("and its bad line with a problem", model("Problem", told[2]["problem"]).status, 400)

    wrong = {**REQUEST, "holders": [{**REQUEST["holders"][0], "code": "91430700MA4PBKBQ49"}]}
    refused = department("licences", "issue_licence", body=model("IssueRequest", wrong))
    tally.equal("a problem is read", (refused.status_code, refused.parsed.pointer), (422, "/holders/0/code"))
    stranger = Caller(service.url, "none")("licences", "list_licences")
    tally.equal("and so is one for a stranger", (stranger.status_code, stranger.parsed.status), (401, 401))
    for tag, operation, some in [("catalogue", "list_types", "items"), ("catalogue", "list_departments", "items"),
                                 ("catalogue", "list_powers", "items"), ("status", "list_status_lists", "status_lists")]:
        answered = anyone(tag, operation)
        if operation == "list_status_lists":
            # A list is published within a tick of its first place.
            until(lambda: getattr(anyone(tag, operation).parsed, some))
            answered = anyone(tag, operation)
        tally.check(f"{operation} is read", answered.status_code == 200 and getattr(answered.parsed, some), answered)


def types_hold(tally, document, node_modules, home):
    """The compiler takes the caller as it is and refuses it with one thing wrong."""
    made = run("node", node_modules / "openapi-typescript/bin/cli.js", document, "-o", home / "service.d.ts", cwd=home)
    tally.check("openapi-typescript makes types", made.returncode == 0, made.stdout + made.stderr)
    caller = (HERE / "caller.ts").read_text()
    for what, text, good in [
        ("a caller", caller, True),
        ("a caller with another act", caller.replace('"cancelled"', '"deleted"'), False),
        ("a caller without a reason", caller.replace("reason:", "reasons:"), False),
        ("a caller that trusts what may be null", caller.replace("licence?.", "licence."), False),
    ]:
        (home / "caller.ts").write_text(text)
        ran = run("node", node_modules / "typescript/bin/tsc", "--noEmit", "--strict", "--lib", "es2022", "caller.ts", cwd=home)
        tally.equal(f"tsc and {what}", ran.returncode == 0, good) or print(ran.stdout)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        service = Service(home / "service").start()
        try:
            document = home / "openapi.json"
            with urllib.request.urlopen(f"{service.url}/openapi.json") as served:
                document.write_bytes(served.read())
            with tally.part("the document"):
                document_is_sound(tally, document)
            with tally.part("a client in Python"):
                generated(tally, document, home)
                issues_verifies_and_acts(tally, service)
            with tally.part("types in TypeScript"):
                types_hold(tally, document, Path(sys.argv[1]).resolve(), home)
        finally:
            tally.equal("the service stops in order", service.stop(), 0)
    tally.end()


main()
