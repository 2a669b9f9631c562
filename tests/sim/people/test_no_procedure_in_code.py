"""The people know no procedure by name: its file is all that they have."""

import re
from itertools import chain
from pathlib import Path

from tests.sim.people.texts import EXAMPLES, SHIPPED, text

SIM = Path(__file__).parents[3] / "sim"
# English words, and words of the config, that are names of phases or steps as well.
_WORDS = frozenset({"alarm"})


def test_no_name_of_a_procedure_is_in_the_code() -> None:
    """No id of a procedure, a step or a phase stands as a word in quotes in sim/."""
    names: set[str] = set()
    for procedure in map(text, (*SHIPPED, *EXAMPLES)):
        phases = chain.from_iterable(step.phases for step in procedure.steps)
        names |= {procedure.id, *(s.id for s in procedure.steps), *(p.id for p in phases)}
    found = [
        f"{file.name}: {word}"
        for file in sorted(SIM.rglob("*.py"))
        for word in re.findall(r'"([a-z0-9-]+)"', file.read_text(encoding="utf-8"))
        if word in names - _WORDS
    ]
    assert not found
