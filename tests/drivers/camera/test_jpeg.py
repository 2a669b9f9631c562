"""The outer structure of a JPEG, checked against Pillow and with damaged data."""

from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.drivers.camera.exif import ROOM, exif
from edge.drivers.camera.jpeg import CutShort, NotJpeg, segments, size, whole, with_exif

WIB = timezone(timedelta(hours=7))
MOMENT = datetime(2026, 11, 21, 10, 51, 37, 412_000, tzinfo=WIB)


def picture(width: int = 64, height: int = 48, **options: Any) -> bytes:
    """Return a JPEG of random noise."""
    jpeg = BytesIO()
    image = Image.effect_noise((width, height), 60).convert("RGB")
    image.save(jpeg, "JPEG", **options)
    return jpeg.getvalue()


BASELINE, PROGRESSIVE = picture(), picture(progressive=True)
KINDS = pytest.mark.parametrize("jpeg", [BASELINE, PROGRESSIVE, picture(restart_marker_rows=1)])


def block(**changes: str) -> bytes:
    """Return the EXIF of a still."""
    said = {"description": "site=a checkpoint=b", "unique_id": "0" * 32, "software": "Gardu 1"}
    return exif(moment=MOMENT, **(said | changes))


@KINDS
def test_a_whole_picture_is_itself(jpeg: bytes) -> None:
    """Baseline, progressive and with restart markers: a whole picture is returned unchanged."""
    assert whole(jpeg) == jpeg
    assert size(jpeg) == (64, 48)


@KINDS
@pytest.mark.parametrize("after", [b"\0" * 9, b"\r\n--boundary--", BASELINE, b"\xff\xd9"])
def test_what_follows_the_end_is_left_out(jpeg: bytes, after: bytes) -> None:
    """Data after the end is removed: padding, the rest of a film, a second picture."""
    assert whole(jpeg + after) == jpeg


@KINDS
def test_no_part_of_a_picture_is_a_whole_one(jpeg: bytes) -> None:
    """A picture cut at any byte is refused."""
    for end in range(len(jpeg)):
        with pytest.raises((CutShort, NotJpeg)):
            whole(jpeg[:end])


def test_an_end_inside_a_segment_is_none() -> None:
    """A thumbnail in EXIF has an end marker of its own, which does not end the picture."""
    jpeg = picture(exif=b"Exif\0\0" + BASELINE[:2000] + b"\xff\xd9")
    assert whole(jpeg) == jpeg
    with pytest.raises(CutShort):
        whole(jpeg[:-2])


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"\xff\xd8\xff\xd9", b"\xff\xd8\0\0", b"<html>", BASELINE[:2] + b"zz"],
)
def test_what_is_no_picture(data: bytes) -> None:
    """Other data is refused, also an empty JPEG: two markers without pixels."""
    with pytest.raises(NotJpeg):
        whole(data)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_segments_or_in_words(data: bytes) -> None:
    """Any bytes give segments or an expected error, and no endless loop."""
    try:
        found = list(segments(b"\xff\xd8" + data))
    except (NotJpeg, CutShort):
        return
    assert found[-1].end <= len(data) + 2


def test_exif_is_what_other_programs_read() -> None:
    """Pillow reads every tag, and the pixels are the same."""
    jpeg = with_exif(BASELINE, block(unique_id="01907c1eaaaa7bbb8ccc0123456789ab"))
    with Image.open(BytesIO(jpeg)) as image, Image.open(BytesIO(BASELINE)) as before:
        tags = image.getexif()
        own = tags.get_ifd(0x8769)
        assert image.tobytes() == before.tobytes()
    assert (tags[0x010E], tags[0x0131]) == ("site=a checkpoint=b", "Gardu 1")
    assert own == {
        0x9000: b"0232",
        0x9003: "2026:11:21 10:51:37",
        0x9011: "+07:00",
        0x9291: "412",
        0xA420: "01907c1eaaaa7bbb8ccc0123456789ab",
    }


def test_the_cameras_own_exif_makes_way() -> None:
    """The camera's EXIF is replaced: its clock may be wrong, and it may hold a position."""
    own = Image.Exif()
    own[0x010F] = "maker"
    jpeg = with_exif(picture(exif=own), block())
    assert jpeg.count(b"Exif\0\0") == 1
    with Image.open(BytesIO(jpeg)) as image:
        assert 0x010F not in image.getexif()
    assert with_exif(jpeg, block()) == jpeg


def test_short_and_foreign_texts_are_kept_in_bounds() -> None:
    """A text of up to four bytes is in its directory; a character outside ASCII becomes ``?``."""
    jpeg = with_exif(BASELINE, block(software="G1", description="Jalan Kemerdekaan №1"))
    with Image.open(BytesIO(jpeg)) as image:
        assert image.getexif()[0x0131] == "G1"
        assert image.getexif()[0x010E] == "Jalan Kemerdekaan ?1"


def test_the_longest_names_fit_into_the_room() -> None:
    """The EXIF with the longest names fits into ROOM, which the size limit reserves."""
    name = "n" * 64
    description = f"site={name} checkpoint={name} purpose={name} clock=not-trusted"
    assert len(with_exif(BASELINE, block(description=description))) - len(BASELINE) <= ROOM
