"""Identifiers that a pure function can make: UUID version 7 (RFC 9562) of a moment and a salt."""

import hashlib


def uuid7(wall_ms: int, salt: str) -> str:
    """Return the UUIDv7 of *wall_ms* (milliseconds since 1970) with *salt* for its random bits.

    The same arguments give the same id, so a decision that is repeated after a crash has the same
    ids. Unique as long as each *salt* is used once.
    """
    random = int.from_bytes(hashlib.sha256(salt.encode()).digest()[:10], "big")
    value = (wall_ms & 0xFFFF_FFFF_FFFF) << 80 | random & 0xFFFF_FFFF_FFFF_FFFF_FFFF
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def minted_ms(identifier: str) -> int:
    """Return the moment of a UUIDv7, milliseconds since 1970.

    :raises ValueError: if *identifier* has no hexadecimal digits
    """
    return int(identifier.replace("-", "")[:12], 16)
