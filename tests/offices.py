"""A populated office: config, data, secrets and guests, for tests of backups and bundles."""

import re
import shutil
from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.config.places import default_config_folder
from edge.guestbook.book import GuestBook
from edge.sop.state import PendingStill
from edge.store.backup.make import Backup
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.guests import VISITS, entry
from tests.store_child import opened

SOURCE = "/gardu/setda-tanjabbar/lobi-utama"
PASSWORD, CAMERA_PASSWORD = "Rahasia#Perantara", "Kamera-Sandi9"
BROKER = "mqtt://127.0.0.1:9"
SUPERVISOR = "0100A4C1F0"
QUERY = "sandi-kueri5"
INVITER = "9fU0hY3xq1cVbGd7m2s5t8w0z4n6p1k3j5h7g9f2d4A="
STILL_BYTES = b"\xff\xd8 a face \xff\xd9"


class Populated:
    """An office below *folder*: ``etc/gardu.toml`` with its files, and the data folder ``data``.

    :ivar stills: ids of the stills that wait to be sent
    """

    def __init__(self, folder: Path, *, records: int = 30) -> None:
        self.folder = folder
        self.config = folder / "etc" / "gardu.toml"
        self.data = folder / "data"
        self.stills = ["still-1", "still-2"]
        self._write_config()
        self._fill(records)

    def store(self) -> Store:
        """Open the store."""
        return Store(self.data, SOURCE, Clock())

    def backup(self, target: Path, *, secrets: bool = False, guests: bool = True) -> Backup:
        """Return a backup to *target*, to be run."""
        from edge import __version__
        from edge.commands.databases import DATABASES
        from edge.config.loading import load_config
        from edge.store.backup.config_files import config_files

        config = load_config(self.config, elsewhere=True)
        return Backup(
            config, target, config_files(self.config, config), version=__version__,
            databases=DATABASES, secrets=secrets, guests=guests, at=Clock().now(),
        )  # fmt: skip

    def _write_config(self) -> None:
        etc = self.config.parent
        shipped = default_config_folder()
        shutil.copytree(shipped / "sop", etc / "sop")
        (etc / "broker.password").write_text(f"{PASSWORD}\n", encoding="utf-8")
        (etc / "camera.password").write_text(f"{CAMERA_PASSWORD}\n", encoding="utf-8")
        text = (shipped / "gardu.toml").read_text(encoding="utf-8")
        text = text.replace('# data = "/var/lib/gardu"', f'data = "{self.data}"')
        text = re.sub(
            '^(# )?url = "mqtt://127.0.0.1:1883"',
            f'url = "{BROKER}"\nusername = "lobi"\npassword_file = "broker.password"',
            text, flags=re.MULTILINE,
        )  # fmt: skip
        text = text.replace(
            'driver = "http"\n',
            'driver = "http"\nusername = "gardu"\npassword_file = "camera.password"\n', 1,
        )  # fmt: skip
        text = re.sub(
            '^url = "(http://[^"]*)"', rf'url = "\1?pwd={QUERY}"', text, flags=re.MULTILINE
        )
        text += f'\n[invitations.keys]\nprotokol = "{INVITER}"\n'
        self.config.write_text(text, encoding="utf-8")

    def _fill(self, records: int) -> None:
        with closing(self.store()) as store:
            files = StillFiles(self.data)
            for number in range(1, records + 1):
                store.commit(
                    checkpoint={"opened": number},
                    visits={1: {"id": "v1", "number": 1}} if number == records else {},
                    records=[opened(number)],
                    parts={"cards": {"0001": "v1"}, "lockers": {"3": {"visit": "v1"}}},
                )
            for still in self.stills:
                taken = files.write(still, Clock().now(), STILL_BYTES)
                store.add_still(files.row(taken, PendingStill(visit="v", step="s", purpose="desk")))
            store.acknowledge(list(range(1, records // 2)))
            store.adopt_procedures({})
        with closing(GuestBook(self.data)) as book:
            book.put(entry(VISITS[0]))
