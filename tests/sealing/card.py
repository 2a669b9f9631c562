"""The thief of a memory card: searches every byte of a folder for texts and pictures."""

import base64
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# The beginning of a JPEG with its first segment: three bytes alone occur by chance in sealed data.
_JPEG = re.compile(rb"\xff\xd8\xff[\xe0\xe1]..(JFIF|Exif)\x00", re.DOTALL)
# Length of a piece of a picture that is searched for, and the distance of such pieces, bytes.
_PIECE, _STRIDE = 32, 512


def spellings(text: str) -> set[bytes]:
    """Return *text* as a program may have written it: encodings, base64, hexadecimal, JSON, URL."""
    found = set[bytes]()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        for spelled in {text, text.upper(), text.lower()}:
            data = spelled.encode(encoding)
            found |= {data, data.hex().encode(), data.hex().upper().encode()}
            for front in range(3):  # where the text begins within a group of three bytes
                whole = base64.b64encode(b"\x00" * front + data)
                inner = whole[(0, 2, 3)[front] : len(whole) // 4 * 4 - 4]
                found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    digits = re.sub(r"[^0-9]", "", text)
    if len(digits) >= 8:
        found |= {digits.encode(), digits.encode("utf-16-le")}
    found |= {quote(text).encode(), text.replace(" ", "+").encode(), text[::-1].encode()}
    return {one for one in found if len(one) >= 6}


def pieces(picture: bytes) -> set[bytes]:
    """Return pieces of *picture*, without those that are one byte repeated."""
    starts = range(0, len(picture) - _PIECE, _STRIDE)
    found = (picture[start : start + _PIECE] for start in starts)
    return {piece for piece in found if len(set(piece)) > 8}


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each file below *folder*; of an archive, those of its members too."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        # The reserve for records is 16 MB of zeros.
        yield str(file), str(file).encode() + b"\n" + file.read_bytes().rstrip(b"\x00")
        if file.name.endswith(".tar.gz"):
            with tarfile.open(file) as archive:
                for member in archive:
                    opened = archive.extractfile(member)
                    yield f"{file}/{member.name}", b"" if opened is None else opened.read()
        elif file.suffix == ".zip":
            with zipfile.ZipFile(file) as bundle:
                for name in bundle.namelist():
                    yield f"{file}/{name}", bundle.read(name)


def found_on(folder: Path, texts: Iterable[str], pictures: Iterable[bytes] = ()) -> set[str]:
    """Return what a thief finds below *folder*: each text, and ``a picture``, with the file."""
    wanted = {text: spellings(text) for text in texts}
    fragments = set[bytes]().union(*map(pieces, pictures))
    found = set[str]()
    for name, content in contents(folder):
        found |= {
            f"{text} in {Path(name).name}"
            for text, spelled in wanted.items()
            if any(one in content for one in spelled)
        }
        if _JPEG.search(content) or any(piece in content for piece in fragments):
            found.add(f"a picture in {Path(name).name}")
    return found
