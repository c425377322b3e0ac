"""The running service against its own description, by schemathesis: what fits it, what nearly does, and what does not.

Once without a token and once for each role, each at a service of its own, two at a time. VIDIMUS_CASES: cases for each operation and phase (40).
The limit of requests from one address is off, by its own setting; the budgets of guesses and of computing stay on, and
429 is one of the answers described. Run with a Python that has tests/requirements.txt.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))
from service import PROJECT, Service, Tally  # noqa: E402

CASES = os.environ.get("VIDIMUS_CASES", "40")
ROLES = [None, "market-regulation", "education", "auditor", "operator"]
CONFIG = PROJECT / "tests/api/schemathesis.toml"


class Run:
    """One run of schemathesis, as one role, at a service of its own."""

    def __init__(self, role):
        self.role, self.cases = role, None
        with tempfile.TemporaryDirectory() as home:
            service = Service(home, "--address-rate", "0").start()
            try:
                junit = Path(home) / f"{role}.xml"
                headers = ["-H", f"Authorization: Bearer {token(service, role)}"] if role else []
                self.ran = subprocess.run(
                    [Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIG, "run",
                     f"{service.url}/openapi.json", "--max-examples", CASES, "--report-junit-path", junit, *headers],
                    cwd=home, capture_output=True, text=True, timeout=3600,
                    env={**os.environ, "SCHEMATHESIS_HOOKS": str(PROJECT / "tests/api/lines.py")},
                )
                if junit.exists():
                    self.cases = list(ElementTree.parse(junit).iter("testcase"))
            finally:
                self.stopped, self.said = service.stop(), service.said()


def judged(tally, run):
    """Each operation of each phase is one check."""
    role = run.role or "nobody"
    if run.cases is None:
        tally.check(f"schemathesis ran as {role}", False, run.ran.stdout[-2000:] + run.ran.stderr[-2000:])
    else:
        for case in run.cases:
            broken = [found for found in case if found.tag in ("failure", "error")]
            # In one line: the first line of a failure is all that some logs show.
            told = " / ".join(" ".join(f"{found.get('message')} {found.text}".split()) for found in broken)
            tally.check(f"{case.get('name')} as {role}", not broken, told)
        tally.check(f"schemathesis was content as {role}", run.ran.returncode == 0, run.ran.stdout[-1500:])
    tally.check(f"nothing failed inside as {role}", "a fault of ours" not in run.said, run.said[-1500:])
    tally.equal(f"the service stops in order, as {role}", run.stopped, 0)


def token(service, role):
    return (service.keys / "tokens" / f"{role}.token").read_text().strip()


def main():
    tally = Tally()
    wanted = [None if role == "nobody" else role for role in sys.argv[1:] or ROLES]
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [(role, pool.submit(Run, role)) for role in wanted]
        for role, run in runs:
            with tally.part(f"schemathesis as {role}"):
                judged(tally, run.result())
    tally.end()


main()
