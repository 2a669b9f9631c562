"""Parts: phases that the steps of several procedures share (``sop/parts/NAME.toml``). Pure.

Rules
-----
1. A step takes parts with ``use``, and gives their parameters values with ``with``. A value goes to
   each part of the step that has a parameter of that name.
2. A step's phases are those of its parts, in order, then its own. An own phase with the id of a
   part's phase takes its place.
3. In a part, ``@then`` leads to the phase that follows the part: the first of the next part, the
   first own phase of the step, or ``@next``.
4. ``{name}`` stands for the value of a parameter. A key whose value is then empty ("") is left out,
   and so is a transition whose ``event`` or ``to`` is. A list among the items of a list is joined
   into it.
5. Phases of parts to which nothing leads in this step are left out.
6. ``[step]`` of a part has keys for the step. The step's own keys come first; the lists of several
   parts are joined.
7. A part may use parts; none may use itself, directly or by others.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from edge.config.sections.values import Name
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, convert
from edge.sop.procedures.model import FileTable, ParameterValue, Phase, Text
from edge.sop.procedures.reachability import reached

THEN = "@then"
"""The way out of a part, to the phase that follows it in the step."""

STEP_KEYS = (
    "timed_from",
    "admitted_from",
    "extend_s",
    "extensions",
    "page_shows_signature",
    "count_again",
)
"""The keys that a part may have for its step; the others are the law's."""

# Keys without which a transition is left out.
_LEADING = ("event", "to")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text in quotes",
          list: "a list [ ]"}  # fmt: skip

ParameterName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,63}\Z",
        description="lower-case letters, digits and _, at most 64",
    ),
]


class Parameter(FileTable, frozen=True, kw_only=True):
    """A parameter of a part.

    :ivar about: its meaning, in English
    :ivar default: its value where a step gives none; without it each step must give one
    """

    about: str
    default: ParameterValue | None = None


class Part(FileTable, frozen=True, kw_only=True):
    """A part: phases that the steps of several procedures share.

    :ivar id: its name, which is that of the file without .toml
    :ivar title: its purpose
    :ivar parameters: by name; ``{name}`` stands for the value
    :ivar step: keys for the step that uses it: ``timed_from``, ``admitted_from``, ``extend_s``,
        ``extensions``, ``page_shows_signature``, ``count_again``; the step's own come first
    :ivar use: the parts whose phases come before its own
    :ivar given: values for the parameters of those parts
    :ivar phases: its own phases
    """

    id: Name
    title: Text
    parameters: dict[ParameterName, Parameter] = msgspec.field(default_factory=dict)
    step: dict[str, Any] = msgspec.field(default_factory=dict)
    use: Name | tuple[str, ...] = ()
    given: dict[ParameterName, ParameterValue] = msgspec.field(name="with", default_factory=dict)
    phases: tuple[dict[str, Any], ...] = ()


class Source(msgspec.Struct, frozen=True):
    """A part and the file that it was read from."""

    part: Part
    file: str
    text: str


class Expanded(msgspec.Struct):
    """The phases of a step with those of its parts, as a procedure file has them.

    :ivar origins: the part of each phase; None: the step's own
    :ivar keys: keys of the step, by name
    """

    phases: list[dict[str, Any]] = msgspec.field(default_factory=list)
    origins: list[str | None] = msgspec.field(default_factory=list)
    keys: dict[str, Any] = msgspec.field(default_factory=dict)


