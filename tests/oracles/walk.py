"""The ledger walked over HTTP by Go's sumdb/note and tlog (walk/main.go), and tampered copies of it too.

    python3 tests/oracles/walk.py WALK_PROGRAM

Standard library only.
"""

import functools
import http.server
import shutil
import subprocess
import sys
import threading

sys.dont_write_bytecode = True

from service import Service, Tally, business, home, run

tally = Tally()


def walk(*arguments):
    return subprocess.run([sys.argv[1], *map(str, arguments)], capture_output=True, text=True, timeout=300)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without telling."""

    def log_message(self, *_):
        pass


def main():
    with home() as folder, Service(folder / "authority") as service:
        ledger, vkey, older, export = f"{service.url}/ledger", folder / "vkey", folder / "older", folder / "export"
        vkey.write_bytes(service.get("/ledger/vkey").body)
        heads = []
        for count in (3, 250, 300):
            service.batch([business(f"企业{n}") for n in range(count)])
            older = folder / f"older-{count}"
            older.write_bytes(service.get("/ledger/checkpoint").body)
            heads.append(older)
        service.issue()
        for head in heads:
            found = walk(ledger, vkey, head)
            tally.check(f"walked, and consistent with {head.name}", found.returncode == 0, found.stderr)
            print(found.stdout, end="")
        other = folder / "other"
        other.write_text("a.example/b+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\n")
        tally.equal("not under another key", walk(ledger, other).returncode, 1)

        tally.equal("exported", run("ledger", "export", export, "--from", service.url).returncode, 0)
        files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=export))
        threading.Thread(target=files.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{files.server_address[1]}"
        found = walk(address, vkey, heads[0])
        tally.check("an export is walked like its source", found.returncode == 0, found.stderr)
        for path in ("tile/entries/000", "tile/0/000", "tile/entries/001", "checkpoint"):
            whole = (export / path).read_bytes()
            changed = bytearray(whole)
            changed[len(whole) // 2] ^= 1
            (export / path).write_bytes(changed)
            tally.equal(f"one bit of {path} is found", walk(address, vkey, heads[0]).returncode, 1)
            (export / path).write_bytes(whole)
        shutil.rmtree(export / "tile/1", ignore_errors=True)
        tally.equal("a missing level is found", walk(address, vkey, heads[0]).returncode, 1)
        files.shutdown()
    tally.end()


if __name__ == "__main__":
    main()
