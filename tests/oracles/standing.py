"""Proofs of how licences stood, from a running service over two anchors and from a copy of its ledger: read, hashed and judged by code of its
own (tests/law0), which makes the anchored roots again from the entries too, and agrees with the program about every time and every change.

    python3 tests/oracles/standing.py

Standard library only.
"""

import base64
import json
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "law0"))

import rehash
import standing_proof
from canonical import Refused as NotCanonical
from note import Refused
from service import Service, Tally, business, home, run, until

tally = Tally()
CHANCE = random.Random(20261128)
EVERY = 4096


def grow(service, size):
    """Issues until the ledger has so many entries."""
    while (now := service.get("/readyz").json["ledger_size"]) < size:
        service.batch([business(f"企业{now + n}") for n in range(min(1000, size - now))])


def path(handle):
    return f"/v1/licences/{handle}/standing-proof"


def covers(service, handle, size):
    """Whether the service's proof is from an anchor of so many entries."""
    answer = service.get(path(handle))
    return answer.status == 200 and f'"size":{size}' in anchor_of(answer.body.decode())


def anchor_of(text):
    """The entry that anchors, as text."""
    return standing_proof.parse(text)[2][-1].extra.decode()


def act(service, handle, verb, **body):
    answer = service.post(f"/v1/licences/{handle}/{verb}", {"reason": "核查", **body}, who="market-regulation")
    tally.equal(f"{verb}", answer.status, 200)


class Judges:
    """The program, and this: they must agree."""

    def __init__(self, folder, vkey):
        self.folder, self.vkey, self.key = folder, vkey, vkey.read_text().split()[0]

    def program(self, text, *more):
        file = self.folder / "proof"
        file.write_text(text, "utf-8")
        found = run("ledger", "standing", file, "--vkey", self.vkey, "--json", *more)
        return found.returncode, json.loads(found.stdout)

    def other(self, text):
        try:
            return standing_proof.shown(text, self.key)
        except (Refused, NotCanonical, ValueError, KeyError, TypeError):
            return None

    def times(self, what, text, expected):
        shown = self.other(text)
        tally.check(f"{what}: shown", shown is not None)
        tally.equal(f"{what}: how it stood", [standing for _, _, standing in shown.events], expected)
        asked = {moment(time, by) for _, time, _ in shown.events for by in (-1, 0, 1)}
        asked |= {moment(shown.until, -1), shown.until, moment(shown.until, 1)}
        for time in sorted(asked):
            code, said = self.program(text, "--at", time)
            try:
                standing = shown.at(time) or "not_entered"
            except Refused:
                standing = "cannot_tell"
            void = "rescinded" in [standing for _, _, standing in shown.events]
            wanted = {"cannot_tell": 11, "valid": 10 if void else 0}.get(standing, 10)
            tally.equal(f"{what}: at {time}", (code, said["standing"]), (wanted, standing))
        code, said = self.program(text)
        tally.equal(f"{what}: at its end", (said["standing"], said["until"]), (expected[-1], shown.until))
        return shown

    def witnessed(self, text):
        """Beside a witness that cosigned before the proof's end, nothing is told of what lies between."""
        shown = self.other(text)
        seconds = int(at_utc(shown.events[0][1]).timestamp()) + 1
        vkey, line = cosigned(self.folder, shown.note, seconds)
        policy = self.folder / "policy"
        policy.write_text(f"witness W {vkey}\nquorum W\n", "utf-8")
        quorum = moment("1970-01-01T00:00:00.000Z", 1000 * seconds)
        both = standing_proof.shown(text + line, self.key, [vkey])
        tally.check("the quorum was before the end", quorum < shown.until, (quorum, shown.until))
        for time in sorted({shown.events[0][1], quorum, moment(quorum, 1), moment(shown.until, -1), shown.until}):
            code, said = self.program(text + line, "--policy", policy, "--at", time)
            try:
                standing = both.at(time, quorum)
            except Refused:
                standing = "cannot_tell"
            tally.equal(f"witnessed at {quorum}: at {time}", said["standing"], standing)
            tally.equal(f"witnessed at {quorum}: the exit code at {time}", code == 11, standing == "cannot_tell")
        _, said = self.program(text + line, "--policy", policy)
        tally.equal("with nothing asked, at the quorum", (said["at"], said["times"]), (quorum, "witnessed"))
        tally.equal("and proved until then", (said["until"], said["end"]), (moment(quorum, 1), shown.until))
        code, said = self.program(text, "--policy", policy, "--at", shown.events[0][1])
        told = (code, said["standing"], said["witnessed"]["code"])
        tally.equal("without the witness's line, nothing", told, (11, "cannot_tell", "awaited"))
        tally.equal("until no time", (said["until"], said["end"]), (None, shown.until))
        tally.equal("without a policy, the ledger's word", self.program(text + line)[1]["times"], "ledger")

    def changed(self, text):
        """Changes of chance: neither takes them, and both take what was not changed."""
        lines = text.split("\n")
        for _ in range(60):
            spoiled = list(lines)
            at = CHANCE.randrange(len(lines) - 1)
            line = spoiled[at]
            match CHANCE.randrange(4):
                case 0:
                    del spoiled[at]
                case 1 if not line.startswith("— "):  # a signature may stand there twice
                    spoiled.insert(at, line)
                case 2:
                    other = CHANCE.randrange(len(lines) - 1)
                    spoiled[at], spoiled[other] = spoiled[other], line
                case 3 if line:
                    place = CHANCE.randrange(len(line))
                    spoiled[at] = line[:place] + CHANCE.choice("A0f{") + line[place + 1 :]
            if spoiled == lines:
                continue
            bad = "\n".join(spoiled)
            code, said = self.program(bad)
            tally.check(f"line {at} changed", code == 12 and not said["proved"] and self.other(bad) is None, (code, said))


