"""Gardu's exceptions; each calls for its own response.

A refused guest or a denied card is an event, never one of these.
"""


class GarduError(Exception):
    """Base of every error that Gardu raises on purpose."""


class ConfigError(GarduError):
    """A config or another input file must be corrected; carries every problem found in it.

    :ivar problems: one line each, naming file, section, key, value and the allowed values.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ConfigUnavailable(ConfigError):
    """A file cannot be read now (missing, no permission, a failing disk): the next try may do.

    Its text is not known to be wrong. So `gardu run` ends with another exit code than for a
    :class:`ConfigError`, and systemd starts it again (edge/commands/main.py).
    """


class DeviceError(GarduError, OSError):
    """Base of the errors of devices: what is wrong, and what to do about it.

    :ivar remedy: what a technician does first, one or two sentences; shown after the error's text
        in the journal, in the record of the fault and by `gardu doctor`
    """

    def __init__(self, why: str, remedy: str = "") -> None:
        self.remedy = remedy
        super().__init__(why)


class DeviceUnavailable(DeviceError):
    """The device is not available now: it is reported, and opening it is retried."""


class ModuleUnavailable(DeviceUnavailable):
    """The module that a device's contact or output is on does not answer now.

    The module's own fault is the one that is reported; devices only show it as their state.
    """


class DeviceFault(DeviceError):
    """The device is present but does not work correctly: a person must attend to it."""


class ProtocolError(GarduError, ValueError):
    """A frame, message or file broke its format: dropped and counted."""


class StoreError(GarduError):
    """The database cannot be used (locked by another process, damaged, or a failed fsync)."""


class StoreFormat(StoreError):
    """The database has a format that this version cannot read: no restart helps.

    The file was not changed.
    """


class StoreFull(StoreError):
    """The disk is full: this change was not stored, all earlier ones were; retry it."""


class StoreUnavailable(StoreError):
    """Another program holds the database, or its folder is not at its path: retry this change."""


class StoreDamaged(StoreError):
    """The database is damaged: the process must end; the next start sets the file aside."""
