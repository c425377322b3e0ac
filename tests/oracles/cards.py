"""Cards by the built program: rules published by command, cards entered by the service over cases that officers decide, a kill and a restore in
between, an answer ordered, given and released, by command and with openssl alone; then the whole ledger is judged by the law in a second language, which
also says what each card is of.

    python3 tests/oracles/cards.py

Standard library and openssl.
"""

import json
import re
import shutil
import sys
import time
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "law0"))

import canonical
from law import Ledger
from officer import APPLICATION, LEAD, OTHER, Officer, decoded, entries
from service import Service, Tally, home, run

tally = Tally()
# The second signature within an hour stops; nothing else is looked at but what is late.
CHANGED = {
    "signatures_an_hour = { yellow = 60, red = 120 }": "signatures_an_hour = { yellow = 1, red = 2 }",
    "hasty_minutes = 10": "hasty_minutes = 0",
}


def publish(service, folder):
    text = run("supervision", "rules").stdout
    for old, new in CHANGED.items():
        tally.check("the rules can be changed", old in text)
        text = text.replace(old, new)
    # Whatever day and hour it is where this runs.
    text = re.sub(r'\[\[cards\]\]\nrule = "off-hours".*?\n\n', "", text, flags=re.DOTALL)
    rules = folder / "rules.toml"
    rules.write_text(text, encoding="utf-8")
    common = ["--to", service.url, "--token", service.token_file("operator"), "--json", "--lang", "en"]
    bad = folder / "bad.toml"
    bad.write_text("limits = 3\n")
    refused = run("supervision", "publish", bad, *common, cwd=folder)
    tally.check("what are no rules is refused by name", refused.returncode != 0 and "/supervision/rules" in refused.stdout + refused.stderr)
    tried = run("supervision", "publish", rules, "--dry-run", *common, cwd=folder)
    tally.equal("a dry run", tried.returncode, 0)
    done = run("supervision", "publish", rules, *common, cwd=folder)
    tally.check("rules are published", done.returncode == 0 and json.loads(done.stdout)["done"], done.stdout + done.stderr)
    return sha256(rules.read_bytes()).hexdigest()


def decided(service, intake, examiner, signer):
    case = service.post("/v1/cases", APPLICATION, who=LEAD).json["case"]
    for officer, verb, *words in ((intake, "accept"), (examiner, "examine", "--opinion", "grant", "--reason", "材料齐全")):
        tally.equal(verb, officer.cli(service, verb, case, *words).returncode, 0)
    return case, signer.cli(service, "decide", case, "--outcome", "granted", "--reason", "准予许可")


def cards(service, *words):
    done = run("card", "list", "--from", service.url, *words, "--json")
    return json.loads(done.stdout)["items"]


