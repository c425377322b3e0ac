"""The officers' desk, as officers use it (desk.mjs): keys made in the browser, cases of one and of two departments from
intake to delivery, and what must not be signed.

    python3 tests/browser/desk.py CACHE

CACHE has `node/node_modules`; pictures go to CACHE/desk. Needs chromium; standard library only.
"""

import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from looking import look
from service import OFFSET, PROJECT, Service, Tally, home

tally = Tally()


def application(slug, **changes):
    """The example of a type, without the days that the decision sets."""
    example = json.loads((PROJECT / f"schemas/types/{slug}/1/example.json").read_text("utf-8"))
    for name in ("valid_from", "valid_until"):
        example.pop(name, None)
    return {**example, **changes}


def another(identity):
    """Somebody else's identity number of the same day, with its check digit (GB 11643)."""
    digits = f"{identity[:14]}{int(identity[14:17]) + 2:03}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights)) % 11
    return digits + "10X98765432"[rest]


def proved(service, application):
    """What other departments are the source of, issued by them: who the person is, and who employs him."""
    holder, claims = application["holders"][0], application["claims"]
    today = datetime.now(OFFSET).date()
    attestation = {
        "type": "identity-attestation", "holders": [holder], "claims": {name: claims[name] for name in ("sex", "birth_date")},
        "valid_from": str(today), "valid_until": str(today + timedelta(days=1)),
    }
    employer = {
        "type": "business-licence", "holders": [{"name": claims["employer"], "code": claims["employer_code"], "code_type": "001"}],
        "claims": {"established": "2020-02-29"}, "valid_from": "2020-02-29", "valid_until": None,
    }
    service.issue(attestation, who="public-security")
    service.issue(employer, who="market-regulation")


def main():
    cache = Path(sys.argv[1]).resolve()
    pictures = cache / "desk"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    first = application("constructor-registration")
    holder = first["holders"][0]
    claims = {**first["claims"], "registration_number": first["claims"]["registration_number"][:-1] + "9"}
    second = {**first, "holders": [{**holder, "name": "周样例", "code": another(holder["code"])}], "claims": claims}
    with home() as folder, Service(folder / "authority") as service:
        for constructor in (first, second):
            proved(service, constructor)
        look(tally, cache, "desk.mjs", {
            "url": service.url, "pictures": str(pictures), "food": application("food-operation-licence"),
            "constructors": [first, second],
            "tokens": {name: service.token(name) for name in ("operator", "market-regulation", "housing")},
        })
        for item in service.get("/v1/cases?state=delivered", who="market-regulation").json["items"]:
            credential = service.get(f"/v1/licences/{item['licence']}/credential", who="market-regulation").body.decode()
            tally.equal(f"{item['number']}: what came of it is valid", service.verify(credential)["verdict"], "valid")
    tally.end()


if __name__ == "__main__":
    main()
