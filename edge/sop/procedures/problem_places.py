"""Finds the lines of problems that the verification names by step and phase. Pure."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from edge.config.toml_text import parse_toml
from edge.config.validation import Problems
from edge.sop.procedures.parts import Source
from edge.sop.procedures.whole_text import Origins

# The beginning of a problem that ``verify`` finds.
_PLACE = re.compile(r"step ([\w-]+)(?:, phase ([\w-]+))?")


class ProblemPlaces:
    """The files of one procedure, in which problems get their lines.

    :param own: the problems of the procedure file
    :param text: the procedure file as it is written
    :param parts: the parts that it uses, by name
    """

    def __init__(
        self, own: Problems, text: str, origins: Origins, parts: Mapping[str, Source]
    ) -> None:
        self._own = own
        self._text = text
        self._origins = origins
        self._parts = parts

    def add(self, problem: str) -> None:
        """Add *problem*, with file, line and key: those of the part if its phase is a part's."""
        found = _PLACE.match(problem)
        if found is None:
            self._own.add("", problem)
            return
        step, phase = found[1], found[2] or ""
        part = self._parts.get(self._origins.get((step, phase), ""))
        if part is None:
            self._own.add(self._key(step, phase), problem)
            return
        theirs = Problems(part.file, part.text)
        key = f"phases{_at(part.part.phases, phase)}"
        theirs.add(key, f"{problem} (used by {self._own.file})")
        self._own.append(theirs.lines)

    @cached_property
    def _steps(self) -> list[dict[str, Any]]:
        """The steps as they are written; read once there is a problem in one."""
        steps: list[dict[str, Any]] = parse_toml(self._text, self._own.file)["steps"]
        return steps

    def _key(self, step: str, phase: str) -> str:
        """Return the key of *phase* of *step*, else that of the step; empty if there is none."""
        for number, row in enumerate(self._steps):
            if row.get("id") == step:
                place = _at(row.get("phases", ()), phase)
                return f"steps[{number}].phases{place}" if place else f"steps[{number}]"
        return ""


def _at(phases: Any, phase_id: str) -> str:
    """Return the index of a phase in brackets; empty if it is not there."""
    places = (n for n, phase in enumerate(phases) if phase.get("id") == phase_id)
    place = next(places, None)
    return "" if place is None else f"[{place}]"
