"""One reading of the whole machine, and its part of the topic ``health``."""

from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Stamp
from edge.clock_trust import Confirmation
from edge.daemon.machine.card import Card, read_card
from edge.daemon.machine.heat import temperature
from edge.daemon.machine.power import Power, read_power
from edge.daemon.machine.rtc import Rtc
from edge.daemon.machine.sysfs import SYS, text
from edge.mqtt.certificates import Certificate
from edge.store.commit_times import Commits
from edge.store.disk_errors import DiskErrors


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the machine at one moment; None where it is not known.

    :ivar at: the moment
    :ivar raspberry_pi: False on another machine, whose limits of temperature are others
    :ivar commits: the store's commits of the last minutes
    :ivar rtc: the battery-backed clock; None if there is none
    :ivar rtc_ahead_s: how far it was ahead of the machine's clock when it was read
    :ivar confirmed: the last confirmation of the wall clock
    :ivar certificate: the checkpoint's certificate at the broker; None if there is none
    """

    at: Stamp
    raspberry_pi: bool = False
    power: Power = Power()
    temperature_c: float | None = None
    card: Card = Card()
    commits: Commits = Commits()
    rtc: Rtc | None = None
    rtc_ahead_s: float | None = None
    confirmed: Confirmation | None = None
    certificate: Certificate | None = None


def read_machine(
    folder: Path,
    at: Stamp,
    sys: Path = SYS,
    before: Readings | None = None,
    errors: DiskErrors | None = None,
) -> Readings:
    """Return the state of the machine with the data *folder*; commits and clocks are left out.

    :param before: an earlier reading: the model and the card's wear are then not read again
    :param errors: those of the folder's file system, for more than one reading
    """
    return Readings(
        at=at,
        raspberry_pi=before.raspberry_pi if before else _is_raspberry_pi(sys),
        power=read_power(sys),
        temperature_c=temperature(sys),
        card=read_card(folder, sys, before.card if before else None, errors=errors),
    )


def _is_raspberry_pi(sys: Path) -> bool:
    return (text(sys / "firmware/devicetree/base/model") or "").startswith("Raspberry Pi")


def document(readings: Readings, under_voltage_times: int) -> dict[str, Any]:
    """Return the fields of ``health`` about the machine.

    :param under_voltage_times: how often the supply was too low since the daemon's start
    """
    power, card, commits, rtc = readings.power, readings.card, readings.commits, readings.rtc
    certificate = readings.certificate
    return {
        "power": {
            "under_voltage": power.under_voltage,
            "under_voltage_times": under_voltage_times,
            "throttled": power.throttled,
        },
        "card": {
            "read_only": card.read_only,
            "errors": card.errors,
            "life_used_percent": card.life_used_percent,
            "commits_slow": commits.slow,
            "commit_p95_ms": commits.p95_ms,
            "commit_longest_ms": commits.longest_ms,
        },
        "rtc": rtc
        and {
            "name": rtc.name,
            "ahead_s": readings.rtc_ahead_s,
            "battery_mv": rtc.battery_mv,
        },
        "clock_confirmed_s": confirmed_s(readings),
        "certificate_ends": certificate and certificate.ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def confirmed_s(readings: Readings) -> int | None:
    """Return the seconds since the wall clock was confirmed; None if it was not in this boot."""
    if readings.confirmed is None:
        return None
    return max(0, (readings.at.boot_ns - readings.confirmed.boot_ns) // 10**9)
