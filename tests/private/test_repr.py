"""The ``repr`` of an object with a guest's details does not show them: it may reach a log."""

import dataclasses
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from desk.guest_form import Field
from desk.views.expected import NotAdded
from edge.daemon.desk_messages import CarryOut, Expect
from edge.guestbook.entry import Phone
from edge.guestbook.plain_text import PlainText
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.request_handler import Request
from edge.sop.state import KnownValue
from edge.sop.visit_records import StepCompleted

MARK = "Zulaikha-Qomariah"

# Fields that may have a guest's details although their type does not say so.
RAW: dict[type, tuple[str, Any]] = {
    IncomingMessage: ("payload", MARK.encode()),
    Request: ("payload", MARK.encode()),
    CarryOut: ("body", msgspec.Raw(MARK.encode())),
    Expect: ("text", MARK),
    Field: ("value", MARK),
    NotAdded: ("line", MARK),
}
# Values that are not personal: they are in the records in clear.
NOT_OF_A_GUEST = {KnownValue, StepCompleted}
# Procedures know no guest.
LEFT_OUT = ("edge.sop.procedures.", "office.database.migrations.")
NONE = type(None)


def _classes() -> Iterator[type]:
    """Yield each structure, named tuple and data class of the daemon, the desk and the office."""
    for root in ("edge", "desk", "office"):
        package = importlib.import_module(root)
        for found in pkgutil.walk_packages(package.__path__, f"{root}."):
            if found.name.startswith(LEFT_OUT) or found.name.endswith("__main__"):
                continue
            module = pytest.importorskip(found.name)
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == found.name and _is_record(value):
                    yield value


def _is_record(value: type) -> bool:
    return (
        issubclass(value, msgspec.Struct)
        or dataclasses.is_dataclass(value)
        or hasattr(value, "_fields")
    )


def _example(hint: Any, examples: dict[type, Any]) -> Any:
    """Return a value of the type *hint* with a guest's details; None if it has none."""
    kind, arguments = typing.get_origin(hint), typing.get_args(hint)
    union = kind in (typing.Union, types.UnionType)
    if hint in (PlainText, Phone) or (union and set(arguments) - {NONE} == {str, float}):
        return MARK
    if isinstance(hint, type) and hint in examples:
        return examples[hint]
    inner = [_example(a, examples) for a in arguments if not isinstance(a, str | int | list)]
    found = next((one for one in inner if one is not None), None)
    if union or kind is typing.Annotated or found is None:
        return found
    return {"value": found} if kind in (dict, Mapping) else [found]


def _filled() -> dict[type, Any]:
    """Return an object with a guest's details of each type that may have them."""
    examples: dict[type, Any] = {}
    hints = {
        one: typing.get_type_hints(one, include_extras=True)
        for one in _classes()
        if one not in NOT_OF_A_GUEST
    }
    before = -1
    while len(examples) > before:
        before = len(examples)
        for one, fields in hints.items():
            if one in examples:
                continue
            values = {name: _example(hint, examples) for name, hint in fields.items()}
            if one in RAW:
                values |= dict([RAW[one]])
            if any(value is not None for value in values.values()):
                examples[one] = _object(one, values)
    return examples


def _object(one: Any, values: dict[str, Any]) -> Any:
    """Return an object of the type *one*; a field without a guest's details has its position."""
    names = getattr(one, "__struct_fields__", None) or getattr(one, "_fields", None)
    names = names or [field.name for field in dataclasses.fields(one)]
    given = {name: value for name, value in values.items() if value is not None}
    return one(**{name: given.get(name, place) for place, name in enumerate(names)})


def test_no_repr_shows_a_guest() -> None:
    """Any object may come into a log line or an error's words, also inside of another one."""
    filled = _filled()
    names = {one.__name__ for one in filled}
    assert {"Details", "Entry", "Register", "EnterValues", "Invitation", "DeskNow"} <= names
    assert {one.__name__ for one in RAW} <= names
    shown = {one.__qualname__ for one, made in filled.items() if MARK in repr(made)}
    assert not shown


def test_the_search_finds_what_would_show() -> None:
    """The objects of the test above do have the details, behind a ``repr`` of their own."""
    filled = _filled()
    hidden = [
        one.__name__
        for one, made in filled.items()
        if issubclass(one, msgspec.Struct) and MARK in str(msgspec.structs.asdict(made))
    ]
    assert {"Details", "Guest", "EnterValues", "Expect"} <= set(hidden)
