"""Content by the built program: rules published by command, licences that lack something, contradict each other or are one too many, found by the
service through a kill; then the ledger is replayed without the vault and with it, and with one that lacks a licence. What an entry says of
it is computed again here, by HMAC alone.

    python3 tests/oracles/content.py

Standard library and openssl.
"""

import datetime
import hmac
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "law0"))

import base64url
import canonical
from law import Ledger
from officer import entries
from service import Service, Tally, business, home, run

tally = Tally()


def firm(name, **claims):
    whole = {
        "established": "2018-01-15", "kind": "有限责任公司", "scope": "餐饮服务", "address": "样例市青年路1号",
        "legal_representative": "李样例",
    }
    said = {claim: value for claim, value in (whole | claims).items() if value is not None}
    return business(name, claims=said)


def publish(service, folder):
    rules = folder / "rules.toml"
    rules.write_text(run("supervision", "rules").stdout, encoding="utf-8")
    done = run("supervision", "publish", rules, "--to", service.url, "--token", service.token_file("operator"), "--json", "--lang", "en")
    tally.check("rules are published", done.returncode == 0 and json.loads(done.stdout)["done"], done.stdout + done.stderr)


def cards(service):
    return json.loads(run("card", "list", "--from", service.url, "--json").stdout)["items"]