def used(use: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parts in ``use`` of a step or of a part."""
    return (use,) if isinstance(use, str) else tuple(use)


def expand(
    step: Mapping[str, Any], where: str, library: Mapping[str, Source], problems: Problems
) -> Expanded:
    """Return the expansion of *step*, the table *where* of a procedure file.

    :param library: the parts by name; those that the step names are there
    :param problems: of the procedure file; those of its parts are added, too
    """
    expansion = _Expansion(step["id"], where, library, problems)
    own = Expanded(list(step.get("phases", ())))
    own.origins = [None] * len(own.phases)
    names, values = used(step.get("use", ())), step.get("with", {})
    if names:
        expansion.unknown(f"{where}.with", names, values, problems)
    whole = expansion.joined([*(expansion.part(name, values) for name in names), own])
    whole.phases = [_retargeted(phase, "@next") for phase in whole.phases]
    return _reachable(whole)


def circle(name: str, library: Mapping[str, Source]) -> list[str]:
    """Return the chain by which the part *name* uses itself; empty if it does not."""

    def walk(chain: list[str]) -> list[str]:
        source = library.get(chain[-1])
        for there in used(source.part.use) if source else ():
            if there == name:
                return [*chain, there]
            if there not in chain and (found := walk([*chain, there])):
                return found
        return []

    return walk([name])


class _Expansion:
    """The expansion of one step."""

    def __init__(
        self, step: str, where: str, library: Mapping[str, Source], problems: Problems
    ) -> None:
        self._step = step
        self._where = where
        self._library = library
        self._problems = problems
        self._seen: set[tuple[str, str]] = set()

    def part(self, name: str, given: Mapping[str, Any]) -> Expanded:
        """Return the phases of the part *name* with the values *given*."""
        source = self._library[name]
        part, problems = source.part, Problems(source.file, source.text)
        values = self._values(part, given)
        names = used(part.use)
        inner = _filled(part.given, values, "with", problems)
        self.unknown("with", names, inner, problems)
        phases = _filled(list(part.phases), values, "phases", problems)
        keys = _filled(part.step, values, "step", problems)
        for key in keys:
            if key not in STEP_KEYS:
                meant, allowed = did_you_mean(key, STEP_KEYS), ", ".join(STEP_KEYS)
                problems.add(f"step.{key}", f"is no key for a step{meant}; allowed: {allowed}")
        for number, phase in enumerate(phases):
            convert(Phase, phase, f"phases[{number}]", problems)
        if problems.count:
            used_by = f" (used by step {self._step} of {self._problems.file})"
            self._problems.append(f"{line}{used_by}" for line in problems.lines)
            return Expanded()
        own = Expanded(phases, [name] * len(phases), keys)
        return self.joined([*(self.part(one, inner) for one in names), own])

    def joined(self, items: list[Expanded]) -> Expanded:
        """Return *items* as one: parts, and last the own phases of the step or part."""
        *parts, own = items
        self._twice(parts)
        taken = {phase["id"] for item in parts for phase in item.phases}
        added = Expanded([phase for phase in own.phases if phase["id"] not in taken])
        added.origins = own.origins[: len(added.phases)]  # they are all the same
        added.keys = own.keys
        replacing = {phase["id"]: phase for phase in own.phases if phase["id"] in taken}
        whole, follow = Expanded(), [*parts, added]
        for number, item in enumerate(follow):
            ahead = (phase["id"] for one in follow[number + 1 :] for phase in one.phases)
            then = next(ahead, THEN)
            for phase, origin in zip(item.phases, item.origins, strict=True):
                own_phase = replacing.get(phase["id"])
                whole.phases.append(own_phase or _retargeted(phase, then))
                whole.origins.append(own.origins[0] if own_phase else origin)
            _join_keys(whole.keys, item.keys)
        return whole

    def _twice(self, items: list[Expanded]) -> None:
        """Add a problem for each phase that two parts have."""
        first: dict[str, str | None] = {}
        for item in items:
            for phase, origin in zip(item.phases, item.origins, strict=True):
                there = first.setdefault(phase["id"], origin)
                if there != origin:
                    what = f"phase {phase['id']} is in the parts {there} and {origin}"
                    self._add("use", f"{what}; allowed: in one of them")

    def unknown(
        self,
        where: str,
        names: Iterable[str],
        values: Mapping[str, Any],
        problems: Problems,
    ) -> None:
        """Add a problem for each of *values* that is no parameter of the parts *names*."""
        known = {key for name in names for key in self._library[name].part.parameters}
        for key in values:
            if key not in known:
                meant, allowed = did_you_mean(key, known), ", ".join(sorted(known)) or "none"
                what = f"is no parameter of its parts{meant}; allowed: {allowed}"
                problems.add(f"{where}.{key}", what)

    def _values(self, part: Part, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters of *part*: those *given*, else the defaults."""
        values = {}
        for key, parameter in part.parameters.items():
            value = given.get(key, parameter.default)
            if value is None:
                about = f"is missing: {parameter.about}; the part {part.id} needs it"
                self._add(f"with.{key}", about)
                value = ""
            elif key in given and not _alike(value, parameter.default):
                kind = _KINDS[type(parameter.default)]
                self._add(f"with.{key}", f"is {value!r}; allowed for the part {part.id}: {kind}")
            values[key] = value
        return values

    def _add(self, where: str, what: str) -> None:
        """Add the problem *what* of the step's key *where*, once however many parts have it."""
        if (where, what) not in self._seen:
            self._seen.add((where, what))
            self._problems.add(f"{self._where}.{where}", what)


def _alike(value: Any, default: Any) -> bool:
    """Return True if *value* is of the kind of *default*; "" leaves a key of any kind out."""
    if default is None or "" in (value, default):
        return True
    return _KINDS[type(value)] == _KINDS[type(default)]


def _filled(raw: Any, values: Mapping[str, Any], where: str, problems: Problems) -> Any:
    """Return *raw* with the values of its placeholders (rule 4)."""
    if isinstance(raw, Mapping):
        pairs = {k: _filled(v, values, f"{where}.{k}", problems) for k, v in raw.items()}
        return {key: value for key, value in pairs.items() if value != ""}
    if isinstance(raw, list):
        items: list[Any] = []
        for number, one in enumerate(raw):
            value = _filled(one, values, f"{where}[{number}]", problems)
            if isinstance(value, list) and isinstance(one, str):
                items += value
            elif value != "" and not _left_out(one, value):
                items.append(value)
        return items
    if not isinstance(raw, str):
        return raw
    for name in _PLACEHOLDER.findall(raw):
        if name not in values:
            meant, allowed = did_you_mean(name, values), ", ".join(sorted(values)) or "none"
            problems.add(where, f"{{{name}}} is no parameter{meant}; allowed: {allowed}")
            return ""
    whole = _PLACEHOLDER.fullmatch(raw)
    if whole:
        return values[whole[1]]
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), raw)


