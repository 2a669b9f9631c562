"""The JSON Schemas: complete, up to date, and of one mind with the loader."""

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.schema import config_schema, schema_text
from edge.config.validation import Problems, convert
from edge.sop.procedures.legal_text import LegalText
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.schema import legal_schema, part_schema, procedure_schema
from tests.sop.inputs.test_escorts import ESCORTED
from tests.sop.inputs.test_named_detectors import SCREENED
from tests.sop.test_hours import DECIDED

FOLDER = default_config_folder()
CONFIGS = sorted(FOLDER.glob("gardu*.toml"))
PROCEDURES = sorted((FOLDER / "sop").glob("*.toml"))
LEGAL_TEXTS = sorted((FOLDER / "sop" / "legal").glob("*.toml"))
FILES = [*CONFIGS, *sorted((FOLDER / "sop").rglob("*.toml"))]
CONFIG = Draft202012Validator(config_schema())
PROCEDURE = Draft202012Validator(procedure_schema())
PART = Draft202012Validator(part_schema())
LEGAL = Draft202012Validator(legal_schema())

# A table of each kind that no shipped config has.
OTHERS = tomllib.loads("""
[buses.line]
host = "192.0.2.50:4196"
protocol = "rtu-over-tcp"
[card_readers.a]
driver = "pn532"
port = "/dev/serial/by-id/a"
stations = ["reception"]
poll_s = 0.1
[card_readers.b]
driver = "wiegand"
d0 = { pin = 23, pull = "external-up" }
d1 = { pin = 24 }
stations = ["reception"]
bits = 34
[card_readers.c]
driver = "keyboard"
port = "/dev/input/by-id/c-event-kbd"
stations = ["reception"]
number = "decimal"
[scanners.a]
driver = "gm65"
port = "/dev/serial/by-id/b"
stations = ["reception"]
reading_s = 2
[lockers]
driver = "r421a08"
bus = "line"
command = "delay"
pulse_s = 2
[[lockers.boards]]
address = 1
lockers = "1-2"
doors = { module = "hall", inputs = "1-2", wired = "normally-closed" }
[[lockers.locker]]
number = 9
channel = 8
door = { module = "hall", input = 9 }
[modules.hall]
driver = "generic"
bus = "line"
watchdog = { register = 0x01E8, unit_s = 0.1, stop_value = 3 }
[cameras.a]
driver = "onvif"
url = "http://192.0.2.20:2020"
purposes = ["desk"]
still = "stream"
[cameras.b]
driver = "rtsp"
url = "rtsp://192.0.2.20/1"
purposes = ["alarm"]
[cameras.c]
driver = "picamera2"
purposes = ["alarm"]
width = 640
[cards]
visitor = ["0100A4C101"]
pools = { vip = ["0100A4C102"], contractor = ["0100A4C103"] }
escort = { "0100A4C104" = "pengantar-1" }
[[guest_kinds]]
id = "vip"
title = "Tamu VIP"
card_pool = "vip"
priority = 2
[[places]]
id = "ruang-baca"
at_most = 2
[safety]
fire = { pin = 13 }
[invitations.keys]
protokol = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
[buzzer]
pin = 26
quiet = { from = "21:00", to = "06:00", beeps = "short" }
""")