def cosigned(folder, note, seconds):
    """The verifier key of a new witness, and its line (C2SP tlog-cosignature) under a note; keys and signature by openssl."""
    key, public, message, signature = (folder / f"witness.{name}" for name in ("key", "public", "message", "signature"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", public], check=True)
    named = b"\x04" + public.read_bytes()[-32:]
    key_id = sha256(b"w.example\n" + named).digest()[:4]
    message.write_text(f"cosignature/v1\ntime {seconds}\n{note.rpartition(chr(10) * 2)[0]}\n", "utf-8")
    subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", message, "-out", signature], check=True)
    line = key_id + seconds.to_bytes(8, "big") + signature.read_bytes()
    return f"w.example+{key_id.hex()}+{base64.b64encode(named).decode()}", f"— w.example {base64.b64encode(line).decode()}\n"


def at_utc(time):
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def moment(time, by):
    """So many milliseconds later."""
    at = at_utc(time) + timedelta(milliseconds=by)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def service_and_copy(folder):
    with Service(folder / "authority", "--address-rate", "0") as service:
        vkey = folder / "vkey"
        vkey.write_bytes(service.get("/ledger/vkey").body)
        judges = Judges(folder, vkey)
        one, two, three = (service.issue(business(name))["handle"] for name in "甲乙丙")
        refused = service.get(path(one))
        tally.check("before the first anchor it is said when it comes", refused.problem == "no-standing-proof" and "4096" in refused.json["detail"], refused)
        act(service, one, "suspend")
        act(service, two, "end", act="rescinded")
        grow(service, EVERY + 1)
        tally.check("anchored", until(lambda: covers(service, one, EVERY), 60), service.get(path(one)))
        early = service.get(path(one)).body.decode()
        judges.times("suspended", early, ["valid", "suspended"])
        judges.times("rescinded", service.get(path(two)).body.decode(), ["valid", "rescinded"])
        judges.times("untouched", service.get(path(three)).body.decode(), ["valid"])
        act(service, one, "reinstate")
        replaced = service.post(f"/v1/licences/{three}/replace", {"reason": "变更", "cause": "changed", "licence": business("丁")},
                                who="market-regulation").json["issued"]["handle"]
        act(service, one, "suspend")
        late = service.issue(business("戊"))["handle"]
        tally.equal("what came after the anchor has none", service.get(path(late)).problem, "no-standing-proof")
        grow(service, 2 * EVERY + 1)
        tally.check("anchored again", until(lambda: covers(service, one, 2 * EVERY), 60), service.get(path(one)))
        second = service.get(path(one)).body.decode()
        judges.times("reinstated and suspended again", second, ["valid", "suspended", "valid", "suspended"])
        judges.times("replaced", service.get(path(three)).body.decode(), ["valid", "changed"])
        judges.times("what replaced it", service.get(path(replaced)).body.decode(), ["valid"])
        judges.times("the early proof is what it was", early, ["valid", "suspended"])
        judges.changed(second)
        judges.witnessed(second)
        end = judges.other(second).until
        tally.equal("a time at its end is refused", service.get(f"{path(one)}?at={end}").problem, "no-standing-proof")
        tally.equal("one before is not", service.get(f"{path(one)}?at={moment(end, -1)}").status, 200)
        copied(folder, service, judges, {handle: service.get(path(handle)).body.decode() for handle in (one, two, three, late)})
        service.stop()
    restarted(service, one, second)


def copied(folder, service, judges, served):
    export = folder / "export"
    found = run("ledger", "export", "--from", service.url, export)
    tally.equal(f"exported {found.stderr}", found.returncode, 0)
    size = int((export / "checkpoint").read_text().split("\n")[1])
    origin = (export / "checkpoint").read_text().split("\n")[0]
    entries = [json.loads(entry) for entry in rehash.entries(export, size)]
    anchors = [entry["body"] for entry in entries if entry["kind"] == "state.anchored"]
    tally.equal("two anchors", [anchor["size"] for anchor in anchors], [EVERY, 2 * EVERY])
    for anchor in anchors:
        made = standing_proof.root_of(origin, entries, anchor["size"])
        tally.equal(f"the root at {anchor['size']}, made again", made.hex(), anchor["root"])
    for handle, proof in served.items():
        found = run("ledger", "prove-standing", "--from", export, "--vkey", judges.vkey, handle)
        same = found.stdout.split("\n\n")[0] == proof.split("\n\n")[0]
        tally.check("a copy proves what the service proves", found.returncode == 0 and same and judges.other(found.stdout), found)
    unknown = run("ledger", "prove-standing", "--from", export, "01997000-0000-7000-8000-00000000000a")
    tally.equal("what was never entered is not found", unknown.returncode, 20)


def restarted(service, handle, proof):
    with service:
        again = until(lambda: service.get(path(handle)).status == 200, 60)
        same = service.get(path(handle)).body.decode().split("\n\n")[0] == proof.split("\n\n")[0]
        tally.check("after a restart it is proved as before", again and same)


def main():
    with home() as folder:
        with tally.part("proofs of standing"):
            service_and_copy(folder)
    tally.end()


if __name__ == "__main__":
    main()
