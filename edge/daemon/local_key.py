"""The local key: for the texts that this machine reads back (edge/sealing/wraps.py).

Rules
-----
1. A key of the unit's credentials (``LoadCredentialEncrypted=gardu-local-key`` in a drop-in) is
   used if there is one. systemd binds it to this machine if it has a TPM; without a TPM its key
   lies on the same card, so such a credential protects nothing.
2. Else the key is made in the unit's runtime directory, which is in memory: it outlives a restart
   of the daemon, and neither a stop nor a power cut.
3. Else, or if that directory is not in memory, the key is in this process only.
4. A lost key loses no data: the names of the visits that are open then are shown at the office
   only, where their boxes are opened.
"""

import hashlib
import logging
import os
from pathlib import Path

from edge.config.office_key import KEY_BYTES
from edge.daemon.machine.mounts import in_memory

log = logging.getLogger(__name__)

CREDENTIAL = "gardu-local-key"
FILE = "local-key"
# Fewer bytes could be guessed.
_LEAST_BYTES = 16


def local_key() -> bytes:
    """Return the local key, 32 bytes; it is made if there is none. Must not raise."""
    return _of_credentials() or _of_runtime() or os.urandom(KEY_BYTES)


def _of_credentials() -> bytes | None:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    file = Path(folder) / CREDENTIAL
    try:
        content = file.read_bytes() if folder else b""
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("the credential %s cannot be read: %s", CREDENTIAL, error)
        return None
    if not folder:
        return None
    if len(content) < _LEAST_BYTES:
        log.warning("the credential %s has fewer than %d bytes", CREDENTIAL, _LEAST_BYTES)
        return None
    return hashlib.sha256(content).digest()


def _of_runtime() -> bytes | None:
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if not folder or in_memory(Path(folder)) is False:
        return None
    file = Path(folder) / FILE
    try:
        found = file.read_bytes() if file.exists() else b""
        if len(found) != KEY_BYTES:
            found = os.urandom(KEY_BYTES)
            file.unlink(missing_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                new.write(found)
    except OSError as error:
        log.warning("%s cannot be used: %s; a restart loses the names of open visits", file, error)
        return None
    return found
