"""The base of all tables of a procedure file, and text in both languages."""

import msgspec


class FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of a procedure file; unknown keys are refused."""


class Text(FileTable, frozen=True, kw_only=True):
    """The same text in Indonesian and English.

    :ivar id: in Indonesian
    :ivar en: in English
    """

    id: str
    en: str
