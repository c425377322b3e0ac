"""A full disk and one that turns read-only, under the data and under the keys, while licences are issued.

    python3 tests/faults/disk.py [ROUNDS]

ROUNDS (2): rounds a kind. File systems of their own are mounted where that is permitted (root): tmpfs, and ext4 in a file,
whose journal is aborted, as the kernel does on a failing disk. Where it is not, read-only is played by the shim alone.
"""

import collections
import errno
import os
import random
import shutil
import subprocess
import sys

from ground import Ground, need, seed
from service import Service, Tally, business, home
from under import CHANGES, Shim, built

tally = Tally()
MIB = 1 << 20


class Mounted:
    """A small file system; None of it where it may not be mounted."""

    def __init__(self, place, kind, size):
        self.place, self.kind = place, kind
        place.mkdir()
        if kind == "tmpfs":
            command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", place]
        else:
            image = place.with_suffix(".img")
            with open(image, "wb") as file:
                file.truncate(size)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], capture_output=True)
            command = ["mount", "-o", "loop", image, place]
        self.good = shutil.which("mount") and subprocess.run(command, capture_output=True).returncode == 0
        if self.good:
            place.chmod(0o700)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.good:
            subprocess.run(["umount", "-l", self.place], capture_output=True)

    def fill(self, leave):
        """Takes all room but `leave` bytes; without any, all that the file system gives."""
        # A journal gives the room of what was removed back only when it commits: now, and again at the end.
        os.sync()
        free = os.statvfs(self.place)
        room = free.f_bavail * free.f_frsize - leave if leave else 1 << 40
        with open(self.place / "filler", "ab", buffering=0) as file:
            # Down to the block of so small an ext4: a piece of more leaves room for what is written at each signature.
            for piece in (64 * 1024, 4096, 1024, 1024):
                os.sync()
                try:
                    while room >= piece:
                        room -= file.write(bytes(piece))
                        os.fsync(file.fileno())
                except OSError:
                    pass

    def free(self):
        (self.place / "filler").unlink()

    def resized(self, size):
        """A tmpfs of another size from now on."""
        return subprocess.run(["mount", "-o", f"remount,size={size}", self.place], capture_output=True).returncode == 0

    def abort(self):
        """What the kernel does when the disk reports errors: read-only from now on."""
        return subprocess.run(["mount", "-o", "remount,abort", self.place], capture_output=True).returncode == 0


def issue_until_refused(service, known, disk=None):
    """Issues, one by one and then by batches, until it is refused; what the file system gave back meanwhile is taken again."""
    for _ in range(60):
        answer = service.post("/v1/licences", business("企业"), who="market-regulation")
        if answer.status != 201:
            need(answer.status == 503 and answer.problem == "not-ready", f"refused otherwise: {answer}")
            return
        known.issued(answer.json)
        for result in service.batch([business(f"批量{n}") for n in range(40)], path="/v1/licences/batch"):
            if "issued" in result:
                known.issued(result["issued"])
            else:
                need(result["problem"]["type"].endswith("/not-ready"), f"a line refused otherwise: {result}")
        if disk:
            disk.fill(0)
    raise RuntimeError("the disk was never full")


def reads_on(ground, service, known):
    """Reads only, and says why."""
    condition = service.get("/v1/operator/condition", who="operator").json["readiness"]
    need(service.get("/readyz").status == 503, "/readyz does not say so")
    ground.reads_only(service, condition)
    ground.reads(service, known, damaged=True)
    # The engine cannot read a page again whose newest copy never came to the disk: what stood there cannot be told then. The
    # rest goes on, and nothing is told wrongly.
    told = collections.Counter()
    for handle, credential in known.credentials.items():
        report = service.verify(credential)
        expected = "valid" if known.standing[handle] == "valid" else "not_valid"
        need(report["verdict"] in (expected, "cannot_tell"), f"{handle} verifies wrongly: {report}")
        told[report["verdict"]] += 1
    need(told["valid"] > told["cannot_tell"], f"verifying: {dict(told)}")


def full(ground, what, kind, leave):
    def play(place, known):
        with Mounted(place / "disk", kind, 12 * MIB) as disk:
            if not disk.good:
                print(f"skipped a full disk: {kind} cannot be mounted here")
                return "a"
            there = disk.place / what
            shutil.copytree(place / what, there)
            service = Service(place, **{what: there})
            with service:
                disk.fill(leave)
                issue_until_refused(service, known, disk)
                reads_on(ground, service, known)
                need(service.stop() == 0, "it did not stop")
            before = len(service.said())
            try:
                with service:
                    # There was room enough to start; what it says must be true all the same.
                    ground.reads(service, known, damaged=True)
                    need(service.stop() == 0, "it did not stop")
            except RuntimeError:
                ground.refusal(service, before)
            disk.free()
            shutil.rmtree(place / what)
            shutil.copytree(there, place / what)
        need(ground.judge(place, known) == "a", "not all is well with room")
        return "b"
    return play


def aborted(ground, what):
    def play(place, known):
        with Mounted(place / "disk", "ext4", 12 * MIB) as disk:
            if not disk.good:
                print("skipped a disk that turns read-only: ext4 cannot be mounted here")
                return "a"
            there = disk.place / what
            shutil.copytree(place / what, there)
            subprocess.run(["sync", "-f", disk.place])
            service = Service(place, **{what: there})
            with service:
                for n in range(5):
                    known.issued(service.issue(business(f"之前{n}")))
                if not disk.abort():
                    print("skipped a disk that turns read-only: it cannot be aborted here")
                    return "a"
                issue_until_refused(service, known)
                reads_on(ground, service, known)
                need(service.stop() == 0, "it did not stop")
            before = len(service.said())
            try:
                service.start()
            except RuntimeError:
                ground.refusal(service, before)
            else:
                service.kill()
                need(False, "it starts over a disk that cannot be written")
            subprocess.run(["umount", disk.place], capture_output=True)
            need(subprocess.run(["mount", "-o", "loop", disk.place.with_suffix(".img"), disk.place], capture_output=True).returncode == 0, "not mounted again")
            shutil.rmtree(place / what)
            shutil.copytree(there, place / what)
        need(ground.judge(place, known) == "a", "not all is well once it can be written")
        return "b"
    return play


def played(ground, library):
    """Every change is refused from now on, as on a file system that was mounted read-only again."""
    def play(place, known):
        shim = Shim(library, place / "control")
        service = Service(place)
        service.environment = shim.environment(service.data, service.keys)
        with service:
            known.issued(service.issue(business("之前")))
            shim.arm(at=1, act="fail", error=errno.EROFS, for_good=True, kinds=CHANGES)
            issue_until_refused(service, known)
            reads_on(ground, service, known)
            shim.disarm()
            need(service.stop() == 0, "it did not stop")
        need(ground.judge(place, known) == "a", "not all is well once it can be written")
        return "b"
    return play


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    chance = random.Random(seed)
    print(f"seed {seed}")
    with home() as folder:
        ground = Ground(folder, tally)
        for what in ("data", "keys"):
            for kind in ("tmpfs", "ext4"):
                leave = [(chance.choice((0, 4096, 100_000)) if what == "data" else 0) for _ in range(rounds)]
                ground.all(f"full {kind}, {what}", [(f"{room} bytes left", full(ground, what, kind, room)) for room in leave])
            ground.all(f"read-only ext4, {what}", [(f"{n}", aborted(ground, what)) for n in range(rounds)])
        library = built(folder)
        if library:
            ground.all("read-only, played", [(f"{n}", played(ground, library)) for n in range(rounds)])
        ground.end()
    tally.end()


if __name__ == "__main__":
    main()
