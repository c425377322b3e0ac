"""Builds the fuzz targets and runs them with libFuzzer, on stable Rust, two at a time.

    python3 tests/fuzz/run.py                      every target
    python3 tests/fuzz/run.py entry law            only these
    python3 tests/fuzz/run.py --input entry FILE   one input, with what it breaks

VIDIMUS_FUZZ_SECONDS   seconds a target (60; 600 and more by hand)
VIDIMUS_FUZZ_KEEP      1: begin with what earlier runs found (.cache/fuzz), and with another seed each time

A run begins with generated seeds, with `regressions/TARGET` and with one fixed seed of chance. Before it may say that it
found nothing, it must find a planted bug behind the library's own parser, from nothing: without the library's coverage that
takes longer than anybody waits. An input that breaks a law is printed in base64; once mended it goes to `regressions/TARGET`.
"""

import base64
import os
import re
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT / "tests/oracles"))
from service import Tally  # noqa: E402

CACHE = PROJECT / ".cache/fuzz"
SECONDS = int(os.environ.get("VIDIMUS_FUZZ_SECONDS", "60"))
KEEP = os.environ.get("VIDIMUS_FUZZ_KEEP") == "1"

# What `cargo fuzz --sanitizer none` gives the compiler: the coverage that libFuzzer follows, and nothing that needs nightly.
COVERAGE = ("-Cpasses=sancov-module", *(f"-Cllvm-args=-sanitizer-coverage-{what}" for what in (
    "level=4", "inline-8bit-counters", "pc-table", "trace-compares")))

# Target: longest input, and executions a second that even a busy machine makes. What is asked of a whole service is slower.
TARGETS = {
    "entry": (4096, 100), "law": (4096, 20), "jws": (4096, 100), "sd_jwt": (4096, 50), "certificate": (4096, 50),
    "status": (2048, 20), "checkpoint": (2048, 50), "tile": (2048, 50), "proof": (4096, 50), "columns": (4096, 20),
    "split_view": (4096, 20), "standing_proof": (16384, 10), "request": (4096, 5), "verdict": (512, 5),
}
# Counters that the instrumented library has at the least; our own few files have some hundred.
COUNTERS = 100_000
# Resident memory, and address space: a single allocation beyond it ends the process where it is asked for.
RESIDENT_MB, ADDRESSES_MB = 1024, 4096


def build():
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.M)[1]
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target")) / "fuzz"
    flags = {"RUSTFLAGS": " ".join(COVERAGE)}
    # With `--target` the flags are for the program alone, not for what runs while it is built.
    command = ["cargo", "build", "--locked", "--manifest-path", HERE / "Cargo.toml", "--target", host, "--target-dir", target]
    subprocess.run(command, check=True, env=os.environ | flags)
    return target / host / "debug/vidimus-fuzz"


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES_MB << 20, ADDRESSES_MB << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Run:
    """One target, run once."""

    def __init__(self, program, name, seconds, longest):
        folder = CACHE / name
        if not KEEP:
            shutil.rmtree(folder, ignore_errors=True)
        corpus, crashes = folder / "corpus", folder / "crashes"
        for made in (corpus, crashes):
            made.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"VIDIMUS_FUZZ_TARGET": name, "RUST_BACKTRACE": "0"}
        subprocess.run([program], check=True, env=environment | {"VIDIMUS_FUZZ_SEEDS": str(folder)}, capture_output=True)
        inputs = [corpus, folder / "seeds", HERE / "regressions" / name]
        words = folder / "words.dict"
        # A dictionary without words is an error to libFuzzer.
        known = [f"-dict={words}"] if words.is_file() and words.stat().st_size else []
        command = [
            program, *(path for path in inputs if path.is_dir()), f"-max_total_time={seconds}", f"-max_len={longest}",
            *known, f"-seed={0 if KEEP else 1}", "-timeout=25", f"-rss_limit_mb={RESIDENT_MB}",
            "-print_final_stats=1", f"-artifact_prefix={crashes}/",
        ]
        done = subprocess.run(command, env=environment, preexec_fn=limited, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=seconds * 3 + 600)
        self.name, self.ended_well = name, done.returncode == 0
        self.log = done.stderr.decode("utf-8", "replace")
        (folder / "log").write_text(self.log, encoding="utf-8")
        self.executions = self.number(r"number_of_executed_units:\s+(\d+)")
        self.counters = self.number(r"\((\d+) inline 8-bit counters\)")
        self.begun, *later = [int(reached) for reached in re.findall(r"\bcov: (\d+)", self.log)] or [0]
        self.reached = max([self.begun, *later])

    def number(self, pattern):
        found = re.search(pattern, self.log)
        return int(found[1]) if found else 0

    @property
    def broke(self):
        """What was broken, and the input that broke it."""
        said = re.search(r"panicked at .*?:\n(.*)", self.log) or re.search(r"ERROR: libFuzzer: (.*)", self.log)
        artifact = re.search(r"Test unit written to (\S+)", self.log)
        given = base64.b64encode(Path(artifact[1]).read_bytes()).decode() if artifact else "no input was kept"
        return f"{said[1] if said else self.log[-500:]} | input in base64: {given}"


def planted(tally, program):
    run = Run(program, "planted", 300, 64)
    found = not run.ended_well and "planted: the path" in run.log
    tally.check("the planted bug is found", found, run.log[-300:])


def judged(tally, run, seconds):
    _, floor = TARGETS[run.name]
    told = f"{run.executions} executions, coverage {run.begun} to {run.reached}"
    tally.check(f"{run.name}: {told}", run.ended_well, run.broke if not run.ended_well else "")
    if run.ended_well:
        wanted = floor * seconds
        tally.check(f"{run.name}: at least {wanted} executions", run.executions >= wanted, told)
        tally.check(f"{run.name}: the library is instrumented", run.counters >= COUNTERS, f"{run.counters} counters")
        tally.check(f"{run.name}: further than the seeds", run.reached > run.begun > 0, told)


def main(names):
    unknown = set(names) - set(TARGETS)
    if unknown:
        sys.exit(f"there is no target {', '.join(sorted(unknown))}; there are: {' '.join(TARGETS)}")
    tally, program = Tally(), build()
    planted(tally, program)
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(Run, program, name, SECONDS, TARGETS[name][0]) for name in names or TARGETS]
        for run in runs:
            with tally.part("a target"):
                judged(tally, run.result(), SECONDS)
    tally.end()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--input"]:
        name, file = sys.argv[2:]
        os.execve(build(), ["vidimus-fuzz", file], os.environ | {"VIDIMUS_FUZZ_TARGET": name, "RUST_BACKTRACE": "1"})
    main(sys.argv[1:])
