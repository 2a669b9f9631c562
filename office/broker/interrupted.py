"""Interrupted changes: parts of files whose change counts get their names, others are removed."""

from pathlib import Path

from cryptography import x509

from edge.store.data_folder import sync
from office.broker.broker_files import FOLDER, SERVER
from office.broker.files import part_of
from office.broker.state import Kit

BUNDLES = "bundles"


def complete(folder: Path, kit: Kit) -> None:
    """Complete the last change of *kit*, if it was interrupted.

    :raises OSError: if a file cannot be written
    """
    bundles = folder / BUNDLES
    issued = {part_of(bundles / one.bundle): bundles / one.bundle for one in kit.clients}
    for part in list(bundles.glob(".*.part")):
        if part in issued:
            part.replace(issued[part])
        else:
            part.unlink()
    sync(bundles)
    server = folder / FOLDER / SERVER
    part = part_of(server)
    if not part.exists():
        return
    if serial_of(part) == kit.server.serial:
        part.replace(server)
    else:
        part.unlink()
    sync(server.parent)


def serial_of(file: Path) -> str:
    """Return the serial number of the certificate in *file*; empty if it holds none.

    :raises OSError: if it cannot be read
    """
    try:
        return f"{x509.load_pem_x509_certificate(file.read_bytes()).serial_number:x}"
    except ValueError:
        return ""
