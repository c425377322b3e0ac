"""Holds the offline half of deny.toml: licences, bans, sources, and a reason beside every ignore.

    python3 tests/oracles/deny.py

Standard library only. `cargo deny check` does the same and the advisories; use it where it is installed.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def allowed(expression, allow):
    """SPDX expressions as crates write them: OR, AND, WITH, parentheses, and the old slash."""
    tokens = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ").split()

    def either():
        good = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            other = both()
            good = good or other
        return good

    def both():
        good = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = one()
            good = good and other
        return good

    def one():
        token = tokens.pop(0)
        if token == "(":
            good = either()
            tokens.pop(0)
            return good
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token = f"{token} WITH {tokens.pop(0)}"
        return token in allow

    return either()


def offences(rules, packages, parents):
    allow = set(rules["licenses"]["allow"])
    for ignore in rules["advisories"]["ignore"]:
        if not ignore.get("reason"):
            yield f"{ignore}: ignored without a reason"
    banned = {ban["crate"]: ban for ban in rules["bans"]["deny"]}
    seen = {}
    for package in packages:
        name = package["name"]
        if package["source"] is not None and not package["source"].startswith("registry+"):
            yield f"{name}: from {package['source']}"
        if not package["license"] or not allowed(package["license"], allow):
            yield f"{name}: licence {package['license']!r} is not among the allowed"
        for need in package["dependencies"]:
            if package["source"] is None and need["req"] == "*":
                yield f"{name}: {need['name']} at any version"
        ban = banned.get(name)
        if ban and "wrappers" not in ban:
            yield f"{name}: {ban['reason']}"
        if ban and (wrong := parents.get(name, set()) - set(ban.get("wrappers", []))) and "wrappers" in ban:
            yield f"{name}: used by {sorted(wrong)}; {ban['reason']}"
        if ban and ban.get("deny-multiple-versions") and name in seen:
            yield f"{name}: {seen[name]} and {package['version']}"
        seen[name] = package["version"]


def main():
    rules = tomllib.loads((PROJECT / "deny.toml").read_text("utf-8"))
    said = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--all-features", "--locked"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )
    metadata = json.loads(said.stdout)
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    parents = {}
    for node in metadata["resolve"]["nodes"]:
        for need in node["dependencies"]:
            parents.setdefault(names[need], set()).add(names[node["id"]])
    found = list(offences(rules, metadata["packages"], parents))
    # The judge is judged: each of these must be seen.
    forged = [{"name": "chrono", "version": "0", "source": "git+x", "license": "GPL-3.0-only", "dependencies": []}]
    seen = len(list(offences(rules, forged, {})))
    negative = [allowed("MIT AND GPL-3.0-only", {"MIT"}), not allowed("GPL-3.0-only OR (MIT AND ISC)", {"MIT", "ISC"})]
    if seen != 3 or any(negative):
        found.append(f"this script overlooks offences: {seen} of 3, {negative}")
    for offence in found:
        print(f"FAILED {offence}")
    print(f"{len(metadata['packages'])} packages; {0 if found else 1} passed, {1 if found else 0} failed")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
