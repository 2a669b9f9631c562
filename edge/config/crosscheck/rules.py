"""Checks across config sections.

Each rule is a function that adds its problems under the key that an office would correct.
"""

import os
from collections.abc import Hashable
from zoneinfo import ZoneInfoNotFoundError

from edge.config.credentials import is_credential, missing
from edge.config.crosscheck.broker import FILES, check_broker
from edge.config.crosscheck.cameras import cameras
from edge.config.crosscheck.cards import cards
from edge.config.crosscheck.contacts import safety
from edge.config.crosscheck.desk import check_desk
from edge.config.crosscheck.detectors import detectors
from edge.config.crosscheck.guest_kinds import guest_kinds
from edge.config.crosscheck.hosts import NAMES_A_HOST, check_hosts
from edge.config.crosscheck.lockers import lockers
from edge.config.crosscheck.modules import modules
from edge.config.crosscheck.places import places
from edge.config.crosscheck.requests import check_requests, check_signature_library
from edge.config.crosscheck.sealing import check_sealing, check_sealing_library
from edge.config.crosscheck.serial import check_library, invitations, ports, readers, serial_ports
from edge.config.crosscheck.times import times
from edge.config.model import Config
from edge.config.parts import pin_parts
from edge.config.sections.panels import Button
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem

# GPIO 2 and 3 have fixed 1.8 kOhm pull-ups on every Pi (they are the I2C pins).
FIXED_PULL_UP = (2, 3)
# The Pi's own serial port is on these pins when it is in use.
UART_PINS = (14, 15)
UART_PORTS = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")


def crosscheck(config: Config, problems: Problems) -> None:
    """Add to *problems* every contradiction between the sections of *config*."""
    for rule in (
        _pins, ports, _timezone, _procedures, _broker, cards, readers, invitations, lockers,
        modules, detectors, _aiphones, check_hosts, _doors, safety, _panels, _day, _lamps, _quiet,
        cameras,
        times,
        places,
        guest_kinds,
        check_desk,
        check_requests,
        check_sealing,
    ):  # fmt: skip
        rule(config, problems)


def _timezone(config: Config, problems: Problems) -> None:
    try:
        zone_of(config.checkpoint.timezone)
    except ZoneInfoNotFoundError:
        problems.add("checkpoint.timezone", zone_problem(config.checkpoint.timezone))


def check_files(config: Config, problems: Problems) -> None:
    """Add to *problems* the files and libraries that are missing on this machine."""
    for name in FILES:
        _file(problems, f"broker.{name}", getattr(config.broker, name))
    for name, camera in config.cameras.items():
        for key in ("password_file", "ca_file"):
            _file(problems, f"cameras.{name}.{key}", getattr(camera, key, ""))
    check_library(config, problems)
    check_signature_library(config, problems)
    check_sealing_library(config, problems)


def _pins(config: Config, problems: Problems) -> None:
    parts = list(pin_parts(config))
    note_twice(
        problems,
        [(part.bcm, f"{where}.pin") for where, part in parts],
        "GPIO",
        "each pin once",
    )
    for where, part in parts:
        pull = getattr(part, "pull", None)
        if part.bcm in FIXED_PULL_UP and pull in ("down", "external-down"):
            problems.add(
                f"{where}.pull",
                f"is {pull!r} on GPIO {part.bcm}, which has a fixed pull-up; "
                "allowed: up, external-up, or another pin",
            )
    for port, key in serial_ports(config):
        for where, part in parts:
            if port in UART_PORTS and part.bcm in UART_PINS:
                problems.add(
                    f"{where}.pin",
                    f"is {part.bcm}, which {key} {port!r} uses; "
                    "allowed: another pin, or a reader on USB",
                )


def _procedures(config: Config, problems: Problems) -> None:
    named = [
        (name, f"checkpoint.procedures[{number}]")
        for number, name in enumerate(config.checkpoint.procedures)
    ]
    note_twice(problems, list(named), "procedure", "each procedure once")


def _broker(config: Config, problems: Problems) -> None:
    check_broker(config.broker, problems)


def _file(problems: Problems, where: str, name: str) -> None:
    if is_credential(name):
        if what := missing(name):
            problems.add(where, what)
    elif name and not os.path.isfile(name):  # noqa: PTH113 - it takes any string without raising
        problems.add(where, f"is {name!r}, which is no file; allowed: a file that is there")


