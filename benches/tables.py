"""Puts the figures of a run into the tables of both READMEs.

    benches/tables.py RUN.jsonl … [--write]

RUN: what `cargo bench` and `benches/peers/run` print on stdout; of a bench that stands in it twice the last counts. A row of
a table is found by the first name in backquotes in it: product, floor (or peer) and ratio are set, the rest of the row,
and every row that no run speaks of, stays. Without --write it says what would change. Standard library only.
"""

import json
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
READMES = ["README.md", "README.zh-CN.md"]
ROW = re.compile(r"^\| `([a-z0-9_.]+)`")


def figures(paths):
    found = {}
    for path in paths:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith("{"):
                one = json.loads(line)
                found[one["bench"]] = one
    return found


def written(figure):
    """As a reader wants it: three digits, thousands apart."""
    if figure is None:
        return "–"
    if figure >= 1000:
        digits = max(len(str(int(figure))) - 3, 0)
        return f"{round(figure, -digits):,.0f}"
    return f"{figure:.3g}"


def renewed(line, found):
    row = ROW.match(line)
    one = found.get(row.group(1)) if row else None
    if one is None or "product" not in one:
        return line
    cells = line.strip().strip("|").split("|")
    new = [one["product"], one.get("floor", one.get("peer")), one["ratio"]]
    # A table without floors has one figure a row.
    for place, figure in enumerate(new[: len(cells) - 1], start=1):
        cells[place] = f" {written(figure)} "
    return "|" + "|".join(cells) + "|"


def main():
    given = sys.argv[1:]
    found = figures(one for one in given if one != "--write")
    for name in READMES:
        path = PROJECT / name
        old = path.read_text(encoding="utf-8").split("\n")
        new = [renewed(line, found) for line in old]
        for before, after in zip(old, new):
            if before != after:
                print(f"{name}: {after}")
        if "--write" in given:
            path.write_text("\n".join(new), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
