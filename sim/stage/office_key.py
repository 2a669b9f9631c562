"""The office's key of a run, to which the daemon seals guests' details and stills.

A run has a key of its own, in place of the config's: invented data is not sealed to a real
office's key, and ``gardu guestbook open`` opens it with the private key in the run's folder. The
forms are built here from the text of docs/guestbook.md alone.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

FILE = "office-key.json"


def office_key(folder: Path) -> str:
    """Return the text of the public key of the run in *folder*; the pair is made if it is new."""
    file = folder / FILE
    if file.exists():
        return str(json.loads(file.read_text(encoding="ascii"))["public"])
    from nacl.public import PrivateKey

    pair = PrivateKey.generate()
    key = bytes(pair.public_key)
    check = hashlib.sha256(key).digest()[:4]
    public = "gardu-office-key-" + base64.urlsafe_b64encode(key + check).decode("ascii")
    content = {
        "kind": "gardu-office-private-key",
        "public": public,
        "secret": base64.b64encode(bytes(pair)).decode("ascii"),
    }
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(json.dumps(content, indent=2) + "\n")
    return public
