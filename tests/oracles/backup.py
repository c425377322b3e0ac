"""Backup under load, restored elsewhere, rolled forward and replayed; an old one refused with the cure; a damaged one refused
by the name of its file.

    python3 tests/oracles/backup.py

Standard library only.
"""

import hashlib
import json
import shutil
import sys
import threading

sys.dont_write_bytecode = True

from service import Service, Tally, business, home, run

tally = Tally()


def back_up(service, folder, *more, token="operator", lang="en"):
    return run("backup", folder, "--from", service.url, "--token", service.token_file(token), "--json", "--lang", lang, *more)


def restore(backup, data, *more, lang="en"):
    return run("restore", backup, "--data", data, "--json", "--lang", lang, *more)


def summary(done):
    """The last line of a command's JSON."""
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return json.loads(lines[-1]) if lines else {}


def state(service, issued):
    """What departments, holders and verifiers see of licences."""
    seen = {}
    for one in issued:
        handle = one["handle"]
        shown = service.get(f"/v1/licences/{handle}", who="market-regulation").json
        credential = service.get(f"/v1/licences/{handle}/credential", who="market-regulation")
        seen[handle] = (shown["standing"], shown.get("licence_number"), credential.status, credential.body)
    return seen


def main():
    with home() as folder:
        place = folder / "authority"
        service = Service(place).start()
        issued = [service.issue(business(f"企业{n}"), Idempotency_Key=f"k{n}") for n in range(12)]
        suspended, ended = issued[0]["handle"], issued[1]["handle"]
        for handle, act, body in ((suspended, "suspend", {"reason": "检查"}), (ended, "end", {"reason": "注销", "act": "cancelled"})):
            answer = service.post(f"/v1/licences/{handle}/{act}", body, who="market-regulation")
            tally.equal(f"{act} is done", answer.status, 200)
        pickup = service.post(f"/v1/licences/{issued[2]['handle']}/pickup", {}, who="market-regulation").json
        kept = service.post("/v1/verifications", {"evidence": issued[3]["credential"], "keep": True}, who="housing").json

        with tally.part("under load"):
            stop, results = threading.Event(), []

            def load():
                n = 0
                while not stop.is_set():
                    results.extend(service.batch([business(f"批量{n}-{i}") for i in range(40)]))
                    n += 1

            writers = [threading.Thread(target=load) for _ in range(2)]
            for writer in writers:
                writer.start()
            made = back_up(service, folder / "b1")
            again = back_up(service, folder / "b2")
            stop.set()
            for writer in writers:
                writer.join()
            tally.equal("the backup is made while licences are issued", (made.returncode, made.stderr), (0, ""))
            first, second = summary(made), summary(again)
            tally.check("each is of one size, and the later of a larger", 0 < first["size"] < second["size"], (first, second))
            tally.check("every line of the load was issued", results and all("issued" in line for line in results),
                        [line for line in results if "issued" not in line][:2])
            size = json.loads(service.get("/readyz").body)["ledger_size"]
            tally.check("the ledger went on", size > second["size"], (size, second))

        with tally.part("what is in it"):
            files = {path.relative_to(folder / "b1").as_posix(): path for path in (folder / "b1").rglob("*") if path.is_file()}
            manifest = json.loads(files["manifest.json"].read_bytes())
            tally.equal("the manifest names every file", sorted(manifest["files"]), sorted(set(files) - {"manifest.json"}))
            modes = [oct((folder / "b1" / name).stat().st_mode & 0o777) for name in ("", "beside.rows", "manifest.json")]
            tally.equal("it is its owner's alone, also when it is moved", modes, ["0o700", "0o600", "0o600"])
            wrong = [name for name, kept in manifest["files"].items() if hashlib.sha256(files[name].read_bytes()).hexdigest() != kept["sha256"]]
            tally.equal("and its digest", wrong, [])
            replay = run("audit", "replay", "--from", folder / "b1/ledger")
            tally.equal("its ledger is an export that holds", replay.returncode, 0)
            everything = b"".join(path.read_bytes() for path in files.values())
            secrets = [path for path in service.keys.rglob("*") if path.is_file() and path.stat().st_size > 16
                       and path.name not in ("last-signed", "tokens.json", "founding.json") and path.read_bytes().strip() in everything]
            tally.equal("no key, secret or token is in it", secrets, [])
            tally.check("no name is readable in it", "企业3".encode() not in everything)

        with tally.part("who may"):
            for token in ("market-regulation", "auditor"):
                refused = back_up(service, folder / f"no-{token}", token=token)
                tally.check(f"{token} may not", refused.returncode == 1 and "operator" in refused.stderr, refused)
                tally.check("and nothing is left", not (folder / f"no-{token}").exists())
            tally.equal("nobody without a token", service.get("/v1/operator/backup?size=1").status, 401)
            tally.equal("no size that is not published", service.get("/v1/operator/backup?size=99999999", who="operator").status, 404)
            full = back_up(service, folder / "b1")
            tally.check("a directory that is not empty is refused", full.returncode == 1 and "not empty" in full.stderr, full)

        late = service.issue(business("后来的企业"))
        acted = service.post(f"/v1/licences/{issued[4]['handle']}/suspend", {"reason": "备份之后"}, who="market-regulation")
        tally.equal("an act after the backups", acted.status, 200)
        before = state(service, issued)
        tally.equal("SIGTERM ends with 0", service.stop(), 0)
        # After the end: what was refused is entered while stopping.
        exported = run("ledger", "export", folder / "export", "--data", place / "data")
        tally.equal("the whole ledger is exported", exported.returncode, 0)
        shutil.copytree(place / "keys", folder / "keys")

        with tally.part("stopped"):
            stopped = run("backup", folder / "b3", "--data", place / "data", "--json")
            tally.equal("a stopped service is backed up from its data", stopped.returncode, 0)
            whole = restore(folder / "b3", folder / "whole", "--keys", folder / "keys")
            tally.equal("and comes back whole", (whole.returncode, summary(whole)["drafts_missing"]), (0, 0))
            with Service(folder / "there", data=folder / "whole", keys=folder / "keys") as elsewhere:
                tally.equal("the same licences, numbers and credentials", state(elsewhere, issued), before)
                tally.equal("the late one too", elsewhere.get(f"/v1/licences/{late['handle']}/credential", who="market-regulation").status, 200)
                answer = elsewhere.post("/v1/licences", business("企业5"), who="market-regulation", Idempotency_Key="k5")
                tally.equal("an answer under its key is the same", answer.json["handle"], issued[5]["handle"])
                conflict = elsewhere.post("/v1/licences", business("别的"), who="market-regulation", Idempotency_Key="k5")
                tally.equal("and another body conflicts", conflict.problem, "idempotency-conflict")
                path = pickup["address"].split("127.0.0.1:8080", 1)[-1]
                got = elsewhere.ask("POST", path, f"code={pickup['code']}", Content_Type="application/x-www-form-urlencoded", Accept="application/json")
                tally.equal("a pickup is open", got.status, 200)
                tally.equal("a kept report is kept", elsewhere.get(f"/v1/reports/{kept['report']}", who="housing").status, 200)
                replay = run("audit", "replay", "--from", elsewhere.url, "--json")
                tally.equal("replay holds", (replay.returncode, summary(replay)["holds"]), (0, True))
                elsewhere.stop()
            # Its keys signed on: back to those of before.
            shutil.rmtree(folder / "keys")
            shutil.copytree(place / "keys", folder / "keys")

        with tally.part("an old backup"):
            for lang, words in (("en", ["last-signed", "--roll-forward", "fork", "Never delete"]), ("zh", ["last-signed", "--roll-forward", "分叉", "不要删除"])):
                old = restore(folder / "b1", folder / "old", "--keys", folder / "keys", lang=lang)
                tally.check(f"is refused with the cure ({lang})", old.returncode == 1 and all(word in old.stderr for word in words), old)
            tally.check("and nothing is made", not (folder / "old").exists())
            alone = restore(folder / "b1", folder / "alone")
            tally.equal("without keys it comes back, at its own size", (alone.returncode, summary(alone)["size"]), (0, first["size"]))
            try:
                Service(folder / "x", data=folder / "alone", keys=folder / "keys").start().kill()
                tally.check("but does not start under them", False)
            except RuntimeError as refusal:
                tally.check("but does not start under them", "older copy" in str(refusal), refusal)

        with tally.part("roll forward"):
            forward = restore(folder / "b1", folder / "new", "--keys", folder / "keys", "--roll-forward", folder / "export")
            told = summary(forward)
            tally.equal("says that it is partial", forward.returncode, 13)
            tally.check("and what is missing", late["handle"] in told["missing"] and told["drafts_missing"] == len(told["missing"]), told)
            tally.equal("also the reason of an act after it", [one["handle"] for one in told["reasons_missing"]], [issued[4]["handle"]])
            plain = run("restore", folder / "b1", "--data", folder / "plain", "--keys", folder / "keys", "--roll-forward", place / "data", "--lang", "zh")
            named = f"{issued[4]['handle']}#{told['reasons_missing'][0]['entry']}"
            tally.check("rolled forward from the data directory itself: the same, in words", plain.returncode == 13 and named in plain.stdout, plain)
            tally.check("and nothing of the backup", not {one["handle"] for one in issued} & set(told["missing"]))
            with Service(folder / "there", data=folder / "new", keys=folder / "keys") as elsewhere:
                tally.equal("what the backup held is as before", state(elsewhere, issued), before)
                shown = elsewhere.get(f"/v1/licences/{late['handle']}", who="market-regulation")
                tally.equal("a licence without its draft has its standing", (shown.status, shown.json["standing"]), (200, "valid"))
                gone = elsewhere.get(f"/v1/licences/{late['handle']}/credential", who="market-regulation")
                tally.equal("and no credential", (gone.status, gone.problem), (410, "erased"))
                tally.equal("but whoever has it is told valid", elsewhere.verify(late["credential"])["verdict"], "valid")
                listed = elsewhere.get("/v1/licences", who="market-regulation")
                tally.equal("the list goes on", listed.status, 200)
                fresh = [elsewhere.issue(business(f"恢复后{n}")) for n in range(5)]
                tally.equal("issuing goes on", {elsewhere.verify(one["credential"])["verdict"] for one in fresh}, {"valid"})
                ours = run("audit", "replay", "--from", elsewhere.url, "--json")
                theirs = run("audit", "replay", "--from", folder / "export", "--json")
                tally.equal("replay holds", ours.returncode, 0)
                tally.equal("and was the same ledger", summary(ours)["origin"], summary(theirs)["origin"])
                elsewhere.stop()
            again = restore(folder / "b1", folder / "new", "--keys", folder / "keys", "--roll-forward", folder / "export")
            tally.check("a data directory that is not empty is refused", again.returncode == 1 and "not empty" in again.stderr, again)

        with tally.part("old keys"):
            shutil.copytree(place / "keys", folder / "lost")
            with Service(folder / "stranger") as stranger:
                stranger.stop()
            foreign = restore(folder / "b3", folder / "foreign", "--keys", folder / "stranger/keys")
            tally.check("another authority's keys are refused", foreign.returncode == 1 and not (folder / "foreign").exists(), foreign)
            smaller = (folder / "b1/ledger/checkpoint").read_text()
            (folder / "lost/last-signed").write_text(smaller)
            refused = restore(folder / "b3", folder / "lost-data", "--keys", folder / "lost")
            tally.check("an old last-signed is refused with the cure", refused.returncode == 1 and "--newest" in refused.stderr, refused)
            brought = restore(folder / "b3", folder / "lost-data", "--keys", folder / "lost", "--newest")
            tally.equal("and brought forward on the operator's word", (brought.returncode, summary(brought)["last_signed_was"]), (0, first["size"]))
            with Service(folder / "there", data=folder / "lost-data", keys=folder / "lost") as elsewhere:
                tally.equal("then it starts", elsewhere.get("/readyz").status, 200)
                elsewhere.stop()

            (folder / "lost/last-signed").unlink()
            refused = restore(folder / "b3", folder / "anew", "--keys", folder / "lost")
            tally.check("a lost last-signed is refused with the cure", refused.returncode == 1 and "--newest" in refused.stderr, refused)
            (folder / "stranger/keys/last-signed").unlink()
            foreign = restore(folder / "b3", folder / "anew", "--keys", folder / "stranger/keys", "--newest")
            tally.check("another authority's keys still are", foreign.returncode == 1 and not (folder / "anew").exists(), foreign)
            anew = restore(folder / "b3", folder / "anew", "--keys", folder / "lost", "--newest")
            tally.equal("and made anew on the operator's word", (anew.returncode, summary(anew)["last_signed_made"]), (0, True))
            tally.equal("from the checkpoint", (folder / "lost/last-signed").read_bytes(), (folder / "b3/ledger/checkpoint").read_bytes())
            with Service(folder / "there", data=folder / "anew", keys=folder / "lost") as elsewhere:
                tally.equal("then it starts too", elsewhere.get("/readyz").status, 200)
                elsewhere.stop()

        with tally.part("damage"):
            spoiled = [("beside.rows", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]),
                       ("ledger/checkpoint", lambda data: data.replace(b"vidimus", b"vidimuz", 1)),
                       (next(name for name in sorted(manifest["files"]) if name.startswith("ledger/tile/entries/")), lambda data: data[:-1])]
            for name, change in spoiled:
                shutil.rmtree(folder / "bad", ignore_errors=True)
                shutil.copytree(folder / "b1", folder / "bad")
                (folder / "bad" / name).write_bytes(change((folder / "bad" / name).read_bytes()))
                bad = restore(folder / "bad", folder / "bad-data")
                tally.check(f"{name} changed: refused by name", bad.returncode == 1 and name in bad.stderr and "damaged" in bad.stderr, bad)
                (folder / "bad" / name).unlink()
                gone = restore(folder / "bad", folder / "bad-data", lang="zh")
                tally.check(f"{name} missing: refused by name", gone.returncode == 1 and name in gone.stderr and "缺失" in gone.stderr, gone)
            shutil.copytree(folder / "b1", folder / "more")
            (folder / "more/ledger/notes.txt").write_text("x")
            more = restore(folder / "more", folder / "bad-data")
            tally.check("a strange file: refused by name", more.returncode == 1 and "notes.txt" in more.stderr, more)
            # Whoever changes a file and the manifest with it meets the law.
            shutil.rmtree(folder / "bad")
            shutil.copytree(folder / "b1", folder / "bad")
            entries = spoiled[2][0]
            data = bytearray((folder / "bad" / entries).read_bytes())
            data[-20] ^= 1
            (folder / "bad" / entries).write_bytes(data)
            forged = json.loads((folder / "bad/manifest.json").read_bytes())
            forged["files"][entries]["sha256"] = hashlib.sha256(data).hexdigest()
            (folder / "bad/manifest.json").write_text(json.dumps(forged))
            bad = restore(folder / "bad", folder / "bad-data")
            tally.check("a changed entry under a changed manifest: the ledger does not hold", bad.returncode == 12 and "does not hold" in bad.stderr, bad)
            nothing = restore(folder / "nowhere", folder / "bad-data")
            tally.check("no backup at all", nothing.returncode == 1 and "manifest.json" in nothing.stderr, nothing)
            tally.check("and never a data directory", not (folder / "bad-data").exists())
    tally.end()


if __name__ == "__main__":
    main()
