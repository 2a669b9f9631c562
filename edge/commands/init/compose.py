"""Composes a config of the answers; it reads a file of card numbers, and is pure else."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.commands.init.compose_cards import cards_section
from edge.commands.init.compose_panels import panels
from edge.commands.init.draft import Draft, Open, place
from edge.commands.init.given import Answers
from edge.commands.init.lines import Lines, input_port
from edge.commands.init.locker_boards import lockers
from edge.commands.init.needs import Needs, needs_of
from edge.commands.init.places import FREE_PINS, PI, Part, contact
from edge.commands.init.question import LATER, Office
from edge.config.crosscheck.rules import UART_PINS, UART_PORTS

_ANSWERS = ("accept", "decline", "release", "extend")
_CLOSED = {"wired": "normally-closed"}
# Modbus over Serial Line (V1.02, 2.5.1.1) asks for 1.75 ms of silence above 19200 baud.
_MODULE_PAUSE_S = 0.002


def compose(answers: Mapping[str, Any], office: Office, amount: str | None = None) -> Draft:
    """Return the config of *answers*, every part with its pin or channel.

    :param amount: the amount of buttons; None: as answered
    :raises ConfigError: if a file of card numbers cannot be read
    """
    draft = unplaced(answers, office, amount)
    modules = {name: answers[f"modules.{name}.driver"] for name in answers["equipment.modules"]}
    free = [pin for name in answers["pins.keep_free"] for pin in FREE_PINS[name]]
    if any(value in UART_PORTS for value in answers.values()):
        free += UART_PINS
    return place(draft, modules, relays=answers["pins.relays"], free=free)


def unplaced(answers: Mapping[str, Any], office: Office, amount: str | None = None) -> Draft:
    """Return the config of *answers*, no part of which has a place yet."""
    needs = office.needs(answers["checkpoint.procedures"])
    draft = Draft(sections={})
    lines = Lines(draft.open)
    for name, section in _sections(Answers(answers), office, needs, draft, lines, amount):
        if section not in ({}, None):
            draft.sections[name] = section
    return draft


def _sections(
    a: Answers, office: Office, needs: Needs, draft: Draft, lines: Lines, amount: str | None
) -> Iterator[tuple[str, Any]]:
    """Yield the sections in the order of the file; the buses come before what is on them."""
    yield "checkpoint", _checkpoint(a)
    yield "broker", _broker(a, draft)
    yield "guestbook", _guest_book(a, needs)
    if a["guests.office_key"] != LATER:
        yield "sealing", {"office_key": a["guests.office_key"]}
    yield "cards", cards_section(a, office, needs, draft) if needs.cards else None
    yield "guest_kinds", [_guest_kind(a, name) for name in a["guests.kinds"] or ()] or None
    yield "card_readers", {name: _reader(a, name, draft) for name in a.names("card_readers")}
    yield "scanners", _scanners(a, needs, draft)
    if a["scanner.driver"] != "none":
        yield "invitations", {"keys": {a["scanner.inviter"]: a["scanner.key"]}}
    yield "day", {"opens": a["guests.opens"]} if a["guests.opens"] != "no" else None
    modules = {name: _module(a, name, lines) for name in a.names("modules")}
    locks = lockers(a, draft, lines) if needs.lockers else None
    yield "buses", lines.buses
    yield "modules", modules
    yield "lockers", locks
    if needs.screening:
        yield "metal_detector", _detector(a)
    yield "places", _places(a, needs) or None
    yield "aiphone", _aiphones(a, needs)
    yield "hosts", [_host(a, name) for name in a.names("hosts")] or None
    yield "doors", {name: _door(a, name) for name in a.names("doors")}
    at = a.place("safety.at")
    yield "safety", {one.replace("-", "_"): contact(at) for one in a.names("safety")}
    yield "panels", panels(a, needs, amount or a["buttons.amount"])
    yield "buzzer", _buzzer(a)
    yield "cameras", {name: _camera(a, name, draft) for name in a.names("cameras")}


def _checkpoint(a: Answers) -> dict[str, Any]:
    return {
        key: a[f"checkpoint.{key}"] for key in ("site", "id", "procedures", "place", "timezone")
    }


def _broker(a: Answers, draft: Draft) -> dict[str, Any]:
    if a["broker.url"] == LATER:
        draft.open.append(
            Open("broker.url", "the address of the central office's broker; until then records "
                 "are stored here, and delivered when there is one")
        )  # fmt: skip
        return {"url": "mqtt://127.0.0.1:1883"}
    section = {"url": a["broker.url"]}
    for key in ("username", "password_file", "ca_file", "cert_file", "key_file"):
        value = a[f"broker.{key}"]
        if value == LATER:
            draft.open.append(Open(f"broker.{key}", "a line with the name of that file"))
        elif value and not (key == "cert_file" and a["broker.key_file"] == LATER):
            section[key] = value
    return section


def _guest_book(a: Answers, needs: Needs) -> dict[str, Any]:
    section: dict[str, Any] = {"keep": a["guests.keep"]}
    if a["guests.keep"]:
        section["keep_days"] = a["guests.keep_days"]
    if "reception" not in needs.stations:
        section["stations"] = list(needs.first)
    return section


def _reader(a: Answers, name: str, draft: Draft) -> dict[str, Any]:
    key = f"card_readers.{name}"
    section: dict[str, Any] = {"driver": a[f"{key}.driver"]}
    if section["driver"] == "wiegand":
        section |= {"d0": contact(PI), "d1": contact(PI), "bits": a[f"{key}.bits"]}
    else:
        section["port"] = input_port(a, key, f"card-reader-{name}", draft.open)
    if section["driver"] == "keyboard":
        section["number"] = a[f"{key}.number"]
    return section | {"stations": a[f"{key}.stations"]}


def _scanners(a: Answers, needs: Needs, draft: Draft) -> dict[str, Any]:
    if a["scanner.driver"] == "none":
        return {}
    name = next(one for one in ("scanner", "codes") if one not in a.names("card_readers"))
    return {
        name: {
            "driver": a["scanner.driver"],
            "port": input_port(a, "scanner", "scanner", draft.open, f"scanners.{name}"),
            "stations": list(needs.first),
        }
    }


def _module(a: Answers, name: str, lines: Lines) -> dict[str, Any]:
    key = f"modules.{name}"
    bus = lines.bus(
        a[f"{key}.line"], name, protocol=a[f"{key}.protocol"], baud_rate=115200,
        pause_s=_MODULE_PAUSE_S,
    )  # fmt: skip
    return {"driver": a[f"{key}.driver"], "bus": bus, "address": a[f"{key}.address"]}


def _detector(a: Answers) -> dict[str, Any]:
    at = a.place("metal_detector.at")
    section = {"alarm": contact(at, **_CLOSED)}
    if a["metal_detector.tamper"]:
        section["tamper"] = contact(at, **_CLOSED)
    if a["metal_detector.beam"]:
        section["passage"] = contact(at)
    return section


def _places(a: Answers, needs: Needs) -> list[dict[str, Any]]:
    return [{"id": name, "at_most": a[f"places.{name}.at_most"]} for name in needs.rooms]


def _aiphones(a: Answers, needs: Needs) -> dict[str, Any]:
    aides = {name: _aiphone(a, name, needs) for name in a.names("aiphones")}
    return aides | {name: _approver(a, name, needs) for name in needs.approvers}


def _approver(a: Answers, name: str, needs: Needs) -> dict[str, Any]:
    """Return the station of a person who approves guests in a step, and is no host's aide."""
    key = f"aiphone.{name}"
    at = a.place(f"{key}.at")
    wired = [one for one in _ANSWERS if one in needs.approvers[name]]
    return {
        "title": a[f"{key}.title"],
        "ring": Part(role="relay", at=at),
        **{name: contact(at) for name in [*wired, *(["busy"] if a[f"{key}.busy"] else [])]},
    }


