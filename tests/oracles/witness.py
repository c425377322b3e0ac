"""Two witnesses in processes of their own, asked by Go's sumdb/note and tlog (cosign/main.go) and by our own client: every
status, a log of two faces, restarts, a witness that lost its memory, a running ledger under a policy, and a service that
asks by itself: a quorum lost and regained, receipts read by Go, an old copy of keys and data caught.

    python3 tests/oracles/witness.py COSIGN_PROGRAM

Standard library only.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading

sys.dont_write_bytecode = True

from service import PROGRAM, PROJECT, STARTS_WITHIN, STOPS_WITHIN, Service, Tally, business, home, run, until

tally = Tally()


def cosign(*arguments):
    return subprocess.run([sys.argv[1], *map(str, arguments)], capture_output=True, text=True, timeout=300)


class Witness:
    """`vidimus witness serve` on a port of its own."""

    def __init__(self, folder, name, logs):
        self.folder, self.logs, self.process, self.port = folder, logs, None, 0
        self.environment = os.environ
        made = run("witness", "init", "--keys", folder, "--name", name)
        if made.returncode != 0:
            raise RuntimeError(made.stderr)
        self.vkey = made.stdout.strip()

    def start(self):
        with open(f"{self.folder}.log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "witness", "serve", "--lang", "en", "--keys", self.folder, "--logs", self.logs,
                 "--listen", f"127.0.0.1:{self.port}"],
                stdout=subprocess.PIPE, stderr=log, env={**self.environment, "LC_ALL": "C.UTF-8"},
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


def outside_eyes(folder):
    """The service asks two witnesses by itself, both of whom are the quorum."""
    folder.mkdir()
    service = Service(folder / "authority", "--witness-every", "250ms")
    with service:
        vkey = folder / "vkey"
        vkey.write_bytes(service.get("/ledger/vkey").body)
        tally.equal("without a policy nothing is cosigned", service.get("/ledger/witnessed-checkpoint").status, 404)
        told = service.verify(service.issue()["credential"])["witnessed"]
        tally.equal("and reports say so", told["code"], "unwitnessed")
        service.stop()
    with Witness(folder / "a", "a.example/w", vkey) as a, Witness(folder / "b", "b.example/w", vkey) as b:
        log = vkey.read_text().split()[0]
        lines = "".join(f"witness {name} {one.vkey} {one.url}\n" for name, one in (("A", a), ("B", b)))
        policy = folder / "policy"
        policy.write_text(f"log {log}\n{lines}group both all A B\nquorum both\n")
        kept = service.keys / "witnesses.policy"

        def put(text):
            kept.write_text(text)
            kept.chmod(0o600)

        put(policy.read_text().replace(log, cosign_vkey(folder)))
        refuses(service, "the policy of another ledger is refused", "another ledger")
        put("quorum nobody\n")
        refuses(service, "a policy with a fault is refused by its line", "line 1")
        put(policy.read_text())
        with service:
            asked(service, folder, vkey, policy, a, b)
            service.stop()
        old_copy(service, folder, a, b)
        fail_closed(service, a, b)


def witnessed(service):
    return service.get("/readyz").json["witnessed"]


def size_of(service):
    return service.get("/readyz").json["ledger_size"]


def covered(service):
    return witnessed(service).get("size") == size_of(service)


def refuses(service, what, *says):
    try:
        service.start()
    except RuntimeError as refused:
        tally.check(what, all(said in str(refused) for said in says) and "panicked" not in str(refused), refused)
    else:
        service.kill()
        tally.check(what, False, "it listens")


def asked(service, folder, vkey, policy, a, b):
    tally.equal("they are asked before it listens", service.get("/ledger/witnessed-checkpoint").status, 200)
    issued = service.issue(business("见证"))
    index = issued["entry"]["index"]
    receipt = folder / "receipt.tlog-proof"
    receipt.write_text(issued["receipt"])
    tally.equal("a receipt of the moment has the log's line alone, by Go", cosign("receipt", receipt, vkey).returncode, 0)
    service.batch([business(f"企业{n}") for n in range(300)])
    tally.check("what is entered is cosigned by itself", until(lambda: covered(service)), witnessed(service))
    receipt.write_bytes(service.get(f"/v1/ledger/proof?index={index}").body)
    found = cosign("receipt", receipt, vkey, a.vkey, b.vkey)
    tally.check("fetched again it has the lines of both, by Go", found.returncode == 0, found.stderr)
    print(found.stdout, end="")
    report = service.verify(issued["credential"])["witnessed"]
    tally.check("a report says by how many", (report["code"], report["by"], report["of"]) == ("witnessed", 2, 2), report)

    export, trust, evidence = folder / "export", folder / "trust", folder / "licence.json"
    found = run("audit", "replay", "--lang", "en", "--from", service.url, "--policy", policy)
    tally.check("an audit under the policy tells the quorum", found.returncode == 0 and "2 of 2 witnesses" in found.stdout, found)
    found = run("audit", "replay", "--lang", "en", "--from", service.url)
    tally.check("and without one that it cannot", found.returncode == 0 and "Un-witnessed: there is no policy" in found.stdout, found)
    found = run("ledger", "export", "--from", service.url, export)
    again = run("audit", "replay", "--json", "--from", export, "--policy", policy)
    tally.check("an export carries what was cosigned", again.returncode == 0 and '"code":"witnessed"' in again.stdout, (found, again))
    found = run("trust", "export", service.url, trust, "--policy", policy)
    evidence.write_text(json.dumps({"credential": issued["credential"], "receipt": receipt.read_text()}))
    again = run("verify", "--offline", "--lang", "en", "--trust", trust, evidence)
    tally.check("offline it is told too", again.returncode == 0 and "2 of 2 witnesses" in again.stdout, (found, again))
    found = run("audit", "report", "--lang", "en", "--from", service.url, "--policy", policy, "--html", folder / "page.html")
    page = (folder / "page.html").read_text("utf-8")
    tally.check("the findings and their page tell it", found.returncode == 0 and "2 of 2 witnesses" in page, found)

    before = witnessed(service)["size"]
    b.stop(signal.SIGKILL)
    credential = service.issue(business("失去"))["credential"]
    doctor = ("doctor", "--lang", "en", "--to", service.url, "--token", service.token_file("operator"))
    tally.check("a witness that is gone is named", until(lambda: "the witness B did not cosign" in run(*doctor).stdout), run(*doctor))
    told = service.verify(credential)
    tally.check("without a quorum it goes on, and says how far it reaches",
                told["verdict"] == "valid" and told["witnessed"]["size"] == before < size_of(service), told)
    numbers = service.get("/metrics").body.decode()
    tally.check("and its numbers say so", "vidimus_unwitnessed_entries 1" in numbers, numbers)
    b.start()
    tally.check("the quorum is regained by itself", until(lambda: covered(service), 60), witnessed(service))


def old_copy(service, folder, a, b):
    """Keys and data put back together look whole to themselves; the witnesses know."""
    places = [(service.data, folder / "old-data"), (service.keys, folder / "old-keys")]
    for now, then in places:
        shutil.copytree(now, then)
    with service:
        service.issue(business("后来"))
        tally.check("cosigned once more", until(lambda: covered(service)), witnessed(service))
        service.stop()

    def put_back():
        for now, then in places:
            shutil.rmtree(now)
            shutil.copytree(then, now)

    put_back()
    refuses(service, "an old copy of keys and data is not started", "old copy", "--roll-forward")
    a.stop()
    b.stop()
    with service:
        tally.check("with no witness in reach it starts", until(lambda: service.get("/readyz").status == 200))
        service.issue(business("分叉甲"))
        a.start()
        tally.check("and stops writing as soon as one is", until(lambda: service.get("/readyz").status == 503, 60), witnessed(service))
        answer = service.post("/v1/licences", business("分叉乙"), who="market-regulation")
        tally.equal("which whoever issues is told", (answer.status, answer.problem), (503, "not-ready"))
        condition = service.get("/v1/operator/condition", who="operator").json["readiness"]["writing"]
        tally.check("and the operator why", "two faces" in condition or "old copy" in condition, condition)
        tally.equal("reading goes on", service.get("/ledger/checkpoint").status, 200)
        service.stop()
    refuses(service, "nor is what went on from it", "two faces")


def fail_closed(service, a, b):
    """A ledger of its own, where no entry may wait longer than a second."""
    fresh = Service(service.home.parent / "closed", "--witness-every", "250ms")
    with fresh:
        vkey = fresh.home / "vkey"
        vkey.write_bytes(fresh.get("/ledger/vkey").body)
        fresh.stop()
    fresh.flags += ("--witness-within", "1s")
    refuses(fresh, "a limit without a policy is refused", "--witness-within")
    with Witness(fresh.home / "w", "w.example/1", vkey) as w:
        kept = fresh.keys / "witnesses.policy"
        kept.write_text(f"witness W {w.vkey} {w.url}\nquorum W\n")
        kept.chmod(0o600)
        with fresh:
            fresh.issue()
            tally.check("under its quorum it goes on", until(lambda: covered(fresh)), witnessed(fresh))
            w.stop(signal.SIGKILL)
            fresh.issue(business("等待"))
            refused = until(lambda: fresh.get("/readyz").status == 503)
            answer = fresh.post("/v1/licences", business("更久"), who="market-regulation")
            tally.check("after too long nothing is entered", refused and answer.problem == "not-ready", answer)
            w.start()
            tally.check("until there is a quorum again", until(lambda: fresh.get("/readyz").status == 200, 60))
            fresh.issue(business("恢复"))


def choices(folder):
    """A real authority is founded with witnesses or without them, by choice."""
    folder.mkdir()
    run("witness", "init", "--keys", folder / "w", "--name", "w.example/1")
    policy = folder / "policy"

    def begun(*choice):
        return run("init", "--lang", "en", "--plan", folder / "absent.toml", "--keys", folder / "keys", "--data", folder / "data", *choice)

    tally.check("neither is refused", "--quorum" in begun().stderr and "--unwitnessed" in begun().stderr, begun())
    vkey = (folder / "w" / "witness.vkey").read_text().strip()
    for text, says in ((f"witness W {vkey}\nquorum none\n", "--unwitnessed"),
                       (f"log {cosign_vkey(folder)}\nwitness W {vkey}\nquorum W\n", "another ledger"),
                       (f"witness W {vkey}\nquorum V\n", "line 2")):
        policy.write_text(text)
        found = begun("--quorum", policy)
        tally.check(f"refused: {says}", found.returncode == 1 and says in found.stderr, found)


def founded_so(folder):
    """A real authority of one registrar, founded under a quorum: what is kept names its ledger, and its service asks."""
    folder.mkdir()
    place, key, plan, approval = folder / "real", folder / "registrar.pem", folder / "plan.toml", folder / "approval.json"
    origin, logs, policy = "licences.example.cn/ledger", folder / "logs", folder / "policy"
    where = ("--data", place / "data", "--keys", place / "keys", "--lang", "en")
    run("registrar", "new", key)
    possess = run("registrar", "possess", "--key", key, "--origin", origin, "--not-after", "2099-01-01T00:00:00.000Z").stdout
    sample = (PROJECT / "schemas/sample/authority.toml").read_text("utf-8")
    plan.write_text(f'origin = "{origin}"\nbase_url = "https://licences.example.cn"\n{sample}\n{possess}', "utf-8")
    witness = Witness(folder / "w", "w.example/1", logs)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        witness.port = free.getsockname()[1]
    policy.write_text(f"witness W {witness.vkey} http://127.0.0.1:{witness.port}\nquorum W\n")
    found = run("init", "--plan", plan, "--quorum", policy, *where)
    tally.equal(f"keys are made under a policy {found.stderr}", found.returncode, 0)
    approval.write_text(run("registrar", "sign", place / "keys/statements.json", "--key", key).stdout)
    found = run("init", "--json", "--approval", approval, *where)
    tally.equal(f"and the authority is founded {found.stderr}", found.returncode, 0)
    vkey = json.loads(found.stdout)["vkeys"][0]
    kept = (place / "keys/witnesses.policy").read_text()
    tally.equal("the policy that is kept names its ledger", kept, f"log {vkey}\n{policy.read_text()}")
    logs.write_text(vkey + "\n")
    with witness, Service(place, "--witness-every", "250ms") as service:
        tally.check("and the service asks by it", until(lambda: covered(service)), witnessed(service))
        found = run("audit", "replay", "--lang", "en", "--from", service.url, "--policy", place / "keys/witnesses.policy")
        tally.check("an auditor takes that very file", found.returncode == 0 and "1 of 1 witnesses" in found.stdout, found)
        service.stop()
    lost_choice(service, place)


def lost_choice(service, place):
    """Without the policy a real authority would go on as if nobody had been chosen."""
    kept = place / "keys/witnesses.policy"
    aside = kept.rename(place / "aside")
    refuses(service, "a lost policy is refused", "witnesses.policy", "quorum none")
    found = run("doctor", "--lang", "en", "--data", place / "data", "--keys", place / "keys")
    tally.check("and doctor says so", found.returncode != 0 and "witnesses.policy" in found.stdout, found)
    kept.write_text("quorum none\n")
    kept.chmod(0o600)
    with service:
        tally.equal("un-witnessed by choice it starts", service.get("/ledger/witnessed-checkpoint").status, 404)
        service.stop()
    aside.replace(kept)


def cosign_vkey(folder):
    other = folder / "other"
    other.mkdir(exist_ok=True)
    cosign("keys", "log.example/other", other)
    return (other / "log.vkey").read_text().strip()


def main():
    with home() as folder:
        with tally.part("statuses"):
            statuses(folder / "statuses")
        with tally.part("our ledger"):
            our_ledger(folder / "ledger")
        with tally.part("choices"):
            choices(folder / "choices")
        with tally.part("founded under a quorum"):
            founded_so(folder / "founded")
        with tally.part("outside eyes"):
            outside_eyes(folder / "eyes")
    tally.end()


if __name__ == "__main__":
    main()
