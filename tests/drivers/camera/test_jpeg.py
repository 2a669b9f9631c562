"""The outer structure of a JPEG, checked against Pillow and with damaged data."""

from datetime import datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.drivers.camera.exif import ROOM, exif, orientation_of
from edge.drivers.camera.jpeg import (
    CutShort,
    NotJpeg,
    exif_of,
    segments,
    size,
    whole,
    with_exif,
)

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


def block(**changes: Any) -> bytes:
    """Return the EXIF of a still."""
    said: dict[str, Any] = {
        "description": "site=a checkpoint=b",
        "unique_id": "0" * 32,
        "software": "Gardu 1",
    }
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


@KINDS
@pytest.mark.parametrize(
    "before", [b"\xff", b"\r\n", b"--b\r\nContent-Type: image/jpeg\r\n\r\n", b"x" * 4096]
)
def test_what_stands_before_the_picture_is_left_out(jpeg: bytes, before: bytes) -> None:
    """A stray byte, a line end, the head of a part: the picture is stored from its SOI on."""
    assert whole(before + jpeg) == jpeg


def test_a_picture_far_inside_other_data_is_none() -> None:
    """Data that is no picture stays refused, also if one is hidden far behind."""
    with pytest.raises(NotJpeg):
        whole(b"x" * 5000 + BASELINE)


@KINDS
def test_stray_bytes_between_segments_are_left_out(jpeg: bytes) -> None:
    """A few bytes that are no segment are skipped, as decoders do; many are no JPEG."""
    parts = list(segments(jpeg))
    for before, part in pairwise(parts):
        if before.marker == 0xDA:  # behind pixels, such bytes are pixels
            continue
        assert whole(jpeg[: part.start] + b"\0\r\n\xff\0" + jpeg[part.start :]) == jpeg
    with pytest.raises(NotJpeg):
        whole(jpeg[: parts[1].start] + b"\0" * 100 + jpeg[parts[1].start :])


@KINDS
def test_a_picture_that_breaks_off_makes_way_for_the_next(jpeg: bytes) -> None:
    """In a stream, the first part may be cut: the first whole picture counts."""
    assert whole(jpeg[: len(jpeg) - 40] + b"\r\n--b\r\n\r\n" + jpeg) == jpeg


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


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_cameras_orientation_is_kept(orientation: int, order: str) -> None:
    """A camera that hangs upside down says so in EXIF; the still must not stand on its head."""
    own = Image.Exif()
    own.endian = order
    own[0x0112], own[0x010F] = orientation, "maker"
    turned = orientation_of(exif_of(picture(exif=own.tobytes())))
    assert turned == orientation
    jpeg = with_exif(BASELINE, block(orientation=turned))
    with Image.open(BytesIO(jpeg)) as image:
        assert image.getexif().get(0x0112, 1) == orientation
        assert image.getexif()[0x010E] == "site=a checkpoint=b"


@given(st.binary(max_size=200))
def test_any_bytes_have_an_orientation(data: bytes) -> None:
    """EXIF comes from the network: broken blocks are upright, never an error."""
    for begin in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert 1 <= orientation_of(begin + data) <= 8


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
