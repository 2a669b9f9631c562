"""The checkpoint's certificate: its end in health, and an alarm that a new one clears."""

import datetime as dt
from pathlib import Path

import pytest

from edge.config.model import Broker
from edge.daemon.machine.certificate import CertificateFile
from edge.mqtt.certificates import pair
from edge.sop.events import SystemAlarmRaised
from tests.certificates import DAY, Authority, now
from tests.daemon.machine.fake_sys import FakeSys
from tests.daemon.machine.test_watch import Bench, Trusted

URL = "mqtts://broker.example"


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """The section of a checkpoint whose certificate ends in twenty days."""
    cert, key = Authority(tmp_path).issue("kantor.lobi", ends=now() + 20 * DAY)
    return Broker(url=URL, cert_file=str(cert), key_file=str(key))


def replace_pair(broker: Broker, folder: Path, days: int) -> None:
    """Install a new certificate, as a technician does."""
    folder.mkdir()
    new = Authority(folder).issue("kantor.lobi", ends=now() + days * DAY)
    for file, place in zip(new, (broker.cert_file, broker.key_file), strict=True):
        file.replace(place)


def test_a_certificate_that_ends_soon(tmp_path: Path, sys: FakeSys, broker: Broker) -> None:
    """Raised within a minute, and cleared by the new certificate without a restart."""
    bench = Bench(tmp_path, sys, Trusted(), broker)
    assert bench.look(0.0) == [(SystemAlarmRaised, "certificate-expires")]
    shown = bench.watch.document()["certificate_ends"]
    assert dt.datetime.fromisoformat(shown) == pair(broker.cert_file, broker.key_file).ends
    replace_pair(broker, tmp_path / "new", 300)
    for number in range(1, 31):
        bench.look(2.0 * number)
    assert type(bench.events[-1]).__name__ == "SystemAlarmCleared"
    assert bench.events[-1].kind == "certificate-expires"


def test_a_certificate_is_read_once(tmp_path: Path, broker: Broker) -> None:
    """It takes a handshake: only a file that was replaced is read again."""
    file = CertificateFile(broker)
    first = file.check()
    assert first is not None
    assert first.subject.endswith("kantor.lobi")
    assert file.check() is first
    replace_pair(broker, tmp_path / "new", 300)
    second = file.check()
    assert second is not None
    assert second.ends > first.ends


@pytest.mark.parametrize("fault", ["missing", "empty", "other key", "a folder"])
def test_a_certificate_that_cannot_be_used(tmp_path: Path, broker: Broker, fault: str) -> None:
    """It has no date, and the watch goes on: the uplink reports what is wrong."""
    place = Path(broker.cert_file)
    good = place.read_bytes()
    place.unlink()
    if fault == "a folder":
        place.mkdir()
    elif fault == "other key":
        other = tmp_path / "other"
        other.mkdir()
        place.write_bytes(Authority(other).issue("kantor.lobi")[0].read_bytes())
    elif fault == "empty":
        place.touch()
    file = CertificateFile(broker)
    assert file.check() is None
    if fault == "a folder":
        place.rmdir()
    place.write_bytes(good)
    assert file.check() is not None


def test_without_a_certificate_there_is_no_date(tmp_path: Path, sys: FakeSys) -> None:
    """A checkpoint with a password, or on a bench, has no such alarm."""
    bench = Bench(tmp_path, sys, Trusted())
    assert bench.look(0.0) == []
    assert bench.watch.document()["certificate_ends"] is None
