"""A running authority to ask, and a tally of what was asked. Standard library only.

The program is $VIDIMUS, else target/release/vidimus.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("VIDIMUS") or PROJECT / "target/release/vidimus").resolve()
STARTS_WITHIN = 60
STOPS_WITHIN = 60
OFFSET = timezone(timedelta(hours=8))  # the sample authority's


class Tally:
    """What held and what did not; the last line says how many of each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, good, detail=""):
        if good:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}: {str(detail)[:2000]}", flush=True)
        return bool(good)

    def equal(self, what, found, expected):
        return self.check(what, found == expected, f"expected {expected!r}, found {found!r}")

    @contextlib.contextmanager
    def part(self, name):
        """A part that breaks off is one failure, and the rest is still tried."""
        try:
            yield
        except Exception as error:  # whatever it is, it is told and counted
            self.check(f"{name} broke off", False, f"{type(error).__name__}: {error}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The slug of the problem type, or what came instead."""
        try:
            return self.json["type"].rsplit("/problems/", 1)[-1]
        except (ValueError, KeyError, TypeError):
            return f"{self.status} {self.body[:200]!r}"

    def __repr__(self):
        return f"{self.status} {self.body[:1500].decode('utf-8', 'replace')}"


def run(*arguments, **options):
    """The program with arguments; captured."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **options.pop("env", {})}
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=600,
                          env=environment, **options)


class Service:
    """`vidimus serve` on a free port over `home/data` and `home/keys`."""

    def __init__(self, home, *flags, data=None, keys=None):
        self.home = Path(home)
        self.data, self.keys = Path(data or self.home / "data"), Path(keys or self.home / "keys")
        self.flags = flags
        self.environment = None  # that of this process
        self.process = self.url = None

    def start(self):
        """Starts and waits until it listens; a refusal to start is a RuntimeError with what was said."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = open(self.home / "stderr.log", "ab")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--lang", "en", "--listen", "127.0.0.1:0", "--data", self.data, "--keys", self.keys, *self.flags],
            stdout=subprocess.PIPE, stderr=self.log, cwd=self.home, env=self.environment,
        )
        watchdog = threading.Timer(STARTS_WITHIN, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline().decode()
        watchdog.cancel()
        if not line.startswith("listening on http://"):
            code = self.process.wait(STOPS_WITHIN)
            raise RuntimeError(f"did not start ({code}): {line!r} {self.said()[-1500:]}")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def said(self):
        return (self.home / "stderr.log").read_text("utf-8", "replace")

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            return "did not stop"

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def token_file(self, name):
        return self.keys / "tokens" / f"{name}.token"

    def token(self, name):
        return self.token_file(name).read_text("ascii").strip()

    def connect(self, timeout=60):
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=timeout)

    def ask(self, method, path, body=None, who=None, **headers):
        """One request. A body that is not bytes or text is sent as JSON; `who` names a token."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if who:
            headers["Authorization"] = f"Bearer {self.token(who)}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        connection = self.connect()
        try:
            # A body that is too large may be answered, and the connection closed, before it was sent.
            with contextlib.suppress(BrokenPipeError):
                connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body, **more):
        return self.ask("POST", path, body, **more)

    def issue(self, request=None, who="market-regulation", **headers):
        """Issues; the answer's JSON, or an error with the problem."""
        answer = self.post("/v1/licences", request or business(), who=who, **headers)
        if answer.status != 201:
            raise RuntimeError(f"not issued: {answer}")
        return answer.json

    def batch(self, requests, path="/v1/licences/batch?brief=true", who="market-regulation"):
        """A whole batch; one parsed result a line."""
        lines = "".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) + "\n" for r in requests)
        answer = self.ask("POST", path, lines, who=who, Content_Type="application/x-ndjson")
        if answer.status != 200:
            raise RuntimeError(f"no batch: {answer}")
        return [json.loads(line) for line in answer.body.splitlines() if line.strip()]

    def verify(self, evidence, **ask):
        """The report on evidence; an error with the problem."""
        answer = self.post("/v1/verifications", {"evidence": evidence, **ask})
        if answer.status != 200:
            raise RuntimeError(f"no report: {answer}")
        return answer.json


@contextlib.contextmanager
def home():
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="vidimus-") as directory:
        yield Path(directory)


def business(name="样例市青山餐饮有限公司", **more):
    """A request for a business licence."""
    return {
        "type": "business-licence",
        "holders": [{"name": name, "code": "91430700MA4PBKBQ48", "code_type": "001"}],
        "claims": {"established": "2018-01-15", "capital": "100(万元人民币)", "address": "样例市青年路1号"},
        "valid_from": "2018-01-15",
        "valid_until": None,
        **more,
    }


def identity(**more):
    """A request for an identity attestation; the resident number is the worked example of GB 11643."""
    today = datetime.now(OFFSET).date()
    return {
        "type": "identity-attestation",
        "holders": [{"name": "样例人", "code": "11010519491231002X", "code_type": "111"}],
        "claims": {"sex": "女", "birth_date": "1949-12-31", "ethnicity": "汉族", "address": "样例市青年路2号"},
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=30)).isoformat(),
        **more,
    }


def now():
    """The time in the form of the law."""
    return stamp(datetime.now(timezone.utc))


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def finding(report, check):
    return next(found for found in report["findings"] if found["check"] == check)


def until(condition, seconds=15):
    """Waits for a condition; whether it came."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met
