"""Composes a config of the answers; it reads a file of card numbers, and is pure else."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.commands.init.buttons import Face, faces
from edge.commands.init.compose_cards import cards_section
from edge.commands.init.draft import Draft, Open, place
from edge.commands.init.lines import Lines, input_port
from edge.commands.init.locker_boards import lockers
from edge.commands.init.needs import Needs, needs_of
from edge.commands.init.places import FREE_PINS, PI, Part
from edge.commands.init.question import LATER, Office
from edge.config.crosscheck.rules import UART_PINS, UART_PORTS
from edge.config.sections.panels import Lamps

_COLOURS = ("green", "blue", "amber", "red")
_ANSWERS = ("accept", "decline", "release", "extend")
_CLOSED = {"wired": "normally-closed"}
_LABEL = 40
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
    for name, section in _sections(_Answers(answers), office, needs, draft, lines, amount):
        if section not in ({}, None):
            draft.sections[name] = section
    return draft


class _Answers:
    """Answers by key; those of questions that were not asked have a value that means no."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def __getitem__(self, key: str) -> Any:
        return self._answers.get(key)

    def place(self, key: str) -> str:
        """Return the place of parts that *key* names; by default the Pi."""
        return str(self._answers.get(key) or PI)

    def names(self, key: str) -> list[str]:
        return list(self._answers.get(f"equipment.{key}") or ())


def _sections(
    a: _Answers, office: Office, needs: Needs, draft: Draft, lines: Lines, amount: str | None
) -> Iterator[tuple[str, Any]]:
    """Yield the sections in the order of the file; the buses come before what is on them."""
    yield "checkpoint", _checkpoint(a)
    yield "broker", _broker(a, draft)
    yield "guestbook", _guest_book(a, needs)
    if a["guests.office_key"] != LATER:
        yield "sealing", {"office_key": a["guests.office_key"]}
    yield "cards", cards_section(a, office, needs, draft) if needs.cards else None
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
    yield "safety", {one.replace("-", "_"): _contact(at) for one in a.names("safety")}
    yield "panels", _panels(a, needs, amount or a["buttons.amount"])
    yield "buzzer", _buzzer(a)
    yield "cameras", {name: _camera(a, name, draft) for name in a.names("cameras")}


def _contact(at: str, **keys: Any) -> Part:
    return Part(role="contact", at=at, keys=keys)


def _checkpoint(a: _Answers) -> dict[str, Any]:
    return {
        key: a[f"checkpoint.{key}"] for key in ("site", "id", "procedures", "place", "timezone")
    }


def _broker(a: _Answers, draft: Draft) -> dict[str, Any]:
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


def _guest_book(a: _Answers, needs: Needs) -> dict[str, Any]:
    section: dict[str, Any] = {"keep": a["guests.keep"]}
    if a["guests.keep"]:
        section["keep_days"] = a["guests.keep_days"]
    if "reception" not in needs.stations:
        section["stations"] = list(needs.first)
    return section


def _reader(a: _Answers, name: str, draft: Draft) -> dict[str, Any]:
    key = f"card_readers.{name}"
    section: dict[str, Any] = {"driver": a[f"{key}.driver"]}
    if section["driver"] == "wiegand":
        section |= {"d0": _contact(PI), "d1": _contact(PI), "bits": a[f"{key}.bits"]}
    else:
        section["port"] = input_port(a, key, f"card-reader-{name}", draft.open)
    if section["driver"] == "keyboard":
        section["number"] = a[f"{key}.number"]
    return section | {"stations": a[f"{key}.stations"]}


def _scanners(a: _Answers, needs: Needs, draft: Draft) -> dict[str, Any]:
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


def _module(a: _Answers, name: str, lines: Lines) -> dict[str, Any]:
    key = f"modules.{name}"
    bus = lines.bus(
        a[f"{key}.line"], name, protocol=a[f"{key}.protocol"], baud_rate=115200,
        pause_s=_MODULE_PAUSE_S,
    )  # fmt: skip
    return {"driver": a[f"{key}.driver"], "bus": bus, "address": a[f"{key}.address"]}


def _detector(a: _Answers) -> dict[str, Any]:
    at = a.place("metal_detector.at")
    section = {"alarm": _contact(at, **_CLOSED)}
    if a["metal_detector.tamper"]:
        section["tamper"] = _contact(at, **_CLOSED)
    if a["metal_detector.beam"]:
        section["passage"] = _contact(at)
    return section


def _places(a: _Answers, needs: Needs) -> list[dict[str, Any]]:
    return [{"id": name, "at_most": a[f"places.{name}.at_most"]} for name in needs.rooms]


