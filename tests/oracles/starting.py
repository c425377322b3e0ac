"""When a service must refuse to start, and what it must say: nothing is ever signed over a fork.

    python3 tests/oracles/starting.py

Standard library only.
"""

import json
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

from service import PROGRAM, PROJECT, Service, Tally, business, home, run, until

tally = Tally()


def refuses(what, folder, *flags, data=None, keys=None, says):
    """A refusal ends with 1, listens nowhere, and says the cure."""
    service = Service(folder, *flags, data=data, keys=keys)
    before = len(service.said()) if (folder / "stderr.log").exists() else 0
    try:
        service.start()
    except RuntimeError:
        said = service.said()[before:]
        tally.equal(f"{what}: refused with 1", service.process.returncode, 1)
        tally.check(f"{what}: says {says!r}", any(word in said.lower() for word in says), said)
        tally.check(f"{what}: without a panic", "panicked" not in said, said)
    else:
        service.kill()
        tally.check(f"{what}: refused", False, "it listens")


def found(folder, place, passphrase):
    """A real authority under one registrar: its plan is refused, then its approval, and then both are good."""
    where = ("--data", place / "data", "--keys", place / "keys", "--passphrase-file", passphrase, "--lang", "en")
    origin, until_when = "licences.example.cn/ledger", "2099-01-01T00:00:00.000Z"
    key, plan, approval = folder / "registrar.pem", folder / "plan.toml", folder / "approval.json"
    tally.equal("a registrar makes a key", run("registrar", "new", key).returncode, 0)
    possess = run("registrar", "possess", "--key", key, "--origin", origin, "--not-after", until_when).stdout
    elsewhere = run("registrar", "possess", "--key", key, "--origin", "other.example/1", "--not-after", until_when).stdout
    sample = (PROJECT / "schemas/sample/authority.toml").read_text("utf-8")
    head = f'origin = "{origin}"\nbase_url = "https://licences.example.cn"\n'
    good = head + sample + "\n" + possess
    wrong = {
        "departments[0].powers[0].type": good.replace('"business-licence"', '"busines-licence"', 1),
        "departments[0].slug": good.replace('"market-regulation"', '"operator"', 1),
        "registrars[0].possession": head + sample + "\n" + elsewhere,
    }
    for field, text in wrong.items():
        plan.write_text(text, "utf-8")
        done = run("init", "--plan", plan, "--unwitnessed", *where)
        tally.check(f"a plan wrong in {field} is refused by its name", done.returncode == 1 and field in done.stderr, done)
        tally.check("and nothing is written", not (place / "keys").exists() and not (place / "data").exists())
    plan.write_text(good, "utf-8")
    done = run("init", "--plan", plan, *where)
    tally.check("outside witnesses are a choice that must be made", done.returncode == 1 and "--unwitnessed" in done.stderr, done)
    done = run("init", "--plan", plan, "--unwitnessed", *where)
    tally.equal(f"a good plan is taken {done.stderr}", done.returncode, 0)
    statements = place / "keys/statements.json"
    done = run("registrar", "sign", statements, "--key", key, "--origin", "other.example/1", "--lang", "en")
    tally.check("statements of another ledger are not signed", done.returncode == 1 and not done.stdout, done)
    done = run("registrar", "sign", statements, "--key", key, "--origin", origin, "--lang", "en")
    tally.check("what is signed is shown", "lets 样例市市场监督管理局" in done.stderr and origin in done.stderr, done.stderr)
    signed = json.loads(done.stdout)
    bad = {**signed, "signatures": [*signed["signatures"][:-2], *reversed(signed["signatures"][-2:])]}
    before = (place / "keys/founding.json").read_bytes()
    for what, one in (("swapped signatures", bad), ("too few", {**signed, "signatures": signed["signatures"][:-1]})):
        approval.write_text(json.dumps(one))
        done = run("init", "--approval", approval, *where)
        tally.check(f"{what} are refused with the registrar's name", done.returncode == 1 and signed["key"] in done.stderr, done)
        tally.equal("and nothing is noted", (place / "keys/founding.json").read_bytes(), before)
    approval.write_text(json.dumps(signed))
    done = run("init", "--approval", approval, *where)
    tally.equal(f"and the good ones found it {done.stderr}", done.returncode, 0)


