"""A judgement: one part of the verdict, with the first difference that was found."""

import msgspec


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of records with what happened in the lobby.

    :ivar difference: the first difference, in words; empty: there is none
    """

    difference: str

    @property
    def ok(self) -> bool:
        """True if the records agree."""
        return not self.difference
