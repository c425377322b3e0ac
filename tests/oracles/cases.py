"""A case from application to rating by officers who hold their own keys, one of them with openssl alone: two departments
approve, a service is killed and a backup restored in between, and in the end the whole ledger is judged by the law in a
second language, which also says who approved what.

    python3 tests/oracles/cases.py

Standard library and openssl.
"""

import hmac
import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "law0"))

import findings
import keys as second_keys
import preimages
from law import Ledger
from officer import APPLICATION, LEAD, OTHER, Officer, decoded, entries
from service import Service, Tally, home, run

tally = Tally()



def post(service, case, step, body, who=LEAD):
    return service.post(f"/v1/cases/{case}/{step}", body, who=who)


def decide_with_openssl(service, case, signer):
    """Prepared, looked at, signed by openssl, sent."""
    body = {"officer": signer.id, "outcome": "granted", "reason": "准予许可"}
    prepared = post(service, case, "decide", body).json["sign"]
    statement = decoded(prepared["statement"])
    head, said = statement.rsplit(b"\n", 1)
    tally.equal("what is to be signed names its kind", head.split(b"\n")[0], b"vidimus/statement/case.decided/v1")
    tally.equal("and the case", json.loads(said)["body"]["case"], case)
    commits = f"vidimus/commit/words/v1\n{case}\n{json.dumps(body['reason'], ensure_ascii=False)}".encode()
    made = hmac.new(decoded(prepared["salt"]), commits, "sha256").hexdigest()
    tally.equal("and commits to these words", json.loads(said)["body"]["commitment"], made)
    wrong = {"prepared": prepared["prepared"], "signature": signer.sign(statement + b" ")}
    refused = post(service, case, "decide", wrong)
    tally.equal("a signature over other bytes is refused", (refused.status, refused.json["pointer"]), (422, "/signature"))
    done = post(service, case, "decide", {"prepared": prepared["prepared"], "signature": signer.sign(statement)})
    tally.equal("decided", (done.status, done.json["state"]), (200, "granted"))


def approve_with_openssl(service, case, officer):
    """What is approved is read from the credential; its digest is computed here."""
    approvals = service.get(f"/v1/cases/{case}", who=officer.department).json["approvals"]
    digest = sha256(approvals["credential"].encode("ascii")).hexdigest()
    tally.equal("the decision is the digest of what is shown", approvals["decision"], digest)
    payload = json.loads(decoded(approvals["credential"].split(".")[1]))
    statement = decoded(approvals["sign"]["statement"])
    body = json.loads(statement.rsplit(b"\n", 1)[1])["body"]
    tally.equal("the statement is over that digest", (body["credential_digest"], body["handle"]), (digest, payload["jti"]))
    given = {"officer": officer.id, "decision": digest, "signature": officer.sign(statement)}
    tally.equal("approved", post(service, case, "approvals", given, who=officer.department).status, 200)


def judged_again(export, names):
    """The second law says yes to every entry; who approved the licences."""
    blobs = {path.name: path.read_bytes() for path in (export / "blob/sha256").iterdir()}
    ledger, approvers = Ledger(blobs), []
    for index, entry in enumerate(entries(export)):
        answer = ledger.judge(entry)
        if answer != "accepted":
            tally.equal(f"the second law on entry {index}", answer, "accepted")
        read = json.loads(entry)
        if read["kind"] == "licence.issued" and "case" in read["body"]:
            statement = preimages.statement(read, ledger.origin)
            for approval in read["body"]["approvals"]:
                good = preimages.good(ledger.keys[approval["key"]]["spki"], statement, approval["sig"])
                approvers.append((names.get(approval["key"]), good))
    tally.equal("the second law judged the whole ledger", len(ledger.leaves) > 0, True)
    return approvers