def _aiphones(config: Config, problems: Problems) -> None:
    serving = {f"aiphone.{name}": item.procedures for name, item in config.aiphone.items()}
    _serving(config, problems, serving, "one aiphone for each procedure")


def _doors(config: Config, problems: Problems) -> None:
    """Report procedures that are not known, or that a door has twice; two doors may serve one."""
    for name, door in config.doors.items():
        where = f"doors.{name}"
        _serving(config, problems, {where: door.procedures}, "each procedure once at a door")


def _serving(
    config: Config, problems: Problems, serving: dict[str, list[str]], allowed: str
) -> None:
    served = [
        (procedure, f"{where}.procedures[{number}]")
        for where, procedures in serving.items()
        for number, procedure in enumerate(procedures)
    ]
    note_twice(problems, list(served), "procedure", allowed)
    for procedure, where in served:
        _known_procedure(config, problems, where, procedure)


def _known_procedure(config: Config, problems: Problems, where: str, procedure: str) -> None:
    if procedure not in config.checkpoint.procedures:
        known = config.checkpoint.procedures
        meant, allowed = did_you_mean(procedure, known), ", ".join(known)
        problems.add(where, f"is {procedure!r}{meant}; allowed: {allowed} (checkpoint.procedures)")


def _panels(config: Config, problems: Problems) -> None:
    stations = [
        (station, f"panels.{name}.stations[{number}]")
        for name, panel in config.panels.items()
        for number, station in enumerate(panel.stations)
    ]
    note_twice(problems, list(stations), "station", "one panel for each station")
    for name, panel in config.panels.items():
        buttons = [
            (button, f"panels.{name}.buttons[{n}]") for n, button in enumerate(panel.buttons)
        ]
        _meanings(problems, buttons)
        for button, where in buttons:
            _arrive(config, problems, button, where)


def _day(config: Config, problems: Problems) -> None:
    """Report panels that can close the day but not open it: a closed day receives no guests."""
    meanings = {
        meaning
        for panel in config.panels.values()
        for button in panel.buttons
        for meaning in (button.press, button.hold)
    }
    if "close-day" in meanings and not {"open-day", "day"} & meanings:
        problems.add("panels", "have close-day only; allowed: open-day too, or day for both")


def _lamps(config: Config, problems: Problems) -> None:
    for name, panel in config.panels.items():
        fitted, where = panel.fitted_lamps, f"panels.{name}.lamps"
        if "lamp" in fitted and len(fitted) > 1:
            problems.add(where, "stands beside lamp; allowed: lamp, or lamps in colours")
        elif fitted and not {"lamp", "white", "green"} & set(fitted):
            colours = ", ".join(fitted)
            problems.add(
                where,
                f"has {colours} only; allowed: white or green too, which say that a guest waits",
            )


def _quiet(config: Config, problems: Problems) -> None:
    quiet = config.buzzer.quiet if config.buzzer else None
    if quiet is not None and quiet.begin == quiet.end:
        problems.add("buzzer.quiet.to", f"is {quiet.end!r} as from; allowed: another time")


def _meanings(problems: Problems, buttons: list[tuple[Button, str]]) -> None:
    """Report a meaning that two buttons of one panel have."""
    meanings: list[tuple[Hashable, str]] = []
    for button, where in buttons:
        for key in ("press", "hold"):
            action = getattr(button, key)
            if action is not None:
                opens = f" {button.procedure}" if action == "arrive" and button.procedure else ""
                of = f" {button.host}" if action in NAMES_A_HOST and button.host else ""
                of += f" {button.guest_kind}" if action == "arrive" and button.guest_kind else ""
                meanings.append((f"{action}{opens}{of}", f"{where}.{key}"))
    note_twice(problems, meanings, "the meaning", "each meaning once on a panel")


def _arrive(config: Config, problems: Problems, button: Button, where: str) -> None:
    arrives = "arrive" in (button.press, button.hold)
    known = ", ".join(config.checkpoint.procedures)
    if arrives and button.procedure is None:
        problems.add(f"{where}.procedure", f"is missing for arrive; allowed: {known}")
    elif button.procedure is not None and not arrives:
        problems.add(f"{where}.procedure", "is of no use here; allowed: only with arrive")
    elif button.procedure is not None:
        _known_procedure(config, problems, f"{where}.procedure", button.procedure)
