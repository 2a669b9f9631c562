"""The modes of a slow disk."""

from enum import IntEnum


class Mode(IntEnum):
    """Which requests the disk's server holds."""

    NONE = 0
    SYNCS = 1
    SYNCS_AND_WRITES = 2