def read(file: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


# It has the words that the shipped procedures do not use.
DATA_CENTRE = Path(__file__).parents[1] / "sop" / "pusat-data.toml"

SAMPLES = [*map(read, CONFIGS), read(FOLDER / "gardu.toml") | OTHERS]
KINDS: list[tuple[Any, Any, dict[str, Any]]] = [
    *((Config, CONFIG, sample) for sample in SAMPLES),
    *((Procedure, PROCEDURE, read(file)) for file in (*PROCEDURES, DATA_CENTRE)),
    *((LegalText, LEGAL, read(file)) for file in LEGAL_TEXTS),
]

# Rules of the loader that JSON Schema cannot express: they compare numbers inside a text.
BEYOND = ("has the range", " twice; ", "allowed: numbers from", " numbers, but there are ")


def schema_of_file(file: Path) -> str:
    """Return the name of the schema of a shipped file."""
    by_folder = {"sop": "procedure", "examples": "procedure", "parts": "part", "legal": "legal"}
    return by_folder.get(file.parent.name, "gardu")


VALIDATORS = {"gardu": CONFIG, "procedure": PROCEDURE, "part": PART, "legal": LEGAL}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_shipped_file_is_valid(file: Path) -> None:
    """An office starts from these files: an editor marks nothing in them."""
    validator = VALIDATORS[schema_of_file(file)]
    assert [error.message for error in validator.iter_errors(read(file))] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_shipped_file_names_its_schema(file: Path) -> None:
    """The first line leads an editor to the schema that is part of Gardu, by a relative path."""
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    schema = file.parent / first.removeprefix("#:schema ")
    named = schema_of_file(file)
    assert schema.resolve() == (FOLDER / f"schema/{named}.schema.json").resolve()


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("gardu", config_schema()),
        ("procedure", procedure_schema()),
        ("part", part_schema()),
        ("legal", legal_schema()),
    ],
)
def test_the_schema_files_are_up_to_date(name: str, schema: dict[str, Any]) -> None:
    """After a change of types: `gardu schema config > config/schema/gardu.schema.json`."""
    Draft202012Validator.check_schema(schema)
    file = FOLDER / f"schema/{name}.schema.json"
    assert file.read_text(encoding="utf-8") == schema_text(schema)


