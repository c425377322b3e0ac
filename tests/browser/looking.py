"""Runs one of the scripts that look at pages with Chromium, and counts what it says. Standard library only."""

import json
import shutil
import subprocess
from pathlib import Path


def look(tally, cache, script, questions):
    """`script` with its questions; its `ok` and `FAILED` lines are passed on, its counts are added."""
    # Scripts stand beside their modules, which are not in the project.
    for own in Path(__file__).parent.glob("*.mjs"):
        (cache / "node" / own.name).write_bytes(own.read_bytes())
    asked = cache / "node/questions.json"
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    asked.write_text(json.dumps({**questions, "chromium": browser}))
    lines = [""]
    with subprocess.Popen(["node", cache / "node" / script, asked], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as looking:
        for line in looking.stdout:
            lines.append(line.strip())
            if not line.rstrip().endswith(" failed"):
                print(line, end="", flush=True)
    counts = lines[-1].replace(",", "").split()
    if len(counts) == 4 and counts[1] == "passed":
        tally.passed += int(counts[0])
        tally.failed += int(counts[2])
    else:
        tally.check("the browser came to its end", False, lines[-3:])