def main():
    with home() as folder:
        place = folder / "authority"
        with Service(place) as service:
            tally.check("founding says what to try", until(lambda: "curl" in service.said(), 5), service.said())
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in service.keys.rglob("*") if path.is_file()}
            tally.check("every file of --keys is the owner's alone", set(modes.values()) <= {"0o600", "0o400"}, modes)
            tokens = sorted(path.stem for path in (service.keys / "tokens").glob("*.token"))
            tally.check("a token for each department, operator and auditor", {"market-regulation", "education", "operator", "auditor"} <= set(tokens), tokens)
            stored = b"".join(path.read_bytes() for path in service.data.rglob("*") if path.is_file())
            tally.check("no token is stored under --data", service.token("operator").encode() not in stored)
            service.issue()
            refuses("a second server on the same data", folder / "second", data=service.data, keys=service.keys,
                    says=["running", "use", "lock"])
            tally.equal("the first goes on", service.post("/v1/licences", business(), who="market-regulation").status, 201)
            tally.equal("SIGTERM ends with 0", service.stop(), 0)

        for name in ("data", "keys"):
            shutil.copytree(place / name, folder / f"old-{name}")
        with Service(place) as service:
            for n in range(5):
                service.issue(business(f"企业{n}"))
            service.stop()
        refuses("an old copy of the data", folder / "x1", data=folder / "old-data", keys=place / "keys",
                says=["last-signed", "older", "backup", "copy"])
        refuses("an old copy of the data, again", folder / "x1", data=folder / "old-data", keys=place / "keys",
                says=["last-signed", "older", "backup", "copy"])
        refuses("only keys", folder / "x2", data=folder / "none", keys=place / "keys", says=["--data", "data"])
        refuses("only data", folder / "x3", data=place / "data", keys=folder / "nokeys", says=["--keys", "keys"])
        with Service(folder / "stranger") as stranger:
            stranger.stop()
        refuses("another authority's keys", folder / "x4", data=place / "data", keys=folder / "stranger/keys",
                says=["key", "origin", "ledger"])
        refuses("another public URL", place, "--public-url", "https://elsewhere.example", says=["public-url", "127.0.0.1:8080"])
        refuses("data that is a file", folder / "x5", data=PROGRAM, says=["directory", "--data", "data"])

        for name in ("old-data", "old-keys"):
            tally.check(f"{name} is left as it was", (folder / name).is_dir())
        with Service(place, "--public-url", "http://127.0.0.1:8080") as service:
            tally.equal("the founded public URL is accepted", service.get("/healthz").status, 200)
            tally.equal("and all of it holds", run("audit", "replay", "--from", service.url).returncode, 0)
        usage = subprocess.run([PROGRAM, "serve", "--no-such-flag"], capture_output=True, text=True)
        tally.equal("usage is 2", usage.returncode, 2)
        wrong = folder / "wrong.toml"
        wrong.write_text('tik = "1s"\n')
        refuses("an unknown key in --config", folder / "x6", "--config", str(wrong), says=["tik"])

        founded = folder / "named"
        with Service(founded, "--public-url", "https://licences.example") as service:
            issued = service.issue()
            tally.equal("founded under another name, reached by address", service.verify(issued["credential"])["verdict"], "valid")
            replay = run("audit", "replay", "--from", service.url)
            tally.check("replay resolves its names by path", replay.returncode == 0, replay.stdout + replay.stderr)

        passphrase = folder / "passphrase"
        passphrase.write_text("correct horse battery staple\n")
        refuses("a passphrase that others may read", folder / "x7", "--passphrase-file", str(passphrase), says=["chmod"])
        passphrase.chmod(0o600)
        locked = folder / "locked"
        config = folder / "real.toml"
        config.write_text('sample = false\n')
        refuses("a sample under a real authority's configuration", locked, "--config", str(config), says=["vidimus init"])
        found(folder, locked, passphrase)
        with Service(locked, "--passphrase-file", str(passphrase)) as service:
            tally.check("a real authority's start tells nobody to issue", until(lambda: "entries." in service.said(), 5)
                        and "curl" not in service.said(), service.said())
            service.issue()
            private = [path for path in service.keys.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
            tally.check("private keys are encrypted", private and all(b"ENCRYPTED" in path.read_bytes() for path in private), private)
            service.stop()
        refuses("encrypted keys without the passphrase", locked, says=["passphrase"])
        passphrase.write_text("wrong\n")
        refuses("encrypted keys with a wrong passphrase", locked, "--passphrase-file", str(passphrase), says=["passphrase"])
    tally.end()


if __name__ == "__main__":
    main()