def main():
    tally.check("the second law's keys are there", hasattr(second_keys, "key_id"))
    with home() as folder:
        service = Service(folder / "authority").start()
        intake = Officer(tally, service, folder, "intake", LEAD, "intake,examiner")
        examiner = Officer(tally, service, folder, "examiner", LEAD, "examiner")
        signer = Officer(tally, service, folder, "signer", LEAD, "signer,examiner", by_openssl=True)
        elsewhere = Officer(tally, service, folder, "elsewhere", OTHER, "signer", by_openssl=True)
        filed = service.post("/v1/cases", APPLICATION, who=LEAD).json
        case = filed["case"]

        with tally.part("steps"):
            tally.equal("accepted by command", intake.cli(service, "accept", case).returncode, 0)
            same = intake.cli(service, "examine", case, "--opinion", "grant", "--reason", "材料齐全")
            tally.check("who accepted does not examine", same.returncode == 1 and "403" in same.stderr + same.stdout, same.stderr)
            done = examiner.cli(service, "examine", case, "--opinion", "grant", "--reason", "材料齐全")
            tally.equal("examined by command", done.returncode, 0)
            tally.check("what is signed is told", "case.examined" in done.stderr, done.stderr)

        service.kill()
        service.start()
        with tally.part("after a kill"):
            decide_with_openssl(service, case, signer)
            approve_with_openssl(service, case, signer)
            missing = post(service, case, "issue", {})
            tally.equal("one of two is not enough", (missing.status, missing.json["type"].rsplit("/")[-1]), (409, "approvals-missing"))

        with tally.part("backup and restore"):
            backup = folder / "backup"
            # At its end a service enters what it refused: a backup of before would be of before.
            service.stop()
            done = run("backup", backup, "--data", service.data, "--json", "--lang", "en")
            tally.check("a backup of a case on its way", done.returncode == 0, done.stdout + done.stderr)
            done = run("restore", backup, "--data", folder / "restored", "--keys", service.keys, "--json", "--lang", "en")
            tally.check("restored", done.returncode == 0, done.stdout + done.stderr)
            shutil.rmtree(service.data)
            shutil.copytree(folder / "restored", service.data)
            service.start()

        with tally.part("to the end"):
            seen = service.get(f"/v1/cases/{case}", who=LEAD).json
            tally.equal("the case is where it was", (seen["state"], len(seen["steps"])), ("granted", 4))
            tally.equal("and so is the approval", [len(asked["given"]) for asked in seen["approvals"]["asked"]], [1, 0])
            approve_with_openssl(service, case, elsewhere)
            issued = post(service, case, "issue", {})
            tally.equal("issued", issued.status, 200)
            report = service.verify(issued.json["issued"]["credential"])
            tally.equal("the licence is valid", report["verdict"], "valid")
            tally.equal("delivered", post(service, case, "deliver", {}).status, 200)
            followed = service.post(f"/track/{filed['number']}", {"code": filed["code"]}).json
            tally.equal("the applicant sees the end", followed["state"], "delivered")
            rating = {"receipt": filed["rating_receipt"], "level": 5}
            tally.equal("rated", service.post(f"/v1/cases/{case}/rating", rating).status, 200)

        with tally.part("replayed"):
            done = run("audit", "replay", "--from", service.url, "--json")
            tally.equal("the auditor's replay holds", done.returncode, 0)
            export = folder / "export"
            done = run("ledger", "export", export, "--from", service.url, "--json")
            tally.equal("exported", done.returncode, 0)
            names = {officer.id: name for name, officer in (("signer", signer), ("elsewhere", elsewhere))}
            approvers = judged_again(export, names)
            tally.equal("who approved, by their keys", sorted(approvers), [("elsewhere", True), ("signer", True)])
        with tally.part("found by an auditor"):
            findings.judge(tally, run, folder, export)
        with tally.part("a backup of what is over"):
            service.stop()
            backup = folder / "backup-of-the-end"
            done = run("backup", backup, "--data", service.data, "--json", "--lang", "en")
            tally.check("backed up", done.returncode == 0, done.stdout + done.stderr)
            done = run("restore", backup, "--data", folder / "restored-again", "--keys", service.keys, "--json", "--lang", "en")
            told = json.loads(done.stdout.splitlines()[-1])
            lost = [told[name] for name in ("words_missing", "words_damaged", "reasons_missing", "reasons_damaged")]
            tally.equal("nothing that was said is missing or refused", (done.returncode, lost), (0, [[], [], [], []]))
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
