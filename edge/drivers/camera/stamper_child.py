"""The child process that decodes a still's pixels: ``python -m edge.drivers.camera.stamper_child``.

It follows the protocol of ``child_pipe.py``. A request is four bytes length (big-endian), JSON of
that many bytes (``limit``: the largest answer, bytes; ``strip``: the texts of the strip by their
place, or null for none), then the JPEG. The answer is a JPEG without EXIF.

The strip has two lines below the picture: time (and a warning) left, purpose right; place left,
checkpoint right. Its letters grow with the picture. Texts that do not fit are set smaller, then the
right ones are left out, then the left ones are cut off.
"""

import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edge.drivers.camera.child_pipe import serve

if TYPE_CHECKING:  # loaded in the child only
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

# Tried until the answer is small enough: every quality at one size, then the next size.
_QUALITIES = (88, 80, 70, 60)
_SHRINK = 0.8
_LEAST_WIDTH = 320

# Width and height, pixels. Larger pictures are made smaller as they are read: more does not fit
# into the limit anyhow, and would need memory that a small Pi does not have.
_MOST = (1920, 1920)
# 50 megapixels: a picture that claims to have more is no still.
_MOST_PIXELS = 50_000_000

_INK, _PAPER, _DIM, _WARNING = "#ffffff", "#10151a", "#b9c4cc", "#ffc043"
_LEAST_LETTERS = 9


def main() -> None:
    """Stamp pictures until the parent closes the pipe."""
    serve(_begun, _explain)


def _begun() -> Callable[[bytes], bytes]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS // 2  # Pillow refuses a picture with twice as many
    return _stamped


def _stamped(request: bytes) -> bytes:
    length = int.from_bytes(request[:4], "big")
    order = json.loads(request[4 : 4 + length])
    picture = _opened(request[4 + length :])
    for candidate in _smaller(picture):
        whole = _with_strip(candidate, order["strip"]) if order["strip"] else candidate
        for quality in _QUALITIES:
            jpeg = io.BytesIO()
            whole.save(jpeg, "JPEG", quality=quality)
            if jpeg.tell() <= order["limit"]:
                return jpeg.getvalue()
    raise ValueError(f"the picture cannot be made smaller than {order['limit']} bytes")


def _opened(jpeg: bytes) -> "Image":
    """Return the whole picture, upright; raise if its pixels are broken."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
        image.draft("RGB", _MOST)
        image.thumbnail(_MOST)
        return ImageOps.exif_transpose(image.convert("RGB"))


def _smaller(picture: "Image") -> Iterator["Image"]:
    """Yield *picture*, then smaller and smaller ones."""
    from PIL.Image import Resampling

    scale = 1.0
    while (width := round(picture.width * scale)) >= _LEAST_WIDTH or scale == 1.0:
        height = max(1, round(picture.height * scale))
        yield picture if scale == 1.0 else picture.resize((width, height), Resampling.LANCZOS)
        scale *= _SHRINK


def _with_strip(picture: "Image", words: dict[str, str]) -> "Image":
    from PIL import Image, ImageDraw

    letters = max(_LEAST_LETTERS, round(picture.width / 44))
    line = round(letters * 1.45)
    margin = round(letters * 0.6)
    whole = Image.new("RGB", (picture.width, picture.height + 2 * line + margin), _PAPER)
    whole.paste(picture)
    pen = ImageDraw.Draw(whole)
    first = picture.height + margin // 2 + line // 2
    _line(pen, first, letters, margin, (words["time"], words["warning"]), words["purpose"], _INK)
    small = round(letters * 0.85)
    _line(pen, first + line, small, margin, (words["place"], ""), words["checkpoint"], _DIM)
    return whole


def _line(
    pen: "ImageDraw",
    middle: int,
    letters: int,
    margin: int,
    left: tuple[str, str],
    right: str,
    ink: str,
) -> None:
    """Write *left* (a text, and a warning in its own colour) and *right* into one line."""
    from PIL import ImageFont

    width = pen.im.size[0] - 2 * margin
    text, warning = left
    after = f"  {warning}" if warning else ""
    font = ImageFont.load_default(letters)
    while font.getlength(f"{text}{after}   {right}") > width and letters > _LEAST_LETTERS:
        letters -= 1
        font = ImageFont.load_default(letters)
    if font.getlength(f"{text}{after}   {right}") > width:  # the left text is more important
        right = ""
    room = width - font.getlength(f"{after}   {right}")
    text = _cut(text, font, room)
    pen.text((margin, middle), text, _WARNING if warning else ink, font, "lm")
    pen.text((margin + font.getlength(text), middle), after, _WARNING, font, "lm")
    pen.text((margin + width, middle), right, ink, font, "rm")


def _cut(text: str, font: "Font", room: float) -> str:
    while font.getlength(text) > room and len(text) > 1:
        text = text.rstrip("…")[:-1] + "…"
    return text


def _explain(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"Pillow is not installed: {error}\nInstall it: pip install 'gardu[stills]'."
    remedy = "The still is stored without a strip. If it stays, examine the last still."
    return f"{type(error).__name__}: {error}".replace("\n", " ") + f"\n{remedy}"


if __name__ == "__main__":
    main()