def _aiphone(a: Answers, name: str, needs: Needs) -> dict[str, Any]:
    key = f"aiphone.{name}"
    at = a.place(f"{key}.at")
    own = a[f"{key}.procedures"] or []
    of_hosts = [a[f"hosts.{one}.procedures"] for one in a.names("hosts") if _calls(a, one, name)]
    rings_for = {*own, *(procedure for listed in of_hosts for procedure in listed)}
    served = needs_of(one for one in needs.procedures if one.id in rings_for)
    wired = {
        "accept": "accept" in served.answers,
        "decline": "decline" in served.answers,
        "release": "release" in served.answers,
        "extend": a[f"{key}.extend"] and "extend" in served.answers,
        "busy": a[f"{key}.busy"],
    }
    return {
        **({"procedures": own} if own else {}),
        "ring": Part(role="relay", at=at),
        **{name: contact(at) for name, fitted in wired.items() if fitted},
    }


def _calls(a: Answers, host: str, aiphone: str) -> bool:
    return bool(a[f"hosts.{host}.aiphone"] == aiphone)


def _host(a: Answers, name: str) -> dict[str, Any]:
    key = f"hosts.{name}"
    section = {"id": name, "title": a[f"{key}.title"], "procedures": a[f"{key}.procedures"]}
    if a[f"{key}.aiphone"]:
        section["aiphone"] = a[f"{key}.aiphone"]
    if a[f"{key}.lamp"]:
        section["lamp"] = Part(role="lamp", at=a.place(f"{key}.at"))
    return section


def _guest_kind(a: Answers, name: str) -> dict[str, Any]:
    key = f"guest_kinds.{name}"
    section = {"id": name, "title": a[f"{key}.title"], "priority": a[f"{key}.priority"]}
    if a[f"{key}.card_pool"]:
        section["card_pool"] = a[f"{key}.card_pool"]
    return section


def _door(a: Answers, name: str) -> dict[str, Any]:
    key = f"doors.{name}"
    at = a.place(f"{key}.at")
    section = {
        "procedures": a[f"{key}.procedures"],
        "strike": Part(role="relay", at=at),
        "fail": a[f"{key}.fail"],
    }
    if a[f"{key}.contact"]:
        section["contact"] = contact(at, **_CLOSED)
    return section


def _buzzer(a: Answers) -> Any:
    if not a["equipment.buzzer"]:
        return None
    quiet = a["buzzer.quiet"]
    keys = {}
    if quiet != "no":
        begin, _, end = quiet.partition("-")
        keys["quiet"] = {"from": begin, "to": end}
    return Part(role="lamp", at=a.place("buzzer.at"), keys=keys)


def _camera(a: Answers, name: str, draft: Draft) -> dict[str, Any]:
    key = f"cameras.{name}"
    section = {"driver": a[f"{key}.driver"]}
    url = a[f"{key}.url"]
    if url == LATER:
        scheme = "rtsp" if section["driver"] == "rtsp" else "http"
        url = f"{scheme}://{name}.invalid/"
        draft.open.append(
            Open(f"{key}.url", "the address of the camera: `gardu camera try URL` tries one")
        )
    if url is not None:
        section["url"] = url
    section["purposes"] = a[f"{key}.purposes"]
    for word in ("username", "auth", "password_file"):
        value = a[f"{key}.{word}"]
        if value == LATER:
            draft.open.append(Open(f"{key}.{word}", "a line with the name of that file"))
        elif value:
            section[word] = value
    return section