def awaited(service, count):
    """The service enters cards at its ticks."""
    deadline = time.monotonic() + 60
    while len(cards(service)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    found = cards(service)
    tally.equal(f"{count} cards are entered", len(found), count)
    return found


def step(service, officer, verb, card, *words):
    return run("card", verb, str(card), "--officer", officer.file, *words, "--to", service.url, "--token",
               service.token_file(officer.department), "--json", "--lang", "en")


def release_with_openssl(service, officer, card):
    """Asked, read, signed by openssl, sent."""
    body = {"officer": officer.id}
    path = f"/v1/cards/{card}/release"
    sign = service.post(path, body, who=officer.department).json["sign"]
    head, said = decoded(sign["statement"]).rsplit(b"\n", 1)
    tally.equal("what is to be signed names its kind", head.split(b"\n")[0], b"vidimus/statement/card.released/v1")
    tally.equal("and the card", json.loads(said)["body"]["card"], card)
    body |= {"not_after": sign["not_after"], "signature": officer.sign(decoded(sign["statement"]) + b" ")}
    refused = service.post(path, body, who=officer.department)
    tally.equal("a signature over other bytes is refused", (refused.status, refused.json["pointer"]), (422, "/signature"))
    body["signature"] = officer.sign(decoded(sign["statement"]))
    done = service.post(path, body, who=officer.department)
    tally.equal("released", (done.status, done.json["card"]["state"]), (201, "released"))
    again = service.post(path, body, who=officer.department)
    tally.equal("asked again, the same", (again.status, again.json["entry"]), (201, done.json["entry"]))


def judged_again(export, rules):
    """The second law says yes to every entry; what each card is."""
    blobs = {path.name: path.read_bytes() for path in (export / "blob/sha256").iterdir()}
    tally.check("the rules are a file of the ledger", rules in blobs)
    ledger, raised = Ledger(blobs), []
    for index, entry in enumerate(entries(export)):
        answer = ledger.judge(entry)
        if answer != "accepted":
            tally.equal(f"the second law on entry {index}", answer, "accepted")
        read = json.loads(entry)
        if read["kind"] == "card.raised":
            raised.append(read["body"])
    tally.check("the second law judged the whole ledger", len(ledger.leaves) > 0)
    return ledger, raised


def main():
    with home() as folder:
        service = Service(folder / "authority").start()
        intake = Officer(tally, service, folder, "intake", LEAD, "intake,examiner")
        examiner = Officer(tally, service, folder, "examiner", LEAD, "examiner")
        signer = Officer(tally, service, folder, "signer", LEAD, "signer")
        own = Officer(tally, service, folder, "own", LEAD, "supervisor")
        elsewhere = Officer(tally, service, folder, "elsewhere", OTHER, "supervisor", by_openssl=True)
        nothing = run("card", "list", "--from", service.url, "--json")
        tally.equal("no cards before there are rules", (nothing.returncode, json.loads(nothing.stdout)["items"]), (20, []))

        with tally.part("raised"):
            rules = publish(service, folder)
            # Signatures are counted by the hour: both are to lie in one.
            if time.time() % 3600 > 3540:
                time.sleep(3601 - time.time() % 3600)
            _, done = decided(service, intake, examiner, signer)
            tally.equal("decided", done.returncode, 0)
            case, done = decided(service, intake, examiner, signer)
            tally.equal("and once more", done.returncode, 0)
            # Killed before, while or after it enters them.
            service.kill()
            service.start()
            first, second = awaited(service, 2)
            tally.equal("a warning, then an alarm", [card["colour"] for card in (first, second)], ["yellow", "red"])
            tally.equal("which stops", (first["stops"], second["stops"]), (False, True))
            stopped = signer.cli(service, "decide", case, "--outcome", "refused", "--reason", "更正")
            tally.check("who is stopped does not decide", stopped.returncode == 1 and "card 2" in stopped.stdout + stopped.stderr, stopped.stderr)

        with tally.part("followed"):
            wrong = step(service, own, "order", 2, "--within", "5")
            tally.equal("no supervisor orders his own department", wrong.returncode, 1)
            bad = step(service, elsewhere, "order", 2, "--within", "0")
            tally.check("no order within no day", bad.returncode != 0 and "/within" in bad.stdout + bad.stderr, bad.stdout)
            done = step(service, elsewhere, "order", 2, "--within", "5", "--dry-run")
            tally.equal("a dry run enters nothing", (done.returncode, json.loads(done.stdout)["entry"]), (0, None))
            done = step(service, elsewhere, "order", 2, "--within", "5")
            tally.check("ordered by command", done.returncode == 0 and "card.ordered" in done.stderr, done.stderr)
            shown = json.loads(run("card", "show", "2", "--from", service.url, "--json").stdout)
            tally.equal("there is a last day", (shown["state"], len(shown["due"])), ("ordered", 10))
            done = step(service, own, "answer", 2, "--outcome", "accountable")
            tally.equal("answered by command", done.returncode, 0)
            release_with_openssl(service, elsewhere, 2)
            tally.equal("only one is open", [card["card"] for card in cards(service, "--open")], [1])
            done = signer.cli(service, "decide", case, "--outcome", "granted", "--reason", "准予许可")
            tally.equal("he may sign again", done.returncode, 0)
            told = run("card", "list", "--from", service.url, "--lang", "zh").stdout
            tally.check("told in Chinese", "红牌" in told and "已解除" in told, told)

        with tally.part("backup and restore"):
            service.stop()
            backup = folder / "backup"
            done = run("backup", backup, "--data", service.data, "--json", "--lang", "en")
            tally.equal("a backup", done.returncode, 0)
            done = run("restore", backup, "--data", folder / "restored", "--keys", service.keys, "--json", "--lang", "en")
            tally.check("restored", done.returncode == 0, done.stdout + done.stderr)
            before = service.data.with_name("before")
            shutil.move(service.data, before)
            shutil.copytree(folder / "restored", service.data)
            service.start()
            tally.equal("the cards are there", [card["state"] for card in cards(service)[:2]], ["raised", "released"])

        with tally.part("replayed"):
            live = service.issue()
            done = run("audit", "replay", "--from", service.url, "--json")
            summary = json.loads(done.stdout.splitlines()[-1])
            tally.equal("the auditor's replay holds", done.returncode, 0)
            tally.equal("and raises the same cards", (summary["cards"]["released"], summary["cards"]["pending"]), (1, 0))
            export = folder / "export"
            tally.equal("exported", run("ledger", "export", export, "--from", service.url, "--json").returncode, 0)
            ledger, raised = judged_again(export, rules)
            tally.equal("numbers without a gap", [card["card"] for card in raised], list(range(1, len(raised) + 1)))
            facts = [sha256(canonical.write({"count": count})).hexdigest() for count in (1, 2)]
            tally.equal("the figures are those", [card["facts"] for card in raised[:2]], facts)
            done = run("trust", "export", service.url, folder / "trust", "--json")
            tally.equal("a trust folder of it", done.returncode, 0)
            evidence = folder / "one.vidimus.json"
            evidence.write_text(json.dumps({"credential": live["credential"], "receipt": live["receipt"]}))
            done = run("verify", "--offline", "--trust", folder / "trust", evidence, "--json", "--lang", "en")
            tally.check("by which a licence is verified", done.returncode == 0, done.stdout + done.stderr)
        service.stop()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
