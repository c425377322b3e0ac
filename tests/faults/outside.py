"""What stands outside an authority, over failing ground: a mirror whose disk fails or that is killed, a witness that dies or loses its
power while it cosigns, a quorum that is lost and comes back, and a copy of keys and data that is older than what the witnesses know.

    python3 tests/faults/outside.py [ROUNDS]

ROUNDS (6): points tried of each, spread over its calls; 0 for every point under every fault. Needs cc, seccomp.
"""

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys

from calls import FAULTS, KILLS, points
from ground import Ground, need, no_panic, seed
from service import PROGRAM, Service, Tally, business, home, run, until
from under import Shim, built
from witness import Witness, covered

tally = Tally()
taken = collections.Counter()
FAULTS_HERE = [fault for fault in FAULTS if fault != "power cut"]


# --- a mirror ---------------------------------------------------------------------------------------------------------


class Mirroring:
    """A ledger that has grown since it was mirrored; each round gets a copy of that mirror, or none."""

    def __init__(self, ground, service, folder):
        self.ground, self.service, self.before = ground, service, folder / "mirror-before"
        done = self.mirror(self.before)
        tally.equal(f"a mirror to bring up to date {done.stderr}", done.returncode, 0)
        self.old = self.replayed(self.before)[1]
        service.batch([business(f"镜像之后{n}") for n in range(300)], path="/v1/licences/batch")

    def words(self, folder):
        return ["ledger", "mirror", self.service.url, folder, "--vkey", self.ground.vkey, "--lang", "en"]

    def mirror(self, folder):
        return run(*self.words(folder))

    def replayed(self, folder):
        """The exit code of a replay of it, and how many entries it has."""
        done = run("audit", "replay", "--from", folder, "--vkey", self.ground.vkey, "--json")
        no_panic(done.stderr)
        size = next((line.split('"size":')[1].split(",")[0] for line in done.stdout.splitlines() if '"summary":true' in line), "0")
        return done.returncode, int(size)

    def placed(self, place, begun):
        folder = place / "mirror"
        if begun:
            shutil.copytree(self.before, folder)
        else:
            folder.mkdir()
        return folder

    def under(self, shim, folder, at, fault):
        environment = shim.environment(folder, folder)
        shim.arm(at=at, **(FAULTS[fault] if fault else {}))
        done = subprocess.run([PROGRAM, *map(str, self.words(folder))], capture_output=True, text=True, timeout=120,
                              env={**environment, "LC_ALL": "C.UTF-8"})
        no_panic(done.stderr)
        return done

    def count(self, begun):
        place = self.ground.folder / "mirror-count"
        place.mkdir()
        shim = Shim(self.ground.library, place / "control")
        done = self.under(shim, self.placed(place, begun), 0, None)
        need(done.returncode == 0, done.stdout + done.stderr)
        shutil.rmtree(place)
        return shim.count

    def play(self, begun, at, fault):
        def play(place, _):
            folder, shim = self.placed(place, begun), Shim(self.ground.library, place / "control")
            done = self.under(shim, folder, at, fault)
            need(shim.hit is not None, "the fault was not met")
            if done.returncode == 0:
                need(fault not in KILLS, "killed, and done all the same")
            if done.returncode != 0 and fault not in KILLS:
                need(done.returncode == 1 and "error: " in done.stderr, f"{shim.hit}: {done.returncode} {done.stderr}")
            code, size = self.replayed(folder)
            # What was whole stays whole, as it was or as it is to be; what never was says that it is not.
            need(code == 0 and size >= self.old if begun else code in (0, 1, 12), f"{shim.hit}: a replay of it ends with {code} at {size}")
            again = self.mirror(folder)
            need(again.returncode == 0, f"{shim.hit}: again: {again.stdout} {again.stderr}")
            code, size = self.replayed(folder)
            need(code == 0 and size > self.old, f"{shim.hit}: again, a replay of it ends with {code} at {size}")
            return "a" if done.returncode == 0 else "c"
        return play


# --- a witness --------------------------------------------------------------------------------------------------------


class Faces:
    """Two services with one key that have gone different ways since one witness cosigned what both began with."""

    def __init__(self, ground, folder, running):
        self.ground, self.folder = ground, folder / "faces"
        self.services = [Service(ground.copy()) for _ in range(2)]
        for number, service in enumerate(self.services):
            running.enter_context(service)
            if number == 0:
                self.seed = self.witness(self.folder)
                with self.seed:
                    tally.equal("what both faces begin with is cosigned", self.ask(self.seed, service).returncode, 0)
                    self.seed.stop()
            service.batch([business(f"面{number}-{n}") for n in range(5 + number)], path="/v1/licences/batch")

    def witness(self, place):
        place.mkdir(exist_ok=True)
        return Witness(place / "witness", "w.example/1", self.ground.vkey)

    def ask(self, witness, service):
        policy = witness.folder.parent / "policy"
        log = self.ground.vkey.read_text().split()[0]
        policy.write_text(f"log {log}\nwitness W {witness.vkey} {witness.url}\nquorum W\n")
        done = run("witness", "ask", "--policy", policy, "--from", service.url)
        no_panic(done.stderr)
        return done

    def copied(self, place):
        """The witness as it was when it had seen what both begin with."""
        other = Witness.__new__(Witness)
        other.__dict__.update(self.seed.__dict__, folder=place / "witness", port=0, process=None)
        shutil.copytree(self.seed.folder, other.folder)
        return other

    def cosigned(self, witness, number):
        return self.ask(witness, self.services[number]).returncode == 0

    def count(self):
        place = self.folder / "count"
        place.mkdir()
        witness, shim = self.copied(place), Shim(self.ground.library, place / "control")
        witness.environment = shim.environment(witness.folder, witness.folder)
        with witness:
            shim.arm(at=0)
            need(self.cosigned(witness, 0), "not cosigned")
        return shim.count

    def play(self, at, fault, turn=0):
        def play(place, _):
            witness, shim = self.copied(place), Shim(self.ground.library, place / "control")
            cut = fault == "power cut"
            witness.environment = shim.environment(witness.folder, witness.folder, keep_names=cut)
            with witness:
                shim.arm(at=at, **FAULTS[fault])
                lines = {0} if self.cosigned(witness, 0) else set()
                first = bool(lines)
                need(shim.hit is not None or (cut and first), "the fault was not met")
                shim.disarm()
                witness.stop(signal.SIGKILL)
            if cut:
                taken["names and files"] += shim.power_cut_of_names(random.Random(turn))
            witness.environment, witness.port = os.environ, 0
            with witness:
                # The other face first: whoever forgot what it cosigned would cosign that too.
                for number in (1, 0, 1):
                    lines |= {number} if self.cosigned(witness, number) else set()
                need(witness.stop() == 0, "it did not stop")
            need(len(lines) < 2, f"{shim.hit}: both faces are cosigned")
            need(lines, f"{shim.hit}: neither face is cosigned any more")
            return "a" if first else "c"
        return play


