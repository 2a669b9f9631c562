"""The files that mosquitto reads: its settings, the access list, and the list of revoked ones.

They follow from the kit's state alone, so that each change writes all of them, and an interrupted
one is completed by the next.
"""

from collections.abc import Mapping
from pathlib import Path

from edge.errors import GarduError
from office.broker.access import access_list
from office.broker.authority import CERTIFICATE_FILE, Authority, Pair, revocations
from office.broker.files import make_folder, write, write_part
from office.broker.state import Kit

FOLDER = "mosquitto"
SETTINGS = "conf.d/gardu.conf"
ALONE = "mosquitto.conf"
ACCESS = "acl"
REVOKED = "revoked.crl"
SERVER = "server.pem"
OWN_ACCESS = "own.acl"

# Readable for the broker's group, which is its own if root made the kit.
_MODE, _FOLDER_MODE = 0o640, 0o750

_SETTINGS = """\
# Written by gardu office broker: changes are lost. Put settings of your own into another file of
# this folder.
listener {port}{listen}
cafile {place}/{ca}
certfile {place}/{certificate}
keyfile {place}/{certificate}
crlfile {place}/{revoked}
# TLS 1.2 or newer.
tls_version tlsv1.2

# A client is who its certificate says: the common name is its user name and its client id.
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {place}/{access}

# The default of 1000 drops messages silently while the central office is offline.
max_queued_messages 0
message_size_limit 1048576
# Else a short packet may wait 40 ms for the acknowledgement of the one before.
set_tcp_nodelay true
# What was acknowledged is on the disk within a second.
persistence true
autosave_on_changes true
autosave_interval 1
"""

_ALONE = """\
# Written by gardu office broker: for a broker of its own (mosquitto -c FILE). Debian's service has
# these settings already: link {settings} into /etc/mosquitto/conf.d instead.
persistence_location {place}/data/
include_dir {place}/conf.d
"""


def settings(kit: Kit, place: str) -> str:
    """Return mosquitto's settings; *place* is the folder of its files."""
    return _SETTINGS.format(
        port=kit.port,
        listen=f" {kit.listen}" if kit.listen else "",
        place=place,
        ca=CERTIFICATE_FILE,
        certificate=SERVER,
        revoked=REVOKED,
        access=ACCESS,
    )


def wanted(folder: Path, kit: Kit, authority: Authority) -> dict[str, bytes]:
    """Return the content of each file that follows from the *kit* in *folder*, by its name.

    :raises GarduError: if the office's own lines of the access list cannot be read
    """
    place = kit.place or str(folder.absolute() / FOLDER)
    revoked = [one for one in kit.clients if one.revoked is not None]
    return {
        CERTIFICATE_FILE: authority.pem,
        SETTINGS: settings(kit, place).encode(),
        ALONE: _ALONE.format(place=place, settings=SETTINGS).encode(),
        ACCESS: access_list(kit, _own_lines(folder)).encode(),
        REVOKED: revocations(authority, kit.crl_number, kit.crl_updated, revoked),
    }


def make_broker_folders(folder: Path) -> None:
    """Make the folders of the broker's files in *folder*.

    :raises OSError: if one cannot be made
    """
    inside = folder / FOLDER
    make_folder(inside, _FOLDER_MODE, for_broker=True)
    make_folder(inside / "conf.d", _FOLDER_MODE, for_broker=True)
    make_folder(inside / "data", 0o770, for_broker=True)


def write_broker_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the *files* that are wanted for the kit in *folder*.

    :raises OSError: if one cannot be written
    """
    for name, data in files.items():
        write(folder / FOLDER / name, data, _MODE, for_broker=True)


def write_server_part(folder: Path, server: Pair) -> Path:
    """Write the broker's certificate and key, one file, under the name of a part; return it.

    :raises OSError: if it cannot be written
    """
    file = folder / FOLDER / SERVER
    return write_part(file, server.certificate + server.key, _MODE, for_broker=True)


def _own_lines(folder: Path) -> str:
    file = folder / OWN_ACCESS
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise GarduError(f"{file} cannot be read: {error}") from None
