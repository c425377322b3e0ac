"""System calls that fail, and kills between them, under the commands that write: a backup, a restore, an export. What is not
whole never has its final name, the service does not notice, and the same command again does it.

    python3 tests/faults/commands.py [ROUNDS]

ROUNDS (6): points tried of each command, spread over its calls; 0 for every point under every fault. Needs cc, seccomp.
"""

import random
import shutil
import subprocess
import sys

from calls import FAULTS, KILLS, points
from ground import Ground, need, no_panic, seed
from service import PROGRAM, Service, Tally, business, home, run
from under import Shim, built

tally = Tally()
FAULTS_HERE = [fault for fault in FAULTS if fault != "power cut"]


def under(shim, words, at, fault):
    """The command over failing ground."""
    target = shim.control.parent / "target"
    target.mkdir(exist_ok=True)
    environment = shim.environment(target, target)
    shim.arm(at=at, **(FAULTS[fault] if fault else {}))
    done = subprocess.run([PROGRAM, *map(str, words), "--lang", "en"], capture_output=True, text=True, timeout=120,
                          env={**environment, "LC_ALL": "C.UTF-8"})
    no_panic(done.stderr)
    return done


def back_up(place, service, ground):
    return ["backup", place / "target/backup", "--from", service.url, "--token", service.token_file("operator")]


def export(place, service, ground):
    return ["ledger", "export", place / "target/export", "--from", service.url]


def restore(place, service, ground):
    return ["restore", ground.backup, "--data", place / "target/data"]


def judge_command(ground, place, service, words, at, fault):
    shim = Shim(ground.library, place / "control")
    done = under(shim, words, at, fault)
    final = words[words.index("--data") + 1] if "--data" in words else words[1] if words[0] == "backup" else words[2]
    if shim.hit is None:
        return "a"
    if done.returncode == 0:
        need(fault not in KILLS, "killed, and done all the same")
    else:
        need(fault in KILLS or done.returncode == 1, f"{shim.hit}: ended with {done.returncode}: {done.stderr}")
        need(fault in KILLS or "error: " in done.stderr, f"says nothing: {done.stderr}")
    whole = words[0] != "ledger"  # an export has no final name; what is not whole says so when it is replayed
    if done.returncode != 0 and final.exists() and whole and words[0] == "backup":
        need(run("restore", final, "--data", place / "probe").returncode == 0, f"{shim.hit}: not whole under its name")
    again = run(*words, "--lang", "en")
    if again.returncode != 0:
        # It is told what is in the way.
        need("target" in again.stderr and again.returncode == 1, f"{shim.hit}: again: {again.returncode} {again.stderr}")
        shutil.rmtree(place / "target")
        (place / "target").mkdir()
        again = run(*words, "--lang", "en")
    need(again.returncode == 0, f"{shim.hit}: again: {again.stdout} {again.stderr}")
    if words[0] == "ledger":
        need(run("audit", "replay", "--from", final, "--vkey", ground.vkey).returncode == 0, "the export does not hold")
    if words[0] == "backup":
        need(run("restore", final, "--data", place / "restored").returncode == 0, "the backup does not restore")
    return "a" if done.returncode == 0 else "c"


def play_of(ground, command, at, fault):
    def play(place, known):
        with Service(place) as service:
            outcome = judge_command(ground, place, service, command(place, service, ground), at, fault)
            need(service.get("/readyz").status == 200, "the service noticed")
            if command is not restore:
                known.issued(service.issue(business("另外的")))
            need(service.stop() == 0, "it did not stop")
        if command is restore:
            shutil.rmtree(place / "data")
            (place / "target/data").rename(place / "data")
        need(ground.judge(place, known) == "a", "not all is well")
        return outcome
    return play


def count(ground, command):
    place = ground.copy()
    with Service(place) as service:
        shim = Shim(ground.library, place / "control")
        done = under(shim, command(place, service, ground), 0, None)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        number = shim.count
    shutil.rmtree(place)
    return number


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        library = built(folder)
        if library is None:
            tally.end()
        ground = Ground(folder, tally)
        ground.library, ground.backup = library, folder / "backup"
        with Service(ground.home) as service:
            done = run("backup", ground.backup, "--from", service.url, "--token", service.token_file("operator"))
            tally.equal(f"a backup to restore {done.stderr}", done.returncode, 0)
            service.stop()
        for name, command in (("backing up", back_up), ("exporting", export), ("restoring", restore)):
            with tally.part(name):
                number = count(ground, command)
                tally.check(f"{name}: {number} calls", number > 2)
                ground.all(f"calls while {name}", [
                    (f"{fault} at {at} of {number}", play_of(ground, command, at, fault))
                    for at, fault in points(number, rounds, chance, FAULTS_HERE)])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
