"""The health of a checkpoint, as it published it last."""

from typing import NamedTuple

import msgspec

from office.board.moments import moment_of
from office.database.board_queries import CheckpointValue, LiveRow


class _Uplink(msgspec.Struct, frozen=True):
    parked: int = 0


class _Outage(msgspec.Struct, frozen=True):
    word: str = ""
    why: str = ""
    remedy: str = ""
    time: str = ""


class HealthValue(msgspec.Struct, frozen=True):
    """The part of ``health`` that the page shows."""

    time: str = ""
    clock_synced: bool = True
    clock_error_ms: float | None = None
    devices: dict[str, str] = {}
    refusals: dict[str, int] = {}
    uplink: _Uplink = _Uplink()
    last_outage: _Outage | None = None
    disk_free_bytes: int | None = None
    memory_bytes: int | None = None
    temperature_c: float | None = None
    certificate_ends: str | None = None


class Health(NamedTuple):
    """A checkpoint's health, which arrived at *arrived_ms*."""

    value: HealthValue
    arrived_ms: int

    @property
    def faulty(self) -> dict[str, str]:
        """The devices that do not work, with their states."""
        return {name: state for name, state in self.value.devices.items() if state != "ok"}

    @property
    def refused(self) -> int:
        """The number of inputs that it has refused since its start."""
        return sum(self.value.refusals.values())

    @property
    def certificate_ends_ms(self) -> int | None:
        """The end of its certificate; None: it has none."""
        return moment_of(self.value.certificate_ends)

    @property
    def outage_ms(self) -> int | None:
        """The time of its last connection failure."""
        return None if self.value.last_outage is None else moment_of(self.value.last_outage.time)


_decode = msgspec.json.Decoder(HealthValue).decode


def health_of(row: LiveRow | CheckpointValue | None) -> Health | None:
    """Return the health in *row*; None if there is none, or if it has another form."""
    if row is None:
        return None
    try:
        return Health(_decode(row.payload), row.arrived_ms)
    except msgspec.DecodeError:
        return None
