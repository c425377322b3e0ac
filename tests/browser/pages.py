"""The portal and the pickup pages, as people see them (pages.mjs), and the printed QR, as a scanner reads it.

    python3 tests/browser/pages.py CACHE

CACHE has `node/node_modules`; pictures go to CACHE/pictures. Needs chromium and zbarimg; standard library only.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))

from looking import look
from service import Service, Tally, business, home, identity

tally = Tally()


def main():
    cache = Path(sys.argv[1]).resolve()
    pictures = cache / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    with home() as folder, Service(folder / "authority") as service:
        issued, ended = service.issue(identity(), who="public-security"), service.issue(business())
        service.post(f"/v1/licences/{ended['handle']}/end", {"reason": "x", "act": "cancelled"}, who="market-regulation")
        made = service.post(f"/v1/licences/{issued['handle']}/pickup", {}, who="public-security")
        tally.check("a pickup is made on demand", made.status in (200, 201), made)
        pickup = made.json
        path = urlsplit(pickup["address"]).path
        told = service.get(f"{path}?code={pickup['code']}", Accept="application/json")
        tally.equal("address and code lead to the licence", told.json.get("licence_number"), issued["licence_number"])
        wrong = service.get(f"{path}?code=AAAA-AAAA", Accept="application/json")
        tally.check("a wrong code does not", wrong.status in (403, 404, 422), wrong)
        file = service.get(f"{path}?code={pickup['code']}&as=file")
        tally.equal("the download file is valid", service.verify(file.body.decode())["verdict"], "valid")

        look(tally, cache, "pages.mjs", {
            "url": service.url, "credential": issued["credential"], "ended": ended["credential"],
            "number": issued["licence_number"], "code": told.json["verification_code"],
            "pickup": {"path": path, "code": pickup["code"]}, "pictures": str(pictures), "profile": str(folder / "profiles"),
        })

        address = told.json["verification_address"]
        printed = sorted(pictures.glob("printed-*.png"))
        tally.check("there are printed pages", printed)
        for picture in printed:
            read = subprocess.run(["zbarimg", "--quiet", "--raw", picture], capture_output=True, text=True)
            tally.equal(f"{picture.name}: the QR is the verification address", read.stdout.strip(), address)
    tally.end()


if __name__ == "__main__":
    main()
