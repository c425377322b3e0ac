"""Proofs of how licences stood, from a running service over two anchors and from a copy of its ledger: read, hashed and judged by code of its
own (tests/law0), which makes the anchored roots again from the entries too, and agrees with the program about every time and every change.

    python3 tests/oracles/standing.py

Standard library only.
"""

import json
import random
import sys
from datetime import datetime, timedelta, timezone
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


def moment(time, by):
    """So many milliseconds later."""
    at = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc) + timedelta(milliseconds=by)
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
