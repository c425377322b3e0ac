"""Two witnesses in processes of their own, asked by Go's sumdb/note and tlog (cosign/main.go) and by our own client: every
status, a log of two faces, restarts, a witness that lost its memory, and a running ledger under a policy.

    python3 tests/oracles/witness.py COSIGN_PROGRAM

Standard library only.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

sys.dont_write_bytecode = True

from service import PROGRAM, STARTS_WITHIN, STOPS_WITHIN, Service, Tally, business, home, run

tally = Tally()


def cosign(*arguments):
    return subprocess.run([sys.argv[1], *map(str, arguments)], capture_output=True, text=True, timeout=300)


class Witness:
    """`vidimus witness serve` on a port of its own."""

    def __init__(self, folder, name, logs):
        self.folder, self.logs, self.process, self.port = folder, logs, None, 0
        made = run("witness", "init", "--keys", folder, "--name", name)
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        self.vkey = made.stdout.strip()

    def start(self):
        with open(f"{self.folder}.log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "witness", "serve", "--lang", "en", "--keys", self.folder, "--logs", self.logs,
                 "--listen", f"127.0.0.1:{self.port}"],
                stdout=subprocess.PIPE, stderr=log, env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        watchdog = threading.Timer(STARTS_WITHIN, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline().decode()
        watchdog.cancel()
        if not line.startswith("listening on http://"):
            raise RuntimeError(f"did not start ({self.process.wait(STOPS_WITHIN)}): {line!r}")
        self.url = line.removeprefix("listening on ").strip()
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            return self.process.wait(STOPS_WITHIN)
        return None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)


def statuses(folder):
    folder.mkdir()
    tally.equal("a log of Go's", cosign("keys", "log.example/go", folder).returncode, 0)
    with Witness(folder / "witness", "witness.example/1", folder / "log.vkey") as witness:
        found = cosign("try", witness.url, witness.vkey, folder)
        tally.check("every status, by Go's note and tlog", found.returncode == 0, found.stderr)
        print(found.stdout, end="")
        tally.equal("one process at a time", run("witness", "serve", "--keys", witness.folder, "--logs", witness.logs,
                                                 "--listen", "127.0.0.1:0").returncode, 1)
        witness.stop(signal.SIGKILL)
        witness.start()
        found = cosign("try", witness.url, witness.vkey, folder)
        tally.check("killed and started again it still knows what it cosigned",
                    "from 0 to 1: answered 409 \"600\\n\"" in found.stderr, found.stderr)
        tally.equal("told to stop", witness.stop(), 0)
        shutil.move(witness.folder / "cosigned", folder / "aside")
        refused = run("witness", "serve", "--lang", "en", "--keys", witness.folder, "--logs", witness.logs)
        tally.check("without its memory it does not start", refused.returncode == 1 and "retire" in refused.stderr, refused.stderr)
        again = run("witness", "init", "--keys", witness.folder, "--name", "witness.example/1")
        tally.equal("nor is it made over what is there", again.returncode, 1)


def our_ledger(folder):
    folder.mkdir()
    with Service(folder / "authority") as service:
        vkey = folder / "vkey"
        vkey.write_bytes(service.get("/ledger/vkey").body)
        with Witness(folder / "a", "a.example/w", vkey) as a, Witness(folder / "b", "b.example/w", vkey) as b:
            for count in (1, 300):
                service.batch([business(f"企业{n}") for n in range(count)])
                for witness in (a, b):
                    found = cosign("ledger", f"{service.url}/ledger", vkey, witness.url, witness.vkey)
                    tally.check("our ledger cosigned, by Go's tlog", found.returncode == 0, found.stderr)
                    print(found.stdout, end="")
            policy = folder / "policy"
            both = "".join(f"witness {name} {one.vkey} {one.url}\n" for name, one in (("A", a), ("B", b)))
            policy.write_text(f"log {vkey.read_text().split()[0]}\n{both}group both all A B\nquorum both\n")
            service.batch([business(f"后来{n}") for n in range(5)])

            def ask():
                return run("witness", "ask", "--json", "--policy", policy, "--from", service.url)

            found = ask()
            tally.check("our client has a quorum", found.returncode == 0 and '"met":true' in found.stdout, found)
            b.stop()
            service.issue()
            found = ask()
            tally.check("a quorum lost is told", found.returncode == 13 and '"met":false' in found.stdout, found)
            b.start()
            found = ask()
            tally.check("and regained", found.returncode == 0 and '"met":true' in found.stdout, found)
            policy.write_text(policy.read_text().replace("group both all A B", "group both any A B"))
            b.stop(signal.SIGKILL)
            service.issue()
            found = ask()
            tally.check("one of two suffices where that is the policy", found.returncode == 0, found)
            policy.write_text(f"log {cosign_vkey(folder)}\n{both}quorum A\n")
            found = ask()
            tally.check("another ledger than the policy's is refused", found.returncode == 12, found)


def cosign_vkey(folder):
    other = folder / "other"
    other.mkdir()
    cosign("keys", "log.example/other", other)
    return (other / "log.vkey").read_text().strip()


def main():
    with home() as folder:
        with tally.part("statuses"):
            statuses(folder / "statuses")
        with tally.part("our ledger"):
            our_ledger(folder / "ledger")
    tally.end()


if __name__ == "__main__":
    main()
