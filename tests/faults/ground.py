"""What every fault is tried on, and what may come of it: an authority with a past, copied for each round, and the judge who
says which of the three outcomes a round had:

    a  nothing lost, and going on
    b  reads only, saying why
    c  refusal to start, saying why and what to do

Anything else is a failure: an acknowledged entry that is lost, a wrong answer with status 200, a 500, a panic, a hang, a
start over damage that says nothing. Standard library only; not here: the faults.
"""

import base64
import collections
import concurrent.futures
import json
import os
import random
import shutil
import sys
import threading
from hashlib import sha256
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from rehash import Differs, entries
from service import Service, business, run

WORKERS = 2
# A refusal says what to do in one of these words.
CURES = ("restore", "put ", "free some", "mount", "set the clock", "set it", "wait until", "give ", "name another", "mend",
         "start again", "start once", "own this", "own it", "find out", "begin again", "chmod", "start that version")
seed = int(os.environ.get("VIDIMUS_SEED") or random.SystemRandom().randrange(1 << 32))


class Wrong(Exception):
    """An outcome that must never be."""


class Known:
    """What an authority has promised: entries by index and leaf hash, and what has become of its licences."""

    def __init__(self):
        self.entries, self.standing, self.credentials = {}, {}, {}

    def copy(self):
        other = Known()
        other.entries, other.standing, other.credentials = dict(self.entries), dict(self.standing), dict(self.credentials)
        return other

    def issued(self, answer):
        self.entries[answer["entry"]["index"]] = answer["entry"]["leaf_hash"]
        self.standing[answer["handle"]] = "valid"
        if "credential" in answer:
            self.credentials[answer["handle"]] = answer["credential"]

    def acted(self, answer):
        self.entries[answer["entry"]["index"]] = answer["entry"]["leaf_hash"]
        self.standing[answer["handle"]] = answer["standing"]


