"""Checks of a procedure against the equipment in the checkpoint's config. Pure.

*Problems* stop the checkpoint: a guest would wait for equipment that is not there. *Notes* are for
information: for example a button that the procedure accepts, but that no panel has.
"""

from collections.abc import Callable, Iterator

import msgspec

from edge.config.model import Config
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.shared_panels import shared_buttons
from edge.sop.procedures.site import Site
from edge.sop.procedures.vocabulary import NEEDS, kind_of_event


class EquipmentFindings(msgspec.Struct, frozen=True):
    """Findings, a line each: procedure, step, the missing equipment and where to add it."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def verify_equipment(procedure: Procedure, config: Config) -> EquipmentFindings:
    """Return the equipment that *procedure* needs and the checkpoint of *config* does not have."""
    site = Site(procedure, config)
    problems = list(site.cannot_begin())
    notes: list[str] = []
    for step in procedure.steps:
        problems += site.missing(step)
        problems += site.traps(step)
        notes += site.absent_buttons(step)
        notes += not_counted(step)
        notes += site.absent_choices(step)
        notes += site.absent_pictures(step)
    notes += site.absent_anywhere()
    notes += shared_buttons(procedure, config, site.stations)
    name = procedure.id
    return EquipmentFindings(
        tuple(f"procedure {name}: {line}" for line in problems),
        tuple(f"procedure {name}: {line}" for line in notes),
    )


def at_hand(procedure: Procedure, config: Config) -> Callable[[Step, str], bool]:
    """Return a function that is True for what can happen at a step at the checkpoint of *config*.

    Its second argument is an event, an action, or the need of a phase.
    """
    site = Site(procedure, config)

    def possible(step: Step, word: str) -> bool:
        if word.startswith("still:"):
            return word.removeprefix("still:") in site.purposes
        if word in NEEDS:
            return site.fitted(step, word)
        return site.possible(step, word)

    return possible


def not_counted(step: Step) -> Iterator[str]:
    """Yield a note on a screening that lets a group go on after the walk of one person."""
    walks = {kind_of_event(way.event) for phase in step.phases for way in phase.on} & {
        "detector.passage", "detector.exit",
    }  # fmt: skip
    if walks and not step.screens:
        yield (
            f'step {step.id}: a group passes with the walk of one person; add clear = "one" to '
            f"its transitions on {' and '.join(sorted(walks))} (docs/procedures.md)"
        )
