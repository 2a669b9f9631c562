"""TOML to values: every problem, in words, with its key."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from edge.config.spelling import did_you_mean
from edge.config.text_files import read_text
from edge.config.toml_text import parse_toml, read_toml
from edge.config.validation import MOST, Problems, convert
from edge.errors import ConfigError

Small = Annotated[int, msgspec.Meta(ge=1, le=9, description="a whole number from 1 to 9")]


class Cat(msgspec.Struct, frozen=True, tag_field="kind", tag="cat"):
    """One of two kinds."""

    lives: Small = 9


class Dog(msgspec.Struct, frozen=True, tag_field="kind", tag="dog"):
    """The other kind."""

    name: str


class House(msgspec.Struct, frozen=True):
    """A struct with every kind of field."""

    rooms: Small
    street: str = ""
    light: bool = False
    heat: float = 20.0
    pets: dict[str, Cat | Dog] = {}
    guards: dict[str, Dog] = {}
    owners: tuple[str, ...] = ()
    cellar: Cat | None = None
    door: Literal["open", "shut"] = "shut"


def problems_of(raw: Any) -> list[str]:
    """Return the problems of *raw* as a House."""
    problems = Problems("house.toml")
    convert(House, raw, "", problems)
    return problems.lines


def test_good_values_become_what_they_should() -> None:
    """Nested tables, unions by tag, lists to tuples and whole numbers to floats are converted."""
    raw = {
        "rooms": 3,
        "heat": 18,
        "pets": {"tom": {"kind": "cat", "lives": 7}, "rex": {"kind": "dog", "name": "Rex"}},
        "guards": {"hasso": {"name": "Hasso"}},
        "owners": ["Ani", "Budi"],
        "cellar": {"lives": 1},
    }
    problems = Problems("house.toml")
    house = convert(House, raw, "", problems)
    assert problems.lines == []
    assert house == House(
        rooms=3, heat=18.0, pets={"tom": Cat(lives=7), "rex": Dog(name="Rex")},
        guards={"hasso": Dog(name="Hasso")}, owners=("Ani", "Budi"), cellar=Cat(lives=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, "rooms: is missing; allowed: a whole number from 1 to 9"),
        ({"rooms": 10}, "rooms: is 10; allowed: a whole number from 1 to 9"),
        ({"rooms": True}, "rooms: is True; allowed: a whole number from 1 to 9"),
        ({"rooms": 1, "street": 5}, "street: is 5; allowed: text in quotes"),
        ({"rooms": 1, "light": 1}, "light: is 1; allowed: true or false"),
        ({"rooms": 1, "heat": "warm"}, "heat: is 'warm'; allowed: a number"),
        ({"rooms": 1, "owners": "Ani"}, "owners: is 'Ani'; allowed: a list [ ]"),
        ({"rooms": 1, "owners": ["Ani", 2]}, "owners[1]: is 2; allowed: text in quotes"),
        ({"rooms": 1, "pets": []}, "pets: is []; allowed: a table"),
        ({"rooms": 1, "cellar": 3}, "cellar: is 3; allowed: a table"),
        ({"rooms": 1, "pets": {"x": {}}}, "pets.x.kind: is missing; allowed: cat, dog"),
        (
            {"rooms": 1, "pets": {"x": {"kind": "cow"}}},
            "pets.x.kind: is 'cow'; allowed: cat, dog",
        ),
        (
            {"rooms": 1, "pets": {"x": {"kind": ["cat"]}}},
            "pets.x.kind: is ['cat']; allowed: cat, dog",
        ),
        (
            {"rooms": 1, "guards": {"x": {"kind": "cat", "name": "X"}}},
            "guards.x.kind: is 'cat'; allowed: dog",
        ),
        ({"rooms": 1, "guards": {"x": 7}}, "guards.x: is 7; allowed: a table [guards.x]"),
        (
            {"rooms": 1, "roof": "red"},
            (
                "roof: is no key here; allowed: cellar, door, guards, heat, light, owners, pets, "
                "rooms, street"
            ),
        ),
    ],
)
def test_each_problem_names_key_value_and_what_is_allowed(raw: Any, message: str) -> None:
    """A problem is in the words of TOML and of an office, not of a programmer."""
    assert problems_of(raw) == [f"house.toml: {message}"]


def test_one_problem_does_not_hide_the_next() -> None:
    """All problems are reported, in the order of the fields."""
    lines = problems_of({"rooms": 0, "street": 1, "pets": {"a": {"kind": "cat", "lives": 99}}})
    assert [line.split(": ")[1] for line in lines] == ["rooms", "street", "pets.a.lives"]


def test_long_values_are_shortened() -> None:
    """A long value is shortened, so that a pasted page does not fill the screen."""
    (line,) = problems_of({"rooms": "x" * 500})
    assert len(line) < 150


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = ", "is not valid TOML"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"a = " + b"[" * 5000, "is not valid TOML"),
    ],
)
def test_unreadable_files_are_said_so(tmp_path: Path, content: bytes, message: str) -> None:
    """Broken TOML, other encodings and absurd nesting are reported in words."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_toml(path)


