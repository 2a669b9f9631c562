"""Notes about equipment of a checkpoint that no procedure of it uses. Pure."""

from collections.abc import Iterable, Iterator

from edge.config.model import Config
from edge.sop.procedures.model import Procedure


def unused_aiphones(procedures: Iterable[Procedure], config: Config) -> list[str]:
    """Return a note for each aiphone of *config* that no aide answers and no procedure calls."""
    called = {step.aiphone for procedure in procedures for step in procedure.steps}
    named = {host.aiphone for host in config.hosts}
    return [
        f"aiphone.{name}: nothing rings it: it serves no procedure, no host names it, and no step "
        f'has aiphone = "{name}"'
        for name, aiphone in config.aiphone.items()
        if not aiphone.procedures and name not in named | called
    ]


def unused_doors(procedures: Iterable[Procedure], config: Config) -> list[str]:
    """Return a note for each access door of *config* that no procedure releases."""
    releasing = {
        (procedure.id, word.partition(":")[2])
        for procedure in procedures
        for word in _released(procedure)
    }
    notes = []
    for name, door in config.doors.items():
        if not any((one, only) in releasing for one in door.procedures for only in ("", name)):
            served = ", ".join(door.procedures) or "none"
            notes.append(
                f"doors.{name}: no guest is let through: none of its procedures ({served}) has a "
                "phase with release-door, so that only a fire alarm releases it; name the "
                "procedure of the guests who go through it, or remove the door"
            )
    return notes


def unused_places(procedures: Iterable[Procedure], config: Config) -> list[str]:
    """Return a note for each place of *config* that no procedure enters."""
    entered = {p.room for one in procedures for step in one.steps for p in step.phases}
    return [
        f"places[{number}]: no procedure enters {place.id}; use it in a phase with needs = "
        f'"room:{place.id}", or remove it'
        for number, place in enumerate(config.places)
        if place.id not in entered
    ]


def unused_pools(procedures: Iterable[Procedure], config: Config) -> list[str]:
    """Return a note for each pool of cards that no procedure and no kind of guests draws from."""
    used = {one.card_pool for one in procedures} | {kind.card_pool for kind in config.guest_kinds}
    return [
        f"cards.pools.{name}: no guest gets a card of it; name it as card_pool of a procedure or "
        "of a [[guest_kinds]], or remove it"
        for name in config.cards.pools
        if name not in used
    ]


def _released(procedure: Procedure) -> Iterator[str]:
    """Yield the actions of *procedure* that release doors."""
    for step in procedure.steps:
        for phase in step.phases:
            yield from (word for word in phase.do if word.partition(":")[0] == "release-door")
