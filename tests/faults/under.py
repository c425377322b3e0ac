"""What lies below the program, made to fail: builds shim.c and holds its control page. Linux, cc, seccomp.

    with Shim(folder) as shim:
        service.environment = shim.environment(service.data, service.keys)
        shim.arm(at=3, act="fail", error=errno.EIO)

Not here: what should come of it (`ground`).
"""

import errno
import mmap
import os
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
ACTS = {"kill": 1, "kill after": 2, "fail": 3, "short": 4, "torn": 5}
WRITE, SYNC, NAME, READ = 1, 2, 4, 8
CHANGES = WRITE | SYNC | NAME
FIELDS = ("armed", "count", "at", "act", "error", "for_good", "kinds", "hit", "clock", "undo")
TEXTS = {"hit_path": 80, "data": 592, "keys": 1104, "undo_path_0": 1616, "undo_path_1": 2128}
PAGE = 8192


def built(folder):
    """The shim as a library, or None where it cannot be built or run; then why, on stdout."""
    library = Path(folder) / "shim.so"
    if library.exists():
        return library
    made = subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SOURCE], capture_output=True, text=True)
    if made.returncode:
        print(f"skipped calls that fail: the shim is not built: {made.stderr.strip().splitlines()[-1:]}")
        return None
    control = Path(folder) / "probe"
    control.write_bytes(bytes(PAGE))
    tried = subprocess.run(["true"], env={**os.environ, "LD_PRELOAD": str(library), "VIDIMUS_SHIM": str(control)},
                           capture_output=True, text=True)
    if tried.returncode:
        print(f"skipped calls that fail: {tried.stderr.strip()}")
        return None
    return library


class Shim:
    """The control page of one process that runs over failing ground."""

    def __init__(self, library, control):
        self.library, self.control = library, Path(control)
        self.control.write_bytes(bytes(PAGE))
        with open(self.control, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE)

    def environment(self, data, keys, keep_old=False, journal=None, keep_names=False):
        """What the process is started with; the directories it is watched in, and the files whose old bytes are kept, or that what
        becomes of names is."""
        self._text("data", str(Path(data).resolve()))
        self._text("keys", str(Path(keys).resolve()))
        if keep_old:
            self._text("undo_path_0", str(Path(data).resolve() / "db"))
            self._text("undo_path_1", str(Path(journal).resolve()) if journal else "")
            self._put("undo", 1)
        if keep_names:
            self._put("undo", 2)
        return {**os.environ, "LD_PRELOAD": str(self.library), "VIDIMUS_SHIM": str(self.control)}

    def arm(self, at=0, act="kill", error=errno.EIO, for_good=False, kinds=CHANGES):
        """From now on calls are counted; the `at`-th is acted upon."""
        for field, value in (("count", 0), ("hit", 0), ("at", at), ("act", ACTS[act]), ("error", error),
                             ("for_good", int(for_good)), ("kinds", kinds), ("armed", 1)):
            self._put(field, value)

    def disarm(self):
        self._put("armed", 0)

    def step_clock(self, seconds):
        """The wall clock of the process, against this machine's."""
        self._put("clock", int(seconds * 1_000_000_000))

    @property
    def count(self):
        return self._get("count")

    @property
    def hit(self):
        """Number and path of the call that was acted upon; None if it did not come."""
        number = self._get("hit")
        at = TEXTS["hit_path"]
        return (number - 1, self.page[at : at + 512].split(b"\0")[0].decode()) if number else None

    def power_cut(self, db, chance):
        """Takes from a killed process's data file what was written and never synced: each sector of it at random."""
        records = self._unsynced(0)
        with open(db, "r+b") as file:
            lost = _taken_back(file, records, chance)
            if records and chance.random() < 0.5:
                file.truncate(records[0][2])
        return lost

    def power_cut_of_journal(self, path, chance):
        """The same of a file that is only added to: it ends anywhere behind what was synced, and has holes before that."""
        records = self._unsynced(1)
        if not records:
            return 0
        with open(path, "r+b") as file:
            lost = _taken_back(file, records, chance)
            synced, end = records[0][2], file.seek(0, os.SEEK_END)
            if chance.random() < 0.5:
                whole, end = end, chance.randrange(synced, end + 1)
                file.truncate(end)
                lost += (whole - end + 511) // 512
            for sector in range(synced, end, 512):
                if chance.random() < 0.3:
                    file.seek(sector)
                    file.write(bytes(min(512, end - sector)))
                    lost += 1
        return lost

    def power_cut_of_names(self, chance):
        """Takes from what a killed process left the last new names whose directory was not synced, any number of them, and what
        was in files that were not; how much."""
        written, names, count = set(), [], 0
        for line in Path(f"{self.control}.undo-0").read_text().splitlines():
            what, path, other = line.split("\t")
            if what == "written":
                written.add(path)
            elif what == "synced":
                written.discard(path)
                names = [name for name in names if os.path.dirname(name[0]) != path]
            else:
                if path in written:
                    written.remove(path)
                    written.add(other)
                names.append((other, Path(f"{self.control}.old-{count % 10}")))
                count += 1
        back = names[chance.randrange(len(names) + 1):]
        for name, old in reversed(back):
            if old.exists():
                os.replace(old, name)
            else:
                os.unlink(name)
        torn = [path for path in sorted(written) if os.path.exists(path) and chance.random() < 0.5]
        for path in torn:
            os.truncate(path, os.path.getsize(path) // 2)
        return len(back) + len(torn)

    def _unsynced(self, which):
        """Offset, old bytes and the file's size before each write that was not synced, in order."""
        kept = Path(f"{self.control}.undo-{which}").read_bytes()
        records, at = [], 0
        while at + 24 <= len(kept):
            offset, length, size = struct.unpack_from("<qqq", kept, at)
            records.append((offset, kept[at + 24 : at + 24 + length], size))
            at += 24 + length
        return records

    def _put(self, field, value):
        struct.pack_into("<q", self.page, 8 * FIELDS.index(field), value)

    def _get(self, field):
        return struct.unpack_from("<q", self.page, 8 * FIELDS.index(field))[0]

    def _text(self, field, value):
        raw = value.encode()[:511]
        self.page[TEXTS[field] : TEXTS[field] + 512] = raw + bytes(512 - len(raw))


def _taken_back(file, records, chance):
    """Puts old bytes back, sector by sector at random; how many."""
    lost = 0
    for offset, old, size in reversed(records):
        for sector in range(0, len(old), 512):
            if chance.random() < 0.5 and offset + sector < size:
                file.seek(offset + sector)
                file.write(old[sector : min(sector + 512, size - offset)])
                lost += 1
    return lost
