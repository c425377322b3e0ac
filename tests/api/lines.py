"""Lines of JSON for schemathesis, which knows no application/x-ndjson: good lines, others that are JSON, and noise."""

import json
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
ISSUE = json.loads((SCHEMAS / "issue-request.schema.json").read_text())["examples"][0]
VERIFY = json.loads((SCHEMAS / "http/verification.schema.json").read_text())["$defs"]["VerificationRequest"]["examples"][0]

value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def changed(draw):
    """A good line, mostly with one member changed."""
    line = dict(draw(st.sampled_from([ISSUE, VERIFY])))
    if draw(st.booleans()):
        line[draw(st.sampled_from([*line, "key", "region", "more", "keep", "at"]))] = draw(value)
    return json.dumps(line, ensure_ascii=False).encode()


noise = st.binary(max_size=40).map(lambda some: some.replace(b"\n", b""))
line = changed() | changed() | value.map(lambda some: json.dumps(some).encode()) | noise
schemathesis.openapi.media_type("application/x-ndjson", st.lists(line, max_size=6).map(b"\n".join))
