"""The applicant's voice and what departments remind of, by commands and over a restore: a letter is written, survives a
backup, is answered and read; a false promise calls for its rescission and bars the next, also after the restore; licences
that end soon are listed for mailing; demands and calendars are read by everybody.

    python3 tests/oracles/applicant.py

Standard library and openssl.
"""

import csv
import importlib.util
import io
import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True

from officer import APPLICATION, LEAD, OTHER, Officer
from service import OFFSET, Service, home, run

# Under a name of its own: the second law has a module of that name too.
found = importlib.util.spec_from_file_location("played_cases", Path(__file__).with_name("cases.py"))
played = importlib.util.module_from_spec(found)
found.loader.exec_module(played)
approve_with_openssl, post, tally = played.approve_with_openssl, played.post, played.tally
TOO_LONG = "等了太久"


def command(service, *words, who=LEAD, lang="en"):
    return run(*words, "--to", service.url, "--token", service.token_file(who), "--json", "--lang", lang)


def follow(service, filed, letter=None):
    return service.post(f"/track/{filed['number']}", {"code": filed["code"], **({"letter": letter} if letter else {})})


def promised_falsely(service, officers):
    """A licence on a promise, which is found false."""
    intake, signer, elsewhere, supervisor = officers
    filed = service.post("/v1/cases", {**APPLICATION, "promise": True}, who=LEAD).json
    case = filed["case"]
    tally.equal("accepted", intake.cli(service, "accept", case).returncode, 0)
    done = signer.cli(service, "decide", case, "--outcome", "granted", "--reason", "承诺办理")
    tally.equal("decided on the promise", done.returncode, 0)
    approve_with_openssl(service, case, signer)
    approve_with_openssl(service, case, elsewhere)
    issued = post(service, case, "issue", {})
    tally.equal("issued", issued.status, 200)
    done = supervisor.cli(service, "check", case, "--truth", "false", "--reason", "现场核查不符")
    tally.equal("found false", done.returncode, 0)
    return case, issued.json["issued"]["handle"]


def restored(service, folder):
    service.stop()
    done = run("backup", folder / "backup", "--data", service.data, "--json", "--lang", "en")
    tally.check("backed up", done.returncode == 0, done.stdout + done.stderr)
    done = run("restore", folder / "backup", "--data", folder / "restored", "--keys", service.keys, "--json", "--lang", "en")
    tally.check("restored", done.returncode == 0, done.stdout + done.stderr)
    shutil.rmtree(service.data)
    shutil.copytree(folder / "restored", service.data)
    service.start()


def letters(service, folder):
    filed = service.post("/v1/cases", APPLICATION, who=LEAD).json
    written = follow(service, filed, {"kind": "complaint", "text": TOO_LONG})
    tally.equal("written", (written.status, written.json["letters"]), (200, 1))
    service.kill()
    service.start()
    tally.equal("a letter survives a kill", follow(service, filed).json["letters"], 1)
    restored(service, folder)
    listed = json.loads(command(service, "case", "list", "--waiting", "letters").stdout)["items"]
    tally.equal("the case waits for an answer", [item["case"] for item in listed], [filed["case"]])
    shown = run("case", "show", filed["case"], "--to", service.url, "--token", service.token_file(LEAD), "--lang", "zh")
    tally.check("it is shown in words", TOO_LONG in shown.stdout and "答复期限" in shown.stdout, shown.stdout)
    dry = command(service, "case", "answer", filed["case"], "1", "--text", "已加派人手", "--dry-run")
    tally.equal("a dry run answers nothing", (dry.returncode, follow(service, filed).json["letters"]), (0, 1))
    done = command(service, "case", "answer", filed["case"], "1", "--text", "已加派人手")
    tally.check("answered by command", done.returncode == 0, done.stderr)
    again = command(service, "case", "answer", filed["case"], "1", "--text", "再次答复")
    tally.check("once", again.returncode == 1 and "409" in again.stderr, again.stderr)
    read = follow(service, filed).json
    tally.equal("read where it was asked", (read["letters"], read["correspondence"][0]["answer"]["text"]), (0, "已加派人手"))
    none = command(service, "case", "list", "--waiting", "letters")
    tally.equal("nothing waits any more", none.returncode, 20)


