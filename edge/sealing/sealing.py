"""The keys with which a checkpoint writes personal data: the office's, and its own local one."""

from typing import NamedTuple

from edge.config.office_key import OfficeKey
from edge.sealing.boxes import seal
from edge.sealing.wraps import LocalKey


class Sealing(NamedTuple):
    """The keys of a checkpoint that seals.

    :ivar office: its public key: what is written is sealed to it
    :ivar local: the key for what is read back here
    """

    office: OfficeKey
    local: LocalKey

    def seal(self, text: bytes, block: int) -> bytes:
        """Return the JSON *text* sealed, with blanks up to a multiple of *block* bytes.

        The length of the box then shows little of that of a name.
        """
        return seal(self.office, text.ljust(-(-len(text) // block) * block))