def keys(schema: dict[str, Any], where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and schema of every key."""
    for name, part in {"": schema, **schema.get("$defs", {})}.items():
        for key, value in part["properties"].items():
            yield f"{where}{name}.{key}", value


@pytest.mark.parametrize(
    "schema",
    [config_schema(), procedure_schema(), part_schema(), legal_schema()],
    ids=["config", "sop", "part", "legal"],
)
def test_every_key_is_described(schema: dict[str, Any]) -> None:
    """An editor shows the meaning of each key, in the words of TOML and not of Python."""
    for name, value in keys(schema):
        words = value["description"]
        assert words[:1].isupper() or words[:1] in "`0123456789*\"'", name
        assert not words.startswith("Allowed: "), name
        assert not {"None", "True", "False"} & set(words.replace(";", " ").split()), name
    assert "null" not in json.dumps(schema)


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value in *value*."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in children:
        yield (*where, key)
        if isinstance(item, dict | list):
            yield from places(item, (*where, key))


VALUES = st.one_of(
    st.sampled_from(
        [
            "", "x", "X", "kerong", "gpio", "http", "low", "normally-closed", "1-3", "3-1", "a b",
            "0100A4C101", "21:00", "24:00", "192.0.2.1", "192.0.2.1:80", "tcp", "rtu-over-tcp",
            "auto", True, False, 0, 1, 2, 3, 26, 27, 28, 64, 65, 300, 10**6, -1, 0.05, 0.5, 2.5,
            [], {}, ["reception"], [1], {"pin": 3}, {"module": "hall", "input": 1},
            {"pin": 3, "x": 1}, {"driver": "gpio"}, tomllib.loads("d = 2026-11-30")["d"],
        ]
    ),
    st.integers(-5, 5000),
    st.floats(-5, 5000, allow_nan=False).filter(lambda number: number % 1 != 0),
    st.text("ab-1,: \n", max_size=6).filter(lambda text: not text.endswith("\n")),
)  # fmt: skip
NEW_KEYS = ["extra", "pin", "module", "input", "output", "pull", "host", "port", "protocol", "lamp"]


EDITS = st.tuples(
    st.integers(0, 3000), st.sampled_from(["set", "set", "set", "drop", "add"]), VALUES,
    st.sampled_from(NEW_KEYS),
)  # fmt: skip


def change(raw: dict[str, Any], edit: tuple[int, str, Any, str]) -> None:
    """Change *raw* at the place whose number is that of *edit*."""
    number, action, value, new = edit
    found = list(places(raw))
    *way, last = found[number % len(found)]
    parent: Any = raw
    for key in way:
        parent = parent[key]
    if action == "set":
        parent[last] = value
    elif action == "drop":
        del parent[last]
    elif isinstance(parent, dict):
        parent[new] = value


def loader_problems(kind: Any, raw: dict[str, Any]) -> list[str]:
    """Return the problems that the loader finds in the structure of *raw*."""
    problems = Problems("file")
    convert(kind, raw, "", problems)
    return problems.lines


@settings(deadline=None, max_examples=60)
@given(st.integers(0, len(KINDS) - 1), st.lists(EDITS, max_size=3))
@example(len(SAMPLES) - 1, [])
def test_the_schema_agrees_with_the_loader(
    sample: int, edits: list[tuple[int, str, Any, str]]
) -> None:
    """Any change of a shipped file is accepted by both or refused by both."""
    kind, validator, original = KINDS[sample]
    raw = copy.deepcopy(original)
    for edit in edits:
        change(raw, edit)
    found = loader_problems(kind, raw)
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(raw)]
    if found:
        assume(not all(any(words in line for words in BEYOND) for line in found))
        assert errors, found
    elif kind is Config:  # of procedures the schema also knows what the verification refuses
        assert not errors, errors


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('event = "button.done"', 'event = "button.doen"'),
        ('event = "button.done"', 'event = "timeout"'),
        ('event = "button.done", to', 'event = "button.done", after_s = 5, to'),
        ('do = ["still:desk", ', 'do = ["still", '),
        ('vouches = ["guest-book", ', 'vouches = ["guestbook", '),
        ('event = "button.done"', 'event = "button.done:lobby"'),
        ('to = "@next"', 'to = "@nxt"'),
        ('use = "locker-deposit"', "use = 1"),
        ('use = "locker-deposit"', ""),
    ],
)
def test_words_of_procedures_are_known(old: str, new: str) -> None:
    """A slip in a word that the verification would refuse is marked in the editor already."""
    text = (FOLDER / "sop/eselon-4-asn.toml").read_text(encoding="utf-8")
    assert old in text
    assert not PROCEDURE.is_valid(tomllib.loads(text.replace(old, new)))


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("locker-deposit", 'do = ["unlock"]', 'do = ["unlok"]'),
        ("locker-deposit", 'do = ["unlock"]', 'do = ["unlock:3"]'),
        ("locker-deposit", 'needs = "locker"', 'needs = "lockers"'),
        ("locker-deposit", 'needs = "locker"\n', ""),
        ("locker-deposit", 'needs = "locker"', 'needs = "room"'),
        ("locker-deposit", 'needs = "locker"', 'needs = "locker:3"'),
        ("locker-deposit", 'to = "@then"', 'to = "@than"'),
        ("host-call", '"ring:call"', '"ring:loud"'),
        ("host-call", '"{stills}"', '"{ stills }"'),
        ("host-call", 'reason = "no-answer"', 'reason = "No answer"'),
        ("meeting", "extend_s =", "standard_s ="),
        ("meeting", 'id = "meeting"', 'id = "meeting"\nuses = "screening"'),
    ],
)
def test_words_of_parts_are_known(part: str, old: str, new: str) -> None:
    """The same in a part, which has placeholders as well."""
    text = (FOLDER / f"sop/parts/{part}.toml").read_text(encoding="utf-8")
    assert old in text
    assert PART.is_valid(tomllib.loads(text))
    assert not PART.is_valid(tomllib.loads(text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('event = "value.items"', 'event = "value.Items"'),
        ('event = "value.items"', 'event = "value"'),
        ('needs = "value:temperature"', 'needs = "value"'),
        ("at_most = 2", "at_most = 0"),
        ("above = 2", 'above = "two"'),
        ('kind = "choice"', 'kind = "choices"'),
        ("personal = false", 'personal = "no"'),
        ('"declines-check", ', '"Declines check", '),
        ('aiphone = "keamanan"', 'aiphone = "Kepala Keamanan"'),
        ("count_again = true", 'count_again = "yes"'),
    ],
)
def test_words_of_values_and_conditions_are_known(old: str, new: str) -> None:
    """The file as it stands is valid; a slip in one of these words is marked."""
    text = DATA_CENTRE.read_text(encoding="utf-8")
    assert old in text
    assert PROCEDURE.is_valid(tomllib.loads(text))
    assert not PROCEDURE.is_valid(tomllib.loads(text.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"card-given"', '"card-givn"'),
        ('"card-given"', '"card-given", "card-given"'),
        ('standard_s = "menyesuaikan"', 'standard_s = "menyesuai"'),
        ('letter = "a"', 'letter = "A"'),
        ("[stations]", "[station]"),
    ],
)
def test_words_of_legal_texts_are_known(old: str, new: str) -> None:
    """A deed that there is not is marked in the editor already."""
    text = (FOLDER / "sop/legal/jatim.toml").read_text(encoding="utf-8")
    assert old in text
    assert not LEGAL.is_valid(tomllib.loads(text.replace(old, new)))


@pytest.mark.parametrize("text", [ESCORTED, DECIDED, SCREENED])
def test_words_with_a_name_behind_them_are_known(text: str) -> None:
    """Places, hours, and events of a named detector: an editor marks nothing in them."""
    assert PROCEDURE.is_valid(tomllib.loads(text))


BUS, GATE = "/dev/serial/by-id/a", "192.0.2.5:4196"


@pytest.mark.parametrize(
    ("section", "table"),
    [
        ("buzzer", {"pin": 3, "module": "hall", "output": 1}),
        ("buzzer", {"pin": 3, "output": 1}),
        ("buzzer", {"module": "hall"}),
        ("buzzer", {"output": 1}),
        ("buzzer", {}),
        ("buzzer", {"module": "hall", "output": 1, "active": "low"}),
        ("safety", {"fire": {"module": "hall", "input": 1, "pull": "up"}}),
        ("buses", {"a": {"port": BUS, "host": GATE}}),
        ("buses", {"a": {"port": BUS, "protocol": "tcp"}}),
        ("buses", {"a": {"host": "192.0.2.5", "protocol": "rtu-over-tcp"}}),
        ("buses", {"a": {}}),
        ("buses", {"A": {"port": BUS}}),
        ("lockers", {"driver": "gpio"}),
        ("lockers", {"driver": "gpio", "boards": []}),
        (
            "lockers",
            {"driver": "kerong", "bus": "a", "board": "cu12", "boards": [{"lockers": "1"}]},
        ),
        ("lockers", {"boards": [{"lockers": "1"}]}),
        ("gpio", {"chip": 4}),
        ("cards", {"visitor": []}),
        ("reporting", {"health_s": 151}),
        ("reporting", {"health_s": True}),
        ("retention", {"stills_days": 2.5}),
        ("keepalive", {}),
    ],
)
def test_what_the_loader_refuses_is_marked(section: str, table: dict[str, Any]) -> None:
    """Types, ranges, unknown keys, and keys that do not go together are refused by both."""
    raw = SAMPLES[0] | {section: table}
    assert loader_problems(Config, raw)
    assert not CONFIG.is_valid(raw)


@pytest.mark.parametrize(
    ("lockers", "message"),
    [
        ({"driver": "kerong", "bus": "line"}, "'board' is a required property"),
        ({"driver": "gpioo"}, "'gpioo' is not one of"),
        ({"driver": "gpio", "bus": "x"}, "'bus' was unexpected"),
    ],
)
def test_a_mistake_beside_a_driver_is_exact(lockers: dict[str, Any], message: str) -> None:
    """The message is that of the chosen driver, not that no driver fits."""
    errors = list(CONFIG.iter_errors(SAMPLES[0] | {"lockers": lockers}))
    assert any(message in error.message for error in errors)
    assert not any(error.validator == "anyOf" and "driver" in error.message for error in errors[:1])
