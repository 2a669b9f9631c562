"""The strip and the EXIF of stills, by the real child process, and by children with faults."""

import sys
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image, ImageStat

from edge.clock import Stamp
from edge.config.model import CheckpointSection
from edge.config.sections.cameras import Stills
from edge.drivers.camera import jpeg
from edge.drivers.camera.stamper import Stamper, indonesian, strip
from edge.errors import DeviceFault, DeviceUnavailable
from tests.longer import slow

CHECKPOINT = CheckpointSection(
    site="setda", id="lobi", procedures=["pimpinan"], place="Lobi utama Kantor Bupati"
)
AT = Stamp(0, 1_795_233_097_412, synced=True)
UNSURE = Stamp(0, AT.wall_ms, synced=False)
ID = "01907c1e-aaaa-7bbb-8ccc-0123456789ab"


def still(width: int = 640, height: int = 480, noise: int = 80, **options: Any) -> bytes:
    """Return a still with much detail, like those of cameras at dusk."""
    data = BytesIO()
    Image.effect_noise((width, height), noise).convert("RGB").save(data, "JPEG", **options)
    return data.getvalue()


def stamper(*command: str, stamp_s: float = 20.0, **settings: Any) -> Stamper:
    """Return a stamper with *settings*; *command* replaces the real child."""
    return Stamper("stamper", Stills(**settings), CHECKPOINT, command or None, stamp_s)


def opened(data: bytes) -> Image.Image:
    """Return the picture, decoded to its last pixel."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("size", [(1280, 720), (640, 480)])
def test_the_strip_is_below_the_picture(size: tuple[int, int]) -> None:
    """The strip covers no part of the picture, and has text in it."""
    before = still(*size, noise=10)
    after = opened(stamper().stamp(before, "desk", AT))
    assert after.width == size[0]
    assert size[1] * 1.05 < after.height < size[1] * 1.2
    picture = after.crop((0, 0, *size))
    assert ImageStat.Stat(picture).mean == pytest.approx(ImageStat.Stat(opened(before)).mean, abs=2)
    ink = after.crop((0, size[1], *after.size)).convert("L").histogram()
    assert sum(ink[200:]) > 0.02 * sum(ink)
    assert sum(ink[:60]) > 0.5 * sum(ink)


def test_every_word_of_the_strip_changes_it() -> None:
    """Time, trust, purpose and its words are all drawn."""
    before = still(quality=30)
    told = {
        stamper(words=words).stamp(before, purpose, at)
        for words, purpose, at in (
            ({}, "desk", AT),
            ({}, "desk", UNSURE),
            ({}, "alarm", AT),
            ({"desk": "Loket"}, "desk", AT),
            ({}, "desk", Stamp(0, AT.wall_ms + 1000, synced=True)),
        )
    }
    assert len(told) == 5


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (7, "Sabtu, 21 November 2026 10.51.37 WIB (UTC+07:00)"),
        (8, "Sabtu, 21 November 2026 11.51.37 WITA (UTC+08:00)"),
        (9, "Sabtu, 21 November 2026 12.51.37 WIT (UTC+09:00)"),
        (0, "Sabtu, 21 November 2026 03.51.37 UTC+00:00"),
        (-11, "Jumat, 20 November 2026 16.51.37 UTC-11:00"),
        (7.5, "Sabtu, 21 November 2026 11.21.37 UTC+07:30"),
    ],
)
def test_the_time_is_said_as_in_the_office(hours: float, said: str) -> None:
    """The time has Indonesian words and zones, and the offset, so that it is clear anywhere."""
    zone = timezone(timedelta(hours=hours))
    assert indonesian(datetime.fromtimestamp(AT.wall_ms / 1000, zone)) == said


def test_what_the_strip_says() -> None:
    """The strip has site, checkpoint, place, purpose, time and an unsure clock's warning only."""
    words = strip(CHECKPOINT, "Meja penerima tamu", UNSURE)
    assert set(words) == {"time", "warning", "purpose", "place", "checkpoint"}
    assert words["warning"] == "JAM BELUM DIPASTIKAN"
    assert words["place"] == "Lobi utama Kantor Bupati"
    assert words["checkpoint"] == "setda / lobi"
    assert strip(CHECKPOINT, "x", AT)["warning"] == ""


