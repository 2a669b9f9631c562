"""Errors that say what to do next.

A refused guest or a denied card is an event, never one of these.
"""


class GarduError(Exception):
    """Base of every error that Gardu raises on purpose."""


class ConfigError(GarduError):
    """Fix the file. Carries every problem found, not only the first.

    :ivar problems: one line each, naming file, section, key, value and what is allowed.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class DeviceUnavailable(GarduError, OSError):
    """The device is not there now; it is tried again and reported."""


class DeviceFault(GarduError, OSError):
    """The device is there but wrong; somebody must go and look."""


class ProtocolError(GarduError, ValueError):
    """A frame, message or file broke its format: dropped and counted."""


class StoreError(GarduError):
    """The database cannot be used (locked by another process, damaged, or a failed fsync)."""


class StoreFull(StoreError):
    """There is no room on the disk: this change was not kept, all before it are; try it again."""


class StoreDamaged(StoreError):
    """The database is damaged: the process must end, the next start sets the file aside."""