# --- a quorum ---------------------------------------------------------------------------------------------------------


def watched(place, witness):
    """A service whose quorum is that witness."""
    service = Service(place, "--witness-every", "250ms")
    kept = service.keys / "witnesses.policy"
    kept.write_text(f"witness W {witness.vkey} {witness.url}\nquorum W\n")
    kept.chmod(0o600)
    return service


def quorum_lost(ground, at, fault):
    """The witness fails in the middle of it, the service is killed later: nothing is lost, and both find each other again."""
    def play(place, known):
        witness, shim = Witness(place / "witness", "w.example/1", ground.vkey), Shim(ground.library, place / "control")
        witness.environment = shim.environment(witness.folder, witness.folder)
        with witness:
            service = watched(place, witness)
            with service:
                need(until(lambda: covered(service)), "not cosigned to begin with")
                shim.arm(at=at, **FAULTS[fault])
                for n in range(4):
                    known.issued(service.issue(business(f"失去{n}")))
                need(until(lambda: shim.hit is not None), "the fault was not met")
                need(service.get("/readyz").status == 200, "it labels; it does not stop")
                witness.stop(signal.SIGKILL)
                known.issued(service.issue(business("无人见证")))
                service.kill()
            witness.environment = os.environ
            with witness:
                with service:
                    need(until(lambda: covered(service), 60), "the quorum is not regained")
                    need(service.stop() == 0, "it did not stop")
                return ground.judge(place, known)
    return play


def witness_ahead(ground, entries):
    """Keys and data go back together to before what the witness cosigned."""
    def play(place, known):
        with Witness(place / "witness", "w.example/1", ground.vkey) as witness:
            service = watched(place, witness)
            with service:
                need(until(lambda: covered(service)), "not cosigned to begin with")
                need(service.stop() == 0, "it did not stop")
            for name in ("data", "keys"):
                shutil.copytree(place / name, place / f"old-{name}")
            with service:
                service.batch([business(f"后来{n}") for n in range(entries)], path="/v1/licences/batch")
                need(until(lambda: covered(service)), "not cosigned later")
                service.kill()
            for name in ("data", "keys"):
                shutil.rmtree(place / name)
                (place / f"old-{name}").rename(place / name)
            before = len((place / "stderr.log").read_text("utf-8", "replace"))
            outcome = ground.judge(place, known, lives=False)
            said = (place / "stderr.log").read_text("utf-8", "replace")[before:]
            need("the witness W has cosigned" in said, f"the witness is not named: {said[-1500:]}")
            return outcome
    return play


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally)
        ground.library = library

        def spread(number):
            return [(f"{fault} at {at} of {number}", at, fault) for at, fault in points(number, rounds, chance, FAULTS_HERE)]

        with tally.part("mirroring"), Service(ground.copy()) as service:
            mirroring = Mirroring(ground, service, folder)
            for name, begun in (("mirroring", False), ("bringing a mirror up to date", True)):
                number = mirroring.count(begun)
                tally.check(f"{name}: {number} calls", number > 2)
                ground.all(name, [(said, mirroring.play(begun, at, fault)) for said, at, fault in spread(number)])
        with tally.part("a witness"), contextlib.ExitStack() as running:
            faces = Faces(ground, folder, running)
            number = faces.count()
            tally.check(f"a witness: {number} calls", number > 2)
            ground.all("cosigning one of two faces", [(said, faces.play(at, fault)) for said, at, fault in spread(number)])
            # Before each call, and behind the last, when it has answered: what was not synced is gone.
            ground.all("a witness after a power cut", [
                (f"before call {at} of {number}", faces.play(at, "power cut", turn))
                for at in range(1, number + 2) for turn in range(2 if at <= number else 4)])
            print(f"power cuts took {taken['names and files']} names and files")
            ground.all("a quorum lost", [(said, quorum_lost(ground, at, fault)) for said, at, fault in spread(number)])
            for service in faces.services:
                need(service.stop() == 0, "it did not stop")
        with tally.part("a witness that is ahead"):
            ground.all("a witness ahead of an old copy", [
                (f"by {entries} entries", witness_ahead(ground, entries)) for entries in [chance.randrange(1, 400) for _ in range(max(rounds // 2, 2))]])
            tally.equal("every old copy is refused", set(ground.rounds["a witness ahead of an old copy"]), {"c"})
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
