"""Questions about the kinds of guests: their buttons, cards and priority."""

from edge.commands.init.kinds import OptionalName
from edge.commands.init.question import Asked, Group, Question
from edge.config.sections.guest_kinds import Priority
from edge.config.sections.hosts import Title
from edge.config.sections.values import Name


def card_pools(asked: Asked) -> list[str]:
    """Return the pools of cards besides that of all guests: of procedures and of kinds."""
    own = asked.others("guest_kinds.*.card_pool").values()
    return list(dict.fromkeys([*asked.needs.pools, *(pool for pool in own if pool)]))


def _pool_proposals(asked: Asked) -> list[str]:
    return list(dict.fromkeys([*card_pools(asked), asked.name]))


def _procedures_wrong(_asked: Asked, procedures: list[str]) -> str:
    return "" if procedures else "is empty; allowed: one at least"


GUEST_KIND = Group(
    key="guest_kinds.*",
    title="Kind of guests *",
    names=lambda asked: asked["guests.kinds"] or (),
    unless="guests.kinds does not name it",
    questions=(
        Question(
            key="title",
            text="Its title, in words for people?",
            why="Printed on its button and shown on boards, for example Lansia, difabel. Never a "
            "person's name.",
            kind=Title,
            default=lambda asked: asked.name.replace("-", " ").capitalize(),
        ),
        Question(
            key="procedures",
            text="Which procedures have a button for such guests?",
            why="Each of them gets a second button for arrivals, for this kind. Guests of no kind "
            "keep the first one.",
            kind=list[Name],
            default=lambda asked: list(asked["checkpoint.procedures"]),
            choices=lambda asked: {one.id: one.title.id for one in asked.needs.procedures},
            wrong=_procedures_wrong,
            applies=lambda asked: len(asked.needs.procedures) > 1,
            unless="only one procedure runs here",
        ),
        Question(
            key="priority",
            text="Its priority, 0 to 9?",
            why="Guests who wait are called in order of their priority, the highest first; those "
            "of no kind have 0.",
            kind=Priority,
            default=lambda _: 0,
        ),
        Question(
            key="card_pool",
            text="Its own pool of cards (empty: the cards of the procedure)?",
            why="Such guests get cards of this pool only, so that they are told apart by them. Its "
            "numbers are asked next.",
            kind=OptionalName,
            default=lambda _: "",
            proposals=_pool_proposals,
            applies=lambda asked: asked.needs.cards,
            unless="no chosen procedure gives the guests a card",
        ),
    ),
)
