"""A person with a key of his own, who takes steps of cases and cards by command or with openssl alone; and what is applied for."""

import base64
import struct
import subprocess
from hashlib import sha256

from service import run

LEAD, OTHER = "market-regulation", "housing"
APPLICATION = {
    "type": "food-operation-licence",
    "holders": [{"name": "样例市小满餐饮店", "code": "91430700MA4PBKBQ48", "code_type": "001"}],
    "claims": {
        "operator_kind": "餐饮服务经营者", "items": ["热食类食品制售"], "responsible_person": "李样例",
        "domicile": "样例市样例路1号", "premises": "样例市样例路1号一楼",
    },
}


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Officer:
    """A person with a key on this machine."""

    def __init__(self, tally, service, folder, name, department, roles, by_openssl=False):
        self.department, self.file = department, folder / f"{name}.pem"
        if by_openssl:
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.file], check=True, capture_output=True)
            self.file.chmod(0o600)
        done = run("officer", "enrol", "--department", department, "--roles", roles, "--key", self.file, "--to", service.url,
                   "--token", service.token_file("operator"), "--json", "--lang", "en", cwd=folder)
        tally.equal(f"{name} is enrolled", done.returncode, 0)
        der = subprocess.run(["openssl", "pkey", "-in", self.file, "-pubout", "-outform", "DER"], check=True, capture_output=True)
        self.id = sha256(der.stdout).hexdigest()[:32]

    def cli(self, service, verb, case, *words):
        return run("case", verb, case, "--officer", self.file, *words, "--to", service.url, "--token",
                   service.token_file(self.department), "--json", "--lang", "en")

    def sign(self, statement):
        """With openssl, and nothing of the project."""
        said = self.file.with_suffix(".statement")
        said.write_bytes(statement)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", said], check=True, capture_output=True)
        return unpadded(done.stdout)


def entries(export):
    found = []
    for path in sorted((export / "tile/entries").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            while data:
                (length,) = struct.unpack(">H", data[:2])
                found.append(data[2:2 + length])
                data = data[2 + length:]
    return found
