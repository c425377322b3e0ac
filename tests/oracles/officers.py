"""Officers enrol by themselves: each makes his own key; in a sample the operator's token is enough, elsewhere the operator
hands in a file and two of three registrars approve it, one of them with openssl alone. An openssl key enrols too.

    python3 tests/oracles/officers.py

Standard library and openssl only.
"""

import json
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone

sys.dont_write_bytecode = True

from operators import Operator, founded, openssl_approval, pinned, replayed, sign, tally
from service import PROJECT, Service, home, run

LEAD, CODE = "market-regulation", "11430700MB0000035Y"


def listed(operator, *words, lang="en"):
    done = operator.run("officer", "list", "--from", operator.service.url, *words, "--json", lang=lang, flags=())
    return json.loads(done.stdout)["items"] if done.returncode == 0 else done.returncode


def enrol(operator, *words):
    return operator.told("officer", "enrol", *words, flags=("--to", operator.service.url, "--token", operator.service.token_file("operator")))


def in_a_sample(folder):
    with Service(folder / "authority") as service:
        operator, vkey = Operator(service), pinned(service, folder / "first.vkey")
        tally.equal("nobody yet", listed(operator), 20)
        pem = folder / "li.pem"
        told = enrol(operator, "--department", LEAD, "--roles", "intake,examiner", "--key", pem)
        tally.check("entered at once where the registrar's key is on the server", told["done"] and told["approvals_prove"] == "form", told)
        tally.equal("his key is his alone", stat.S_IMODE(pem.stat().st_mode), 0o600)
        officer = told["about"]["officer"]
        (item,) = listed(operator, "--department", LEAD)
        tally.equal("listed", (item["officer"], item["roles"], item["key"], item["in_force"]), (officer["officer"], ["intake", "examiner"], officer["key"], True))
        for lang, words in (("en", ("officer", "intake,examiner", "no end", "in force")), ("zh", ("经办人", "长期", "在任"))):
            done = operator.run("officer", "list", "--from", service.url, lang=lang, flags=())
            tally.check(f"as a table ({lang})", done.returncode == 0 and all(word in done.stdout for word in words), done.stdout)
        tally.equal("of another department nobody", listed(operator, "--department", "housing"), 20)

        flags = ("--to", service.url, "--token", service.token_file("operator"))
        again = ("officer", "enrol", "--department", LEAD, "--roles", "signer", "--key", pem)
        operator.refused("his key for somebody else", *again, says=[officer["key"], "/officer/key/spki"], flags=flags)
        operator.refused("an unknown department", "officer", "enrol", "--department", "nobody", "--roles", "signer", "--key", folder / "x.pem", says=["nobody"], flags=flags)
        tally.check("and no key is made for it", not (folder / "x.pem").exists())
        operator.refused("an end that is over", "officer", "enrol", "--department", LEAD, "--roles", "signer", "--officer", officer["officer"],
                         "--until", "2020-01-01", says=["2020-01-01", "/officer/until"], flags=flags)
        for wrong in ("mayor", "signer,mayor", ""):
            done = operator.run("officer", "enrol", "--department", LEAD, "--roles", wrong, "--key", pem, flags=flags)
            tally.equal(f"roles {wrong!r} are none", done.returncode, 2)

        told = enrol(operator, "--department", LEAD, "--roles", "supervisor", "--officer", officer["officer"])
        tally.equal("other roles without another key", (told["done"], len(told["statements"]), told["about"]["officer"]["key"]), (True, 1, officer["key"]))
        told = enrol(operator, "--department", LEAD, "--roles", "signer", "--officer", officer["officer"], "--key", folder / "li-2.pem")
        tally.equal("another key for the same person", [one["kind"] for one in told["statements"]], ["key.retired", "key.introduced", "officer.appointed"])
        secret = folder / "secret"
        secret.write_text("a passphrase\n")
        secret.chmod(0o600)
        locked = ("officer", "enrol", "--department", "housing", "--roles", "signer", "--key", folder / "locked.pem")
        told = operator.told(*locked, "--passphrase-file", secret, flags=flags)
        tally.check("a key under a passphrase", told["done"] and "ENCRYPTED" in (folder / "locked.pem").read_text("utf-8"), told)
        foreign = folder / "openssl.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", foreign], check=True, capture_output=True)
        told = enrol(operator, "--department", "housing", "--roles", "signer", "--key", foreign)
        tally.check("a key that openssl made", told["done"], told)

        told = operator.told("officer", "retire", officer["officer"])
        tally.equal("he leaves, and his key with him", [one["kind"] for one in told["statements"]], ["officer.left", "key.retired"])
        (item,) = listed(operator, "--department", LEAD)
        tally.check("he is listed as one who left", not item["in_force"] and item["ended"], item)
        operator.refused("he cannot leave twice", "officer", "retire", officer["officer"], says=[officer["officer"], "/officer_left/officer"])
        done = operator.run("officer", "retire", "1")
        tally.equal("a number that is none", done.returncode, 2)

        year = folder / "2027.toml"
        year.write_text((PROJECT / "schemas/calendars/2027.toml").read_text("utf-8").replace("exceptions = [", "exceptions = [\n", 1)
                        .replace('"2027-10-01", working = false },', '"2027-10-01", working = false },\n{ date = "2027-10-04", working = false },'), "utf-8")
        told = operator.told("calendar", "publish", year)
        tally.equal("a calendar in place of the one built in", (told["done"], told["about"]), (True, {"calendar": {"year": 2027}}))
        year.write_text('year = 2027\nexceptions = [{ date = "2027-10-01", working = true }]\n', "utf-8")
        operator.refused("a calendar of what is no exception", "calendar", "publish", year, says=["2027-10-01", "/calendar/exceptions/0/date"])
        replayed(service, vkey)