def _aiphones(a: _Answers, needs: Needs) -> dict[str, Any]:
    aides = {name: _aiphone(a, name, needs) for name in a.names("aiphones")}
    return aides | {name: _approver(a, name, needs) for name in needs.approvers}


def _approver(a: _Answers, name: str, needs: Needs) -> dict[str, Any]:
    """Return the station of a person who approves guests in a step, and is no host's aide."""
    key = f"aiphone.{name}"
    at = a.place(f"{key}.at")
    wired = [one for one in _ANSWERS if one in needs.approvers[name]]
    return {
        "title": a[f"{key}.title"],
        "ring": Part(role="relay", at=at),
        **{contact: _contact(at) for contact in [*wired, *(["busy"] if a[f"{key}.busy"] else [])]},
    }


def _aiphone(a: _Answers, name: str, needs: Needs) -> dict[str, Any]:
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
        **{contact: _contact(at) for contact, fitted in wired.items() if fitted},
    }


def _calls(a: _Answers, host: str, aiphone: str) -> bool:
    return bool(a[f"hosts.{host}.aiphone"] == aiphone)


def _host(a: _Answers, name: str) -> dict[str, Any]:
    key = f"hosts.{name}"
    section = {"id": name, "title": a[f"{key}.title"], "procedures": a[f"{key}.procedures"]}
    if a[f"{key}.aiphone"]:
        section["aiphone"] = a[f"{key}.aiphone"]
    if a[f"{key}.lamp"]:
        section["lamp"] = Part(role="lamp", at=a.place(f"{key}.at"))
    return section


def _door(a: _Answers, name: str) -> dict[str, Any]:
    key = f"doors.{name}"
    at = a.place(f"{key}.at")
    section = {
        "procedures": a[f"{key}.procedures"],
        "strike": Part(role="relay", at=at),
        "fail": a[f"{key}.fail"],
    }
    if a[f"{key}.contact"]:
        section["contact"] = _contact(at, **_CLOSED)
    return section


def panel_stations(a: Any, needs: Needs) -> dict[str, list[str]]:
    """Return the stations that each panel serves, its own first."""
    own = [one for one in needs.stations if a[f"panels.{one}.at"] not in needs.stations]
    return {
        name: [name, *(one for one in needs.stations if a[f"panels.{one}.at"] == name)]
        for name in own
    }


def _choices(a: _Answers, needs: Needs) -> bool:
    """Return True if a procedure has several hosts, one of whom is chosen for each guest."""
    served = [one for name in a.names("hosts") for one in a[f"hosts.{name}.procedures"]]
    return any(served.count(procedure.id) > 1 for procedure in needs.procedures)


def _panels(a: _Answers, needs: Needs, amount: str) -> dict[str, Any]:
    day = a["guests.opens"] != "no"
    return {
        name: _panel(
            a,
            name,
            stations,
            faces(stations, needs, amount, day=day, choices=_choices(a, needs)),
            needs,
        )
        for name, stations in panel_stations(a, needs).items()
    }


def _panel(
    a: _Answers, name: str, stations: list[str], buttons: list[Face], needs: Needs
) -> dict[str, Any]:
    at = a.place(f"panels.{name}.at")
    lamp = Part(role="lamp", at=at)
    colours = a[f"panels.{name}.lamps"] == "colours"
    return {
        "stations": stations,
        **({"lamps": dict.fromkeys(_COLOURS, lamp)} if colours else {"lamp": lamp}),
        "buttons": [_contact(at, **_meanings(face, needs)) for face in buttons],
    }


def _meanings(face: Face, needs: Needs) -> dict[str, str]:
    keys = {"press": face.press, "hold": face.hold or "", "procedure": face.procedure}
    titles = {one.id: one.title.id for one in needs.procedures}
    title = titles.get(face.procedure, "")
    if len(titles) > 1 and 0 < len(title) <= _LABEL:
        keys["label"] = title
    return {key: value for key, value in keys.items() if value}


def _buzzer(a: _Answers) -> Any:
    if not a["equipment.buzzer"]:
        return None
    quiet = a["buzzer.quiet"]
    keys = {}
    if quiet != "no":
        begin, _, end = quiet.partition("-")
        keys["quiet"] = {"from": begin, "to": end}
    return Part(role="lamp", at=a.place("buzzer.at"), keys=keys)


def _camera(a: _Answers, name: str, draft: Draft) -> dict[str, Any]:
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


assert set(_COLOURS) <= set(Lamps.__struct_fields__)
