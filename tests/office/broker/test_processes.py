"""The office's ingest with the kit's bundles: several processes on one shared subscription."""

from pathlib import Path

from bench.postgresql import PostgreSQL
from edge.config.model import Broker
from office.broker import kit
from office.broker.kit import Wish
from office.broker.state import read_kit
from tests.certificates import now
from tests.longer import slow
from tests.office.broker.kits import KitBroker, unpacked
from tests.office.processes import OfficeProcess, publish_to, query, wait_for
from tests.office.records import Stream

CHECKPOINT = "setda.lobi"


def office_config(broker: KitBroker, database: str, folder: Path) -> Path:
    """Return the office's config for two processes, with the files of two bundles."""
    for number, name in (("1", "pusat"), ("2", "pusat-2")):
        place = unpacked(broker.kit / f"bundles/{name}-1.tar.gz", folder)
        (folder / number).mkdir()
        place.rename(folder / number / "certificate")
    file = folder / "office.toml"
    file.write_text(
        f'[broker]\nurl = "{broker.url.replace("mqtt:", "mqtts:")}"\n'
        'ca_file = "1/certificate/ca.pem"\n'
        'cert_file = "{process}/certificate/client.pem"\n'
        'key_file = "{process}/certificate/client.key"\n'
        f'group = "{read_kit(broker.kit).group}"\n'
        f'[database]\nurl = "{database}"\n[ingest]\nprocesses = 2\nbatch = 40\n',
        encoding="utf-8",
    )
    return file


@slow
def test_two_processes_have_a_certificate_each(
    broker: KitBroker, server: PostgreSQL, tmp_path: Path
) -> None:
    """Both stay connected, and each record is stored once."""
    kit.add(broker.kit, [Wish(CHECKPOINT, "checkpoint")], now())
    broker.reload()
    files = unpacked(broker.kit / f"bundles/{CHECKPOINT}-1.tar.gz", tmp_path)
    checkpoint = Broker(
        url=broker.url.replace("mqtt:", "mqtts:"),
        ca_file=str(files / "ca.pem"),
        cert_file=str(files / "client.pem"),
        key_file=str(files / "client.key"),
    )
    database = server.new_database()
    seen = len(broker.log)
    with OfficeProcess(office_config(broker, database, tmp_path), "run") as office:
        office.until(": connected", 2)
        publish_to(checkpoint, Stream().some(200))
        count = "SELECT count(*), count(DISTINCT sequence) FROM records"
        wait_for(lambda: query(database, count) == [(200, 200)], lambda: office.log)
        assert office.end() == 0
    log = broker.log[seen:]
    assert "already connected" not in log
    for name in ("pusat", "pusat-2"):
        assert f"Sending PUBLISH to {name} " in log