def registrars_elsewhere(folder):
    place, pems = founded(folder)
    with Service(place) as service:
        operator, vkey = Operator(service), pinned(service, folder / "real.vkey")
        request, pem = folder / "wang.json", folder / "wang.pem"
        origin = service.get("/ledger/checkpoint").body.decode().split("\n")[0]
        enrol = ("officer", "enrol", "--department", CODE, "--roles", "signer", "--key", pem, "--origin", origin, "--out", request)
        done = operator.run("officer", "enrol", "--department", LEAD, "--roles", "signer", "--key", pem, "--origin", origin, flags=())
        tally.check("without a service the department is its code", done.returncode == 1 and not pem.exists(), done.stderr)
        done = operator.run(*enrol, flags=())
        tally.check("an officer writes what he asks for", done.returncode == 0 and request.exists() and pem.exists(), done.stderr)
        begun = operator.told("officer", "appoint", request)
        tally.check("and waits for registrars", not begun["done"] and begun["approvals_prove"] == "people", begun)
        asked = place / begun["statements_file"]
        told = run("registrar", "sign", asked, "--key", pems[0], "--lang", "en")
        officer = begun["about"]["officer"]
        tally.check("a registrar reads whom he appoints, and to what",
                    all(word in told.stderr for word in ("appoints officer " + officer["officer"], CODE, "signer", officer["from"], "until he leaves", officer["key"])), told.stderr)
        told = operator.told("ceremony", "approve", sign(asked, pems[0], folder / "o0.json"), openssl_approval(asked, pems[2], folder / "o2.json"))
        tally.check("appointed by two registrars", told["done"], told)
        (item,) = listed(operator)
        tally.equal("and in force", (item["officer"], item["in_force"]), (officer["officer"], True))
        operator.refused("handed in twice", "officer", "appoint", request, says=["/officer/key/spki"])
        other = json.loads(request.read_text("utf-8"))
        other["officer"]["key"]["not_after"] = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        request.write_text(json.dumps(other), "utf-8")
        operator.refused("with a proof that was changed", "officer", "appoint", request, says=["/officer/key"])
        request.write_text("{}", "utf-8")
        operator.refused("with a file that is none", "officer", "appoint", request, says=["wang.json"])
        replayed(service, vkey)


def main():
    with home() as folder:
        for part in (in_a_sample, registrars_elsewhere):
            with tally.part(part.__name__):
                (folder / part.__name__).mkdir()
                part(folder / part.__name__)
    tally.end()


if __name__ == "__main__":
    main()
