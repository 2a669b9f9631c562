"""From the camera to the file: stills are stored with or without their strip."""

import asyncio
import hashlib
import sys
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory
from PIL import Image

from edge.clock import Clock, Stamp
from edge.config.loading import load_config
from edge.config.model import CheckpointSection
from edge.config.places import default_config_folder
from edge.config.sections.cameras import Stills
from edge.daemon.build import build_devices
from edge.daemon.devices import Devices
from edge.drivers.camera.stamper import Stamper
from edge.drivers.gpio.pin_channels import PinChannels
from edge.mqtt.messages import STILL_LIMIT
from edge.sop.effects import TakeStill
from edge.sop.events import DeviceFailed, DeviceRestored, Event, StillTaken
from edge.sop.state import PendingStill
from edge.store.still_files import StillFiles

CHECKPOINT = CheckpointSection(site="setda", id="lobi", procedures=["pimpinan"])
IDS = ("01907c1e-aaaa-7bbb-8ccc-000000000001", "01907c1e-aaaa-7bbb-8ccc-000000000002")
SIZE = (1280, 720)


class Noise:
    """A camera at dusk: its stills are larger than a message may be."""

    name = "camera/lobby"

    def open(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def capture(self) -> bytes:
        """Return a large JPEG."""
        jpeg = BytesIO()
        Image.effect_noise(SIZE, 80).convert("RGB").save(jpeg, "JPEG", quality=90)
        return jpeg.getvalue()


def take(
    folder: Path, command: tuple[str, ...] | None, between: Callable[[], object] = lambda: None
) -> list[Event]:
    """Capture two stills with *command* as the stamper's child; return the posted events."""
    posted: list[Event] = []
    clock = Clock()
    devices = Devices(clock, lambda make: posted.append(make(clock.now())), StillFiles(folder))
    devices.add_camera(Noise(), ["desk"])
    devices.add_stamper(Stamper("stamper", Stills(), CHECKPOINT, command))

    async def scene() -> None:
        keeping = asyncio.ensure_future(devices.run())
        for number, still in enumerate(IDS, 1):
            devices.carry_out(TakeStill(still, "desk", "v"))
            async with asyncio.timeout(30):
                while sum(isinstance(event, StillTaken) for event in posted) < number:
                    await asyncio.sleep(0.005)
            between()
        keeping.cancel()
        await devices.close()

    asyncio.run(scene())
    return posted


def read(folder: Path, taken: StillTaken) -> bytes:
    """Return the still's file; check that its outbox row agrees with the posted event."""
    pending = PendingStill(visit="v", step="s", purpose="desk")
    row = StillFiles(folder).row(taken, pending)
    data = (folder / row.path).read_bytes()
    assert row.path == f"stills/{taken.at.iso()[:10]}/{taken.still}.jpg"
    assert (row.sha256, row.size) == (hashlib.sha256(data).hexdigest(), len(data))
    return data


def test_what_is_kept_is_stamped_described_and_small_enough(tmp_path: Path) -> None:
    """Digest, size and record are of the final bytes, which are sent by MQTT."""
    posted = take(tmp_path, None)
    assert [type(event) for event in posted] == [StillTaken, StillTaken]
    for taken in posted:
        assert isinstance(taken, StillTaken)
        data = read(tmp_path, taken)
        assert len(data) <= STILL_LIMIT
        with Image.open(BytesIO(data)) as image:
            image.load()
            assert image.height / image.width > SIZE[1] / SIZE[0] * 1.05
            assert image.getexif().get_ifd(0x8769)[0xA420] == taken.still.replace("-", "")


def test_a_still_that_cannot_be_stamped_is_kept_whole_and_that_is_said_once(
    tmp_path: Path,
) -> None:
    """A still without a strip is stored with its EXIF, and the stamper's fault is posted once."""
    posted = take(tmp_path, (sys.executable, "-c", "import os; os._exit(1)"))
    assert [type(event) for event in posted].count(DeviceFailed) == 1
    failed = next(event for event in posted if isinstance(event, DeviceFailed))
    assert (failed.device, failed.why) == ("stamper", "stamper: its process has ended")
    for taken in posted:
        if isinstance(taken, StillTaken):
            with Image.open(BytesIO(read(tmp_path, taken))) as image:
                image.load()
                assert image.size == SIZE
                assert image.getexif().get_ifd(0x8769)[0xA420] == taken.still.replace("-", "")


def test_when_it_can_be_stamped_again_that_is_said(tmp_path: Path) -> None:
    """Once stills can be stamped again, the stamper is posted as restored."""
    program = tmp_path / "child.py"
    program.write_text("raise SystemExit(1)")
    mended = "from edge.drivers.camera.stamper_child import main\nmain()"
    posted = take(tmp_path, (sys.executable, str(program)), lambda: program.write_text(mended))
    told = [type(event) for event in posted if not isinstance(event, StillTaken)]
    assert told == [DeviceFailed, DeviceRestored]


@pytest.mark.parametrize("synced", [True, False])
def test_the_moment_in_the_picture_is_the_moment_in_the_record(synced: bool) -> None:
    """EXIF has the moment of the record, and the mark not-trusted only without a trusted clock."""
    at = Stamp(0, 1_795_233_097_412, synced)
    picture = Stamper("stamper", Stills(), CHECKPOINT).describe(
        Noise().capture(), IDS[0], "desk", at
    )
    with Image.open(BytesIO(picture)) as image:
        tags = image.getexif()
    assert ("not-trusted" in tags[0x010E]) is not synced
    exif = tags.get_ifd(0x8769)
    moment = datetime.strptime(exif[0x9003] + exif[0x9011], "%Y:%m:%d %H:%M:%S%z")
    assert int(moment.timestamp()) == at.wall_ms // 1000


def test_a_config_with_cameras_has_a_stamper(tmp_path: Path) -> None:
    """The stamper is in the checkpoint's health, like any device."""
    config = load_config(default_config_folder() / "gardu.toml", elsewhere=True)
    factory, clock = MockFactory(), Clock()
    devices = build_devices(
        config, clock, lambda _make: None, StillFiles(tmp_path), PinChannels(factory, clock)
    )
    assert "stamper" in devices.states({})
    asyncio.run(devices.close())
    factory.close()