class Ground:
    """An authority with a past, at rest, and the table of outcomes."""

    def __init__(self, folder, tally, licences=40):
        self.folder, self.tally = Path(folder), tally
        self.rounds = collections.defaultdict(collections.Counter)
        self.known = Known()
        self.turn = threading.Lock()
        self.copies = 0
        self.home = self.folder / "seed"
        self.vkey = self.folder / "vkey"
        with Service(self.home) as service:
            self.vkey.write_bytes(service.get("/ledger/vkey").body)
            for n in range(3):
                self.known.issued(service.issue(business(f"企业{n}")))
            for result in service.batch([business(f"企业{n}") for n in range(3, licences)], path="/v1/licences/batch"):
                self.known.issued(result["issued"])
            handles = list(self.known.standing)
            for handle, act, body in ((handles[0], "suspend", {"reason": "检查"}), (handles[1], "end", {"reason": "注销", "act": "cancelled"})):
                self.known.acted(service.post(f"/v1/licences/{handle}/{act}", body, who="market-regulation").json)
            if service.stop() != 0:
                raise RuntimeError("the authority did not stop")

    def copy(self):
        """A home of its own for one round."""
        with self.turn:
            self.copies += 1
            place = self.folder / f"round-{self.copies}"
        shutil.copytree(self.home, place, ignore=shutil.ignore_patterns("stderr.log"))
        return place

    def round(self, kind, name, play):
        """One round of a kind: `play(place, known)` answers with an outcome or raises Wrong."""
        place, known = self.copy(), self.known.copy()
        try:
            outcome = play(place, known)
        except Wrong as wrong:
            outcome = "wrong"
            with self.turn:
                self.tally.check(f"{kind}: {name}", False, wrong)
        except Exception as error:  # whatever it is, it is told and counted
            outcome = "wrong"
            with self.turn:
                self.tally.check(f"{kind}: {name} broke off", False, f"{type(error).__name__}: {error}")
        else:
            with self.turn:
                self.tally.check(f"{kind}: {name} ({outcome})", True)
        with self.turn:
            self.rounds[kind][outcome] += 1
        if outcome != "wrong" or not os.environ.get("VIDIMUS_KEEP"):
            shutil.rmtree(place, ignore_errors=True)

    def all(self, kind, plays):
        """Rounds side by side; `plays` are (name, play)."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda one: self.round(kind, *one), plays))

    def judge(self, place, known, lives=True, flags=()):
        """Starts what is left on good ground and says what came of it."""
        service = Service(place, *flags)
        before = len(service.said()) if (place / "stderr.log").exists() else 0
        try:
            service.start()
        except RuntimeError:
            return self.refusal(service, before)
        try:
            outcome = self.alive(service, known)
            need(service.stop() == 0, "it did not stop")
        finally:
            service.__exit__()
        no_panic(service.said())
        need(lives or outcome != "c", outcome)
        return outcome

    def judge_founded(self, place, known):
        """The same for an authority of this round's own founding: its verifier key is its own."""
        own = Ground.__new__(Ground)
        own.vkey = place / "vkey"
        service = Service(place)
        with service:
            own.vkey.write_bytes(service.get("/ledger/vkey").body)
            need(service.stop() == 0, "it did not stop")
        return own.judge(place, known)

    def refusal(self, service, before):
        """A start that was refused: with 1, in words, with a cure, in both languages."""
        said = service.said()[before:]
        need(service.process.returncode == 1, f"ended with {service.process.returncode}: {said[-1500:]}")
        no_panic(said)
        need(any(cure in said.lower() for cure in CURES), f"no cure: {said[-1500:]}")
        return "c"

    def alive(self, service, known):
        """A service that runs: either it goes on, or it reads only and says why."""
        export = service.home / "export"
        shutil.rmtree(export, ignore_errors=True)
        condition = service.get("/v1/operator/condition", who="operator")
        need(condition.status == 200, f"the condition: {condition}")
        readiness = condition.json["readiness"]
        ready = service.get("/readyz")
        need(ready.status in (200, 503), f"/readyz: {ready}")
        if ready.status == 503:
            self.reads_only(service, readiness)
            self.reads(service, known, damaged=True)
            return "b"
        done = run("ledger", "export", export, "--from", service.url)
        need(done.returncode == 0, f"no export: {done.stdout[-500:]} {done.stderr[-500:]}")
        done = run("audit", "replay", "--from", export, "--vkey", self.vkey)
        need(done.returncode == 0, f"replay ends with {done.returncode}: {done.stdout[-800:]} {done.stderr[-500:]}")
        self.holds(export, known)
        self.reads(service, known, damaged=False)
        issued = service.post("/v1/licences", business("之后的企业"), who="market-regulation")
        if issued.status == 503:
            # Damage that nobody had read is met by whoever writes beside it, or by the scrub meanwhile.
            need(service.get("/readyz").status == 503, f"not issued while ready: {issued}")
            condition = service.get("/v1/operator/condition", who="operator")
            self.reads_only(service, condition.json["readiness"])
            self.reads(service, known, damaged=True)
            return "b"
        need(issued.status == 201, f"not issued afterwards: {issued}")
        need(service.verify(issued.json["credential"])["verdict"] == "valid", "what is issued afterwards is not valid")
        return "a"

    def holds(self, export, known):
        """Every promise, against an export."""
        try:
            records = entries(export, int((export / "checkpoint").read_text().split("\n")[1]))
        except Differs as differs:
            raise Wrong(f"the export contradicts itself: {differs}") from None
        leaves = [base64.b64encode(sha256(b"\0" + record).digest()).decode() for record in records]
        lost = [index for index, leaf in known.entries.items() if index >= len(leaves) or leaves[index] != leaf]
        need(not lost, f"acknowledged entries are lost: {lost}")
        handles = collections.Counter(entry["body"]["handle"] for entry in map(json.loads, records) if entry["kind"] == "licence.issued")
        need(max(handles.values(), default=1) == 1, "a handle twice")

    def reads_only(self, service, readiness):
        """Nothing is entered, and it is said why."""
        reasons = [readiness["writing"], readiness["clock"], *readiness["missing_keys"]]
        need(any(reasons), f"not ready, and no reason: {readiness}")
        answer = service.post("/v1/licences", business("不该签发的"), who="market-regulation")
        need(answer.status == 503 and answer.problem == "not-ready", f"issuing while not ready: {answer}")

    def reads(self, service, known, damaged):
        """Reading and verifying go on: right, or (where data is damaged) 503, never wrong."""
        for handle in [*list(known.standing)[:6], *list(known.standing)[-3:]]:
            shown = service.get(f"/v1/licences/{handle}", who="market-regulation")
            if shown.status == 200:
                need(shown.json["standing"] == known.standing[handle], f"{handle} is {shown.json['standing']}, not {known.standing[handle]}")
            else:
                need(damaged and shown.status == 503, f"reading a licence: {shown}")
            if handle not in known.credentials:
                continue
            report = service.post("/v1/verifications", {"evidence": known.credentials[handle]})
            if report.status == 200:
                expected = "valid" if known.standing[handle] == "valid" else "not_valid"
                need(report.json["verdict"] == expected or (damaged and report.json["verdict"] == "cannot_tell"),
                     f"{handle} verifies as {report.json['verdict']}, not {expected}")
            else:
                need(damaged and report.status == 503, f"verifying: {report}")
        for path in ("/ledger/checkpoint", "/v1/types", "/v1/departments", "/v1/powers", "/status", "/healthz"):
            answer = service.get(path)
            need(answer.status == 200 or (damaged and answer.status == 503), f"{path}: {answer}")

    def end(self):
        """The table."""
        print(f"{'kind':34} {'rounds':>6} {'a':>5} {'b':>5} {'c':>5} {'wrong':>6}")
        for kind, found in self.rounds.items():
            print(f"{kind:34} {found.total():6} {found['a']:5} {found['b']:5} {found['c']:5} {found['wrong']:6}")


def no_panic(said):
    """The storage engine gives up on damaged data by a panic, which is caught and told by its place; nobody else may."""
    for line in said.splitlines():
        need("panicked" not in line and ("panic" not in line.split(" said=")[0] or "sled-" in line), f"a panic: {line}")


def need(condition, why):
    if not condition:
        raise Wrong(why)