@pytest.mark.parametrize(
    ("zone", "said", "offset"),
    [
        ("Asia/Jakarta", "10.51.37 WIB (UTC+07:00)", "+07:00"),
        ("Asia/Jayapura", "12.51.37 WIT (UTC+09:00)", "+09:00"),
        ("", "03.51.37 UTC+00:00", "+00:00"),
    ],
)
def test_strip_and_exif_show_the_offices_time(
    zone: str, said: str, offset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A still shows the office's time, not that of a machine that was left on London's."""
    monkeypatch.setenv("TZ", "UTC")
    office = msgspec.structs.replace(CHECKPOINT, timezone=zone)
    assert strip(office, "x", AT)["time"].endswith(said)
    device = Stamper("stamper", Stills(stamp=False), office)
    data = opened(device.describe(still(), ID, "desk", AT)).getexif().get_ifd(0x8769)
    assert data[0x9011] == offset


@pytest.mark.parametrize("limit_kib", [256, 64, 16])
def test_a_still_is_made_to_fit(limit_kib: int) -> None:
    """A still fits the limit with its EXIF, and is as large a picture as fits."""
    device = stamper(limit_kib=limit_kib)
    before = still(1920, 1080, quality=95)
    assert len(before) > 1024 * 1024
    after = device.describe(device.stamp(before, "desk", AT), ID, "desk", AT)
    assert 0.3 * limit_kib * 1024 < len(after) <= limit_kib * 1024
    assert opened(after).width >= 320


@slow
def test_a_large_camera_fits_into_the_childs_memory() -> None:
    """Twelve megapixels are decoded at a smaller scale, so that they fit the child's memory."""
    after = opened(stamper().stamp(still(4056, 3040, quality=40), "desk", AT))
    assert 600 < after.width <= 1920


def test_a_turned_picture_is_stamped_upright() -> None:
    """EXIF's orientation is applied to the pixels, because that EXIF is replaced."""
    turned = Image.Exif()
    turned[0x0112] = 6
    assert opened(stamper().stamp(still(640, 480, exif=turned), "desk", AT)).width == 480


def test_without_a_strip_a_small_still_is_left_as_it_is() -> None:
    """A small still without a strip starts no child; a large one is made to fit all the same."""
    small = still(quality=30)
    assert stamper("/no/such/program", stamp=False).stamp(small, "desk", AT) is small
    fitted = stamper(stamp=False, limit_kib=32).stamp(still(quality=95), "desk", AT)
    image = opened(fitted)
    assert len(fitted) <= 32 * 1024
    assert image.height / image.width == pytest.approx(480 / 640, abs=0.01)


def test_exif_says_which_still_it_is() -> None:
    """EXIF is written also without a strip, and without decoding the picture."""
    after = stamper().describe(still(), ID, "alarm", UNSURE)
    with opened(after) as image:
        tags = image.getexif()
    assert tags[0x010E] == "site=setda checkpoint=lobi purpose=alarm clock=not-trusted"
    assert tags[0x0131].startswith("Gardu ")
    own = tags.get_ifd(0x8769)
    assert own[0xA420] == ID.replace("-", "")
    local = datetime.strptime(own[0x9003] + own[0x9011], "%Y:%m:%d %H:%M:%S%z")
    assert int(local.timestamp()) == AT.wall_ms // 1000
    assert jpeg.whole(after) == after


def test_a_still_that_is_not_redrawn_keeps_its_orientation() -> None:
    """Without a strip the pixels stay as they are, so programs must still turn them."""
    turned = Image.Exif()
    turned[0x0112] = 3
    device = stamper(stamp=False)
    small = still(quality=30, exif=turned)
    after = device.describe(device.stamp(small, "desk", AT), ID, "desk", AT)
    assert opened(after).getexif()[0x0112] == 3
    redrawn = stamper().describe(stamper().stamp(small, "desk", AT), ID, "desk", AT)
    assert 0x0112 not in opened(redrawn).getexif()


def test_what_is_no_jpeg_is_described_as_it_is() -> None:
    """Data that is no JPEG is returned unchanged, so that it is not lost."""
    assert stamper().describe(b"no picture", ID, "desk", AT) == b"no picture"


# The functions of every child below; with code of their own, so that an error in the driver
# shows.
SAY = """
import os, struct, sys, time
def say(what, body=b""):
    os.write(1, what + struct.pack(">I", len(body)) + body)
def heard():
    _, length = struct.unpack(">cI", sys.stdin.buffer.read(5))
    return sys.stdin.buffer.read(length)
"""


@pytest.mark.parametrize(
    ("program", "error", "why"),
    [
        ("time.sleep(3600)", DeviceUnavailable, "no answer in time"),
        ("say(b'R'); time.sleep(3600)", DeviceUnavailable, "no answer in time"),
        ("say(b'R'); os.read(0, 9); os._exit(1)", DeviceUnavailable, "has ended"),
        ("os._exit(1)", DeviceUnavailable, "has ended"),
        ("say(b'R'); say(b'E', b'MemoryError: ')", DeviceUnavailable, "MemoryError"),
        ("say(b'E', b'Pillow is not installed')", DeviceUnavailable, "Pillow is not installed"),
        (
            "say(b'R'); heard(); os.write(1, b'Traceback (most'); time.sleep(90)",
            DeviceFault,
            "nonsense",
        ),
        ("say(b'R'); heard(); say(b'A', b'GIF89a')", DeviceFault, "not a JPEG"),
        ("say(b'R'); k = bytearray(b'x') * 2**28; time.sleep(90)", DeviceUnavailable, "limit of"),
    ],
)
def test_a_child_that_goes_wrong_is_told(program: str, error: type[Exception], why: str) -> None:
    """A fault is reported within the time for one still; a large still does not block the pipe."""
    # Only a child that is silent is ended by time: the others have all the time they need.
    late = why == "no answer in time"
    device = stamper(sys.executable, "-c", SAY + program, stamp_s=0.5 if late else 60.0)
    with pytest.raises(error, match=f"stamper: .*{why}"):
        device.stamp(still(1280, 960, quality=95), "desk", AT)


def test_broken_pixels_are_told() -> None:
    """A JPEG that is whole outside and broken inside is reported."""
    good = still()
    tables = [part for part in jpeg.segments(good) if part.marker == 0xDB]
    broken = good[: tables[0].start] + good[tables[-1].end :]
    assert jpeg.whole(broken) == broken
    with pytest.raises(DeviceUnavailable, match="stamper: OSError"):
        stamper().stamp(broken, "desk", AT)


def test_without_the_library_it_does_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library is reported at the start with its remedy, but not without a strip."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(DeviceUnavailable, match="Pillow is not installed") as caught:
        stamper().open()
    assert "pip install 'gardu[stills]'" in caught.value.remedy
    stamper(stamp=False).open()


def test_the_daemon_does_not_load_the_library() -> None:
    """Pillow needs as much memory as the daemon itself."""
    import subprocess

    program = "import sys, edge.daemon.run, edge.drivers.camera.stamper;print('PIL' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
