"""A draft of a config: its sections as TOML would have them, without places of its parts yet. Pure.

``compose.py`` makes it from the answers, and ``place`` puts every part on a pin or a channel.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import msgspec

from edge.commands.init.places import Part, Relays, TooFew, assign
from edge.config.sections.modules import Model
from edge.config.sections.number_lists import text_of


class Open(msgspec.Struct, frozen=True):
    """A value that stands in for one that is not known yet: its key, and what to do."""

    key: str
    todo: str


class Draft(msgspec.Struct, kw_only=True):
    """The sections of a config.

    :ivar sections: the config; contacts and outputs are :class:`~.places.Part`
    :ivar lockers: lockers on relays, one each, of which ``[[lockers.boards]]`` is made
    :ivar open: what remains to be filled in
    :ivar short: what there is too little of
    """

    sections: dict[str, Any]
    lockers: list[dict[str, Any]] = msgspec.field(default_factory=list)
    open: list[Open] = msgspec.field(default_factory=list)
    short: list[TooFew] = msgspec.field(default_factory=list)


def place(
    draft: Draft, modules: Mapping[str, Model], *, relays: Relays, free: Iterable[int]
) -> Draft:
    """Return *draft* with a pin or channel for each part, and what there is too little of."""
    parts = list(_parts([draft.lockers, draft.sections]))
    placed, short = assign(parts, modules, relays=relays, free=free)
    left = iter(placed)
    lockers = _filled(draft.lockers, left)
    sections = _filled(draft.sections, left)
    if lockers and not short:  # parts without a place belong to no board
        sections["lockers"]["boards"] = boards_of(lockers)
    return Draft(sections=sections, open=draft.open, short=[*draft.short, *short])


def uses(draft: Draft) -> dict[str, int]:
    """Return how many parts each section of *draft* has on the Pi's pins."""
    found: dict[str, int] = {}
    sections = {**draft.sections, "lockers": draft.lockers}
    for name, section in sections.items():
        groups = section.items() if name in ("panels", "aiphone", "doors") else [("", section)]
        for group, value in groups:
            count = sum(part.at == "pi" for part in _parts(value))
            if count:
                found[f"{name}.{group}".rstrip(".")] = count
    return found


def boards_of(lockers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the tables [[lockers.boards]] for *lockers*: one for those that differ in place only.

    Lockers have number and door, and either a relay, or address and channel.
    """
    return [_board(list(group)) for _, group in groupby(lockers, key=_common)]


def _common(locker: Mapping[str, Any]) -> tuple[Any, ...]:
    parts = [locker[key] for key in ("relay", "door") if key in locker]
    return (
        locker.get("address"),
        *({key: part[key] for key in part if key not in _PLACES} for part in parts),
    )


_PLACES = {"pin": "pins", "input": "inputs", "output": "outputs"}


def _board(group: list[dict[str, Any]]) -> dict[str, Any]:
    board: dict[str, Any] = {"lockers": text_of(one["number"] for one in group)}
    if "address" in group[0]:
        board = {"address": group[0]["address"], **board}
    for key, row in (("relay", "relays"), ("door", "doors")):
        if key in group[0]:
            board[row] = _row([one[key] for one in group])
    return board


def _row(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the keys that *parts* have in common, and the list of their places."""
    return {
        _PLACES.get(key, key): text_of(part[key] for part in parts) if key in _PLACES else value
        for key, value in parts[0].items()
    }


def _parts(value: Any) -> Iterator[Part]:
    if isinstance(value, Part):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item)


def _filled(value: Any, places: Iterator[dict[str, Any]]) -> Any:
    """Return *value* with the next of *places* for each part, in the order of :func:`_parts`."""
    if isinstance(value, Part):
        return next(places)
    if isinstance(value, dict):
        return {key: _filled(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, places) for item in value]
    return value