def test_missing_file_and_folder_are_said_so(tmp_path: Path) -> None:
    """A missing file or a folder is reported in words, without a traceback."""
    with pytest.raises(ConfigError, match="no such file"):
        read_text(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_text(tmp_path)


def test_text_is_named_in_problems() -> None:
    """A problem of a text names where the text is from."""
    with pytest.raises(ConfigError, match="kept text: is not valid TOML"):
        parse_toml("=", "kept text")


def every_struct(kind: type[msgspec.Struct] = msgspec.Struct) -> Iterator[type[msgspec.Struct]]:
    """Yield every struct class that exists so far."""
    for one in kind.__subclasses__():
        yield one
        yield from every_struct(one)


def patterns(hint: Any) -> int:
    """Count the patterns in *hint*, nested ones included."""
    own = isinstance(hint, msgspec.Meta) and hint.pattern is not None
    return own + sum(map(patterns, get_args(hint)))


def unions(hint: Any) -> Iterator[Any]:
    """Yield the unions in *hint*, nested ones included."""
    if get_origin(hint) in (Union, UnionType):
        yield hint
    for part in get_args(hint):
        yield from unions(part)


def test_no_union_has_two_patterns() -> None:
    """No union has two patterns: msgspec 0.22 crashes on ``T | list[T]`` (its issue 717)."""
    for name in (
        "edge.config.model",
        "edge.mqtt.requests",
        "edge.sop.procedures.model",
        "sim.days.programme",
        "sim.world.world",
    ):
        importlib.import_module(name)
    word = Annotated[str, msgspec.Meta(pattern="^a$")]
    assert [patterns(union) for union in unions(dict[str, word | list[word]])] == [2]
    found = [
        (kind.__qualname__, name)
        for kind in every_struct()
        for name, hint in get_type_hints(kind, include_extras=True).items()
        for union in unions(hint)
        if patterns(union) > 1
    ]
    assert found == []


WIRE_TYPES = (
    "edge.config.model",
    "edge.guestbook.book",
    "edge.guestbook.invitations",
    "edge.mqtt.requests",
    "edge.sop.procedures.model",
    "edge.store.chain",
    "sim.days.programme",
    "sim.world.world",
)


def every_pattern(hint: Any) -> Iterator[str]:
    """Yield the patterns in *hint*, nested ones included."""
    if isinstance(hint, msgspec.Meta) and hint.pattern is not None:
        yield hint.pattern
    for part in get_args(hint):
        yield from every_pattern(part)


def test_no_pattern_lets_a_line_end_through() -> None:
    """In Python ``$`` also matches before a last line end; a name or topic must not have one."""
    for name in WIRE_TYPES:
        importlib.import_module(name)
    found = {
        pattern
        for kind in every_struct()
        if kind.__module__.startswith(("edge.", "sim."))
        for hint in get_type_hints(kind, include_extras=True).values()
        for pattern in every_pattern(hint)
    }
    assert len(found) > 10
    assert [pattern for pattern in found if not pattern.endswith(r"\Z")] == []


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ({"rooms": 1, "stret": "x"}, "stret: is no key here (did you mean street?)"),
        ({"rooms": 1, "Street": "x"}, "Street: is no key here (did you mean street?)"),
        ({"rooms": 1, "sky": "x"}, "sky: is no key here;"),
        ({"rooms": 1, "x" * 5000: "x"}, "xxx...: is no key here;"),
        ({"rooms": 1, "\x1b[31m": "x"}, "\\x1b[31m: is no key here;"),
        ({"rooms": 1, "pets": {"x": {"kind": "Dog"}}}, "is 'Dog' (did you mean dog?); allowed"),
        ({"rooms": 1, "pets": {"x": {"kind": "dg"}}}, "is 'dg' (did you mean dog?); allowed"),
        ({"rooms": 1, "door": "oepn"}, "door: is 'oepn' (did you mean open?); allowed: open, shut"),
    ],
)
def test_the_word_that_was_meant_is_proposed(raw: Any, meant: str) -> None:
    """A slip of the pen in a key, a section or a choice is answered with the right word."""
    (line,) = problems_of(raw)
    assert meant in line
    assert len(line) < 250


def test_a_tie_proposes_no_word() -> None:
    """A board called cu24 is not "meant" as cu12 or cu48: both are as like it."""
    assert did_you_mean("cu24", ["cu12", "cu16", "cu48"]) == ""
    assert did_you_mean("cu12", ["cu12"]) == ""


def test_each_problem_has_the_line_of_its_key() -> None:
    """A value has its own line; a missing key has that of its table; no key has no line."""
    text = 'rooms = 0\n[guards.x]\nname = "X"\n[guards.y]\n[cellar]\nlives = 10\n'
    problems = Problems("house.toml", text)
    convert(House, parse_toml(text, ""), "", problems)
    assert [line.split(";")[0] for line in problems.lines] == [
        "house.toml: line 1: rooms: is 0",
        "house.toml: line 4: guards.y.name: is missing",
        "house.toml: line 6: cellar.lives: is 10",
    ]
    problems.add("garden", "is missing")
    problems.add("", "is strange")
    assert problems.lines[3:] == ["house.toml: garden: is missing", "house.toml: is strange"]


def test_a_file_full_of_problems_is_listed_in_part() -> None:
    """A file that is no config at all does not fill the journal, and is read in a moment."""
    problems = Problems("house.toml")
    convert(House, {f"key-{number}": 1 for number in range(20_000)}, "", problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert len(caught.value.problems) == MOST + 1
    assert caught.value.problems[-1] == "house.toml: more problems follow"


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**400, 16**5000], ids=["nan", "inf", "huge", "longer"]
)
def test_a_number_is_finite(value: Any) -> None:
    """Neither nan nor inf is a number here, also where no range forbids it."""
    (line,) = problems_of({"rooms": 1, "heat": value})
    assert line.startswith("house.toml: heat: is ")
    assert line.endswith("; allowed: a number")