def promises(service, case, handle):
    barred = service.post("/v1/cases", {**APPLICATION, "promise": True}, who=LEAD)
    tally.equal("barred, also after a restore", (barred.status, barred.problem), (403, "promise-barred"))
    listed = json.loads(command(service, "case", "list", "--waiting", "rescission").stdout)["items"]
    tally.equal("to be rescinded", [(item["case"], item["rescind"]) for item in listed], [(case, handle)])
    ended = service.post(f"/v1/licences/{handle}/end", {"reason": "承诺不实", "act": "rescinded"}, who=LEAD)
    tally.equal("rescinded", ended.status, 200)
    tally.equal("done", command(service, "case", "list", "--waiting", "rescission").returncode, 20)


def reminders(service):
    today = datetime.now(OFFSET).date()
    for number, days in enumerate((3, 30, 90)):
        request = {
            "type": "business-licence", "reference": f"R-{number}", "valid_from": str(today), "valid_until": str(today + timedelta(days)),
            "holders": [{"name": f"样例企业{number}", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
            "claims": {"established": "2018-03-01"},
        }
        tally.equal("issued", service.post("/v1/licences", request, who=LEAD).status, 201)
    lines = [json.loads(line) for line in command(service, "licence", "ending", "--within", "45").stdout.splitlines()]
    tally.equal("a line each, and a summary", [line.get("reference") for line in lines], ["R-0", "R-1", None])
    tally.equal("which counts them", lines[-1]["found"], 2)
    table = run("licence", "ending", "--within", "10", "--to", service.url, "--token", service.token_file(LEAD), "--lang", "en")
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    tally.equal("a table for mailing", [(row["reference"], row["holder"]) for row in rows], [("R-0", "样例企业0")])
    nothing = command(service, "licence", "ending", "--before", str(today))
    tally.equal("nothing ends today", nothing.returncode, 20)


def demands(service):
    add = ("proof-demand", "add", "--department", "education", "--matter", "入学登记", "--proof")
    refused = command(service, *add, "完税证明", who="education")
    tally.check("a licence proves it", refused.returncode == 1 and "409" in refused.stderr, refused.stderr)
    added = command(service, *add, "居住证明", who="education")
    tally.check("a need", added.returncode == 0 and json.loads(added.stdout)["need"].startswith("n-"), added.stderr)
    listed = command(service, "proof-demand", "list", who="operator")
    tally.equal("listed", [item["proof"] for item in json.loads(listed.stdout)["items"]], ["居住证明"])
    # The count of the hour that was not over is entered at the stop.
    service.stop()
    service.start()
    counted = run("proof-demand", "count", "--to", service.url, "--json", "--lang", "en")
    told = json.loads(counted.stdout)
    tally.equal("counted, without a token", (told["needs"], [(item["type"], item["refused"]) for item in told["items"]]), (1, [("tax-payment", 1)]))
    calendars = run("calendar", "list", "--from", service.url, "--lang", "zh")
    tally.check("working days", "2026 年" in calendars.stdout and "2026-10-01  放假" in calendars.stdout, calendars.stdout)


def main():
    with home() as folder:
        service = Service(folder / "authority").start()
        officers = (
            Officer(tally, service, folder, "intake", LEAD, "intake"),
            Officer(tally, service, folder, "signer", LEAD, "signer", by_openssl=True),
            Officer(tally, service, folder, "elsewhere", OTHER, "signer", by_openssl=True),
            Officer(tally, service, folder, "supervisor", LEAD, "supervisor"),
        )
        with tally.part("a false promise"):
            case, handle = promised_falsely(service, officers)
        with tally.part("letters"):
            letters(service, folder)
        with tally.part("promises"):
            promises(service, case, handle)
        with tally.part("reminders"):
            reminders(service)
        with tally.part("demands"):
            demands(service)
        with tally.part("replayed"):
            tally.equal("the auditor's replay holds", run("audit", "replay", "--from", service.url, "--json").returncode, 0)
        service.stop()
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
