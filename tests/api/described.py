"""The running service against its own description, by schemathesis: what fits it, what nearly does, and what does not.

Once without a token and once for each role. VIDIMUS_CASES: cases for each operation and phase (40).
The limit of requests from one address is off, by its own setting; the budgets of guesses and of computing stay on, and
429 is one of the answers described. Run with a Python that has tests/requirements.txt.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))
from service import PROJECT, Service, Tally  # noqa: E402

CASES = os.environ.get("VIDIMUS_CASES", "40")
ROLES = [None, "market-regulation", "education", "auditor", "operator"]
CONFIG = PROJECT / "tests/api/schemathesis.toml"


def described(tally, service, role, home):
    """One run of schemathesis; each operation of each phase is one check."""
    junit = home / f"{role}.xml"
    headers = ["-H", f"Authorization: Bearer {token(service, role)}"] if role else []
    ran = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG, "run", f"{service.url}/openapi.json",
         "--max-examples", CASES, "--report-junit-path", junit, *headers],
        cwd=home, capture_output=True, text=True, timeout=3600,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(PROJECT / "tests/api/lines.py")},
    )
    if not junit.exists():
        tally.check(f"schemathesis ran as {role}", False, ran.stdout[-2000:] + ran.stderr[-2000:])
        return
    for case in ElementTree.parse(junit).iter("testcase"):
        broken = [found for found in case if found.tag in ("failure", "error")]
        # In one line: the first line of a failure is all that some logs show.
        told = " / ".join(" ".join(f"{found.get('message')} {found.text}".split()) for found in broken)
        tally.check(f"{case.get('name')} as {role or 'nobody'}", not broken, told)
    tally.check(f"schemathesis was content as {role or 'nobody'}", ran.returncode == 0, ran.stdout[-1500:])


def token(service, role):
    return (service.keys / "tokens" / f"{role}.token").read_text().strip()


def main():
    tally = Tally()
    wanted = sys.argv[1:] or ROLES
    for role in [None if role == "nobody" else role for role in wanted]:
        with tempfile.TemporaryDirectory() as home, tally.part(f"schemathesis as {role}"):
            service = Service(home, "--address-rate", "0").start()
            try:
                described(tally, service, role, Path(home))
                tally.check(f"nothing failed inside as {role or 'nobody'}", "a fault of ours" not in service.said(),
                            service.said()[-1500:])
            finally:
                tally.equal("the service stops in order", service.stop(), 0)
    tally.end()


main()