def awaited(service, count):
    deadline = time.monotonic() + 60
    while len(cards(service)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return cards(service)


def findings(export):
    """The findings of an exported ledger, each with its index; and the second law's word on every entry."""
    blobs = {path.name: path.read_bytes() for path in (export / "blob/sha256").iterdir()}
    ledger, found = Ledger(blobs), []
    for index, entry in enumerate(entries(export)):
        answer = ledger.judge(entry)
        if answer != "accepted":
            tally.equal(f"the second law on entry {index}", answer, "accepted")
        read = json.loads(entry)
        if read["kind"] == "content.found":
            found.append(read["body"])
    return found


def commitment(handle, salt, rows):
    """Law 0, section 11, of the field `content`."""
    said = f"vidimus/commit/content/v1\n{handle}\n".encode() + canonical.write(rows)
    return hmac.new(base64url.decode(salt), said, "sha256").hexdigest()


def replay(source, *words):
    done = run("audit", "replay", "--from", source, *words, "--json", "--lang", "en")
    summary = json.loads(done.stdout.splitlines()[-1])
    tally.check("it is a summary", "content" in summary, done.stdout[-2000:])
    return done.returncode, summary


def main():
    with home() as folder:
        service = Service(folder / "authority").start()
        service.issue(firm("样例市从前有限公司", address=None))
        publish(service, folder)
        first = service.issue(firm("样例市青山有限公司", scope=None))["handle"]
        service.kill()
        service.start()
        # Dated ahead, and looked at all the same.
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
        ahead = {"valid_from": str(today + datetime.timedelta(days=7)), "valid_until": None}
        second = service.issue(firm("样例市绿水有限公司") | ahead)["handle"]

        with tally.part("found"):
            told = [(card["rule"], card["colour"], card["about"]["licence"]) for card in awaited(service, 5)]
            old = ("contradiction", "yellow")
            expected = [
                (*old, first), ("duplicate", "red", first), ("missing-field", "yellow", first), (*old, second), ("duplicate", "red", second),
            ]
            tally.equal("a card for each rule that found something", told, expected)

        export = folder / "export"
        tally.equal("exported", run("ledger", "export", export, "--from", service.url, "--json").returncode, 0)
        with tally.part("entered"):
            found = findings(export)
            tally.equal("one entry for each licence", [(one["content"], one["licence"]) for one in found], [(1, first), (2, second)])
            kinds = [json.loads(entry)["kind"] for entry in entries(export)]
            tally.equal("a card leads to its entry", {kinds[card["at"]] for card in cards(service)}, {"content.found"})
            tally.equal("rules by name, and no other licence", [one["rules"] for one in found],
                        [["contradiction", "duplicate", "missing-field"], ["contradiction", "duplicate"]])
            opened = service.get(f"/v1/licences/{second}/opening", who="market-regulation").json
            begun = {json.loads(entry)["body"].get("handle"): None for entry in entries(export)}
            others = [handle for handle in begun if handle and handle != second]
            rows = [{"at": "", "other": other, "rule": "duplicate"} for other in others]
            rows += [{"at": "/holders/0/name", "other": other, "rule": "contradiction"} for other in others]
            rows.append({"at": "/claims/address", "other": others[0], "rule": "contradiction"})
            good = [sorted(some, key=canonical.write) for some in (rows[:-1], rows)]
            makes = {commitment(second, opened["salt"], some) for some in good}
            tally.check("who is shown the opening cannot find out which other licence it was", found[1]["facts"] not in makes, found[1]["facts"])

        with tally.part("replayed"):
            code, summary = replay(service.url)
            tally.equal("without the vault it is said", (code, summary["content"]), (0, {"found": 2, "recomputed": None}))
            service.stop()
            vault = ("--vault", service.data, "--keys", service.keys)
            code, summary = replay(export, *vault)
            whole = {"opened": 3, "erased": 0, "missing": 0, "judged": 2, "partly": 0, "beyond": 0, "pending": 0}
            tally.equal("with it every finding is made again", (code, summary["content"]["recomputed"]), (0, whole))
            clear = folder / "found.jsonl"
            code, _ = replay(export, *vault, "--found", clear)
            lines = [json.loads(line) for line in clear.read_text(encoding="utf-8").splitlines()]
            tally.equal("what was found is told in the clear", (code, [(line["content"], line["licence"]) for line in lines]), (0, [(1, first), (2, second)]))
            tally.equal("to its owner alone", clear.stat().st_mode & 0o777, 0o600)
            tally.check("it is what the rules find", lines[1]["found"] in good, lines[1]["found"])
            for line, entered in zip(lines, found):
                tally.equal("what it went by is what it commits to", commitment(line["licence"], line["salt"], line["found"]), entered["facts"])
            (folder / "nothing").mkdir()
            refused = run("audit", "replay", "--from", folder / "nothing", *vault, "--found", clear, "--lang", "en")
            tally.check("a file that is there is refused before anything is read", "--found" in refused.stderr, refused.stderr)
            salts = {line["salt"] for line in lines} | {opened["salt"]}
            tally.equal("every salt is another", len(salts), 3)
            told = run("audit", "replay", "--from", export, *vault, "--lang", "zh").stdout
            tally.check("told in Chinese", "重新核算 2 件" in told, told)
            alone = folder / "alone"
            alone.mkdir(mode=0o700)
            shutil.copy2(service.keys / "secrets/epoch-1.pem", alone)
            code, summary = replay(export, "--vault", service.data, "--keys", alone)
            tally.equal("one key is enough", (code, summary["content"]["recomputed"]), (0, whole))
            tally.equal("and nothing is written beside it", [path.name for path in alone.iterdir()], ["epoch-1.pem"])
            wrong = folder / "wrong"
            wrong.mkdir(mode=0o700)
            made = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], capture_output=True, check=True).stdout
            (wrong / "epoch-1.pem").write_bytes(made)
            (wrong / "epoch-1.pem").chmod(0o600)
            for lang, words in (("en", "opens nothing of --vault"), ("zh", "打不开")):
                refused = run("audit", "replay", "--from", export, "--vault", service.data, "--keys", wrong, "--lang", lang)
                tally.check(f"another's key is refused in {lang}", refused.returncode not in (0, 12) and words in refused.stderr, refused.stderr)
            none = run("audit", "replay", "--from", export, "--vault", export, "--keys", service.keys, "--lang", "en")
            tally.check("what is no vault is refused", none.returncode != 0 and "no data directory" in none.stderr, none.stderr)

        with tally.part("not kept"):
            copy = folder / "copy"
            shutil.copytree(service.data, copy)
            service.start()
            third = service.issue(firm("样例市后来有限公司", address=None))["handle"]
            tally.equal("found too", len(awaited(service, 8)), 8)
            later = folder / "later"
            tally.equal("exported again", run("ledger", "export", later, "--from", service.url, "--json").returncode, 0)
            service.stop()
            code, summary = replay(later, *vault)
            tally.equal("with the vault of today all is made again", (code, summary["content"]),
                        (0, {"found": 3, "recomputed": whole | {"opened": 4, "judged": 3}}))
            code, summary = replay(later, "--vault", copy, "--keys", service.keys)
            tally.equal("what a vault does not have is counted", (code, summary["content"]),
                        (12, {"found": 3, "recomputed": whole | {"missing": 1}}))
            bodies = [json.loads(entry)["body"] for entry in entries(later)]
            at = next(index for index, body in enumerate(bodies) if body.get("handle") == third)
            told = [(one["index"], one["rule"]) for one in summary["violations"]]
            tally.equal("and named at its entry: it was not erased", told, [(at, "content")])
            tally.check("with the licence", third in summary["violations"][0]["text"], summary["violations"])
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