def _left_out(before: Any, after: Any) -> bool:
    """Return True if a table lost a key by an empty value without which it says nothing."""
    return isinstance(before, Mapping) and any(
        key in before and key not in after for key in _LEADING
    )


def _retargeted(phase: Mapping[str, Any], then: str) -> dict[str, Any]:
    """Return *phase* with *then* in place of ``@then``."""

    def ways(on: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{k: then if v == THEN and k in ("to", "otherwise") else v for k, v in way.items()}
                for way in on]  # fmt: skip

    found = dict(phase)
    if found.get("otherwise") == THEN:
        found["otherwise"] = then
    if "on" in found:
        found["on"] = ways(found["on"])
    return found


def _reachable(whole: Expanded) -> Expanded:
    """Return *whole* without the phases of parts to which nothing leads (rule 5)."""
    if not whole.phases:
        return whole
    led_to = reached(msgspec.convert(whole.phases, tuple[Phase, ...]))
    kept = [
        place
        for place, phase in enumerate(whole.phases)
        if whole.origins[place] is None or phase["id"] in led_to
    ]
    phases, origins = zip(*((whole.phases[n], whole.origins[n]) for n in kept), strict=True)
    ids = {phase["id"] for phase in phases}
    keys = {key: _of(ids, value) for key, value in whole.keys.items()}
    return Expanded(list(phases), list(origins), keys)


def _of(ids: set[str], value: Any) -> Any:
    return [one for one in value if one in ids] if isinstance(value, list) else value


def _join_keys(keys: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, list) and isinstance(keys.get(key), list):
            keys[key] = [*keys[key], *value]
        else:
            keys[key] = value
