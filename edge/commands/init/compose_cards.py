"""Composes the section [cards] of the answers; it reads files of card numbers, and is pure else."""

from typing import Any

from edge.commands.init.cards import card_numbers, stand_ins
from edge.commands.init.draft import Draft, Open
from edge.commands.init.needs import Needs
from edge.commands.init.question import LATER, Office


def cards_section(a: Any, office: Office, needs: Needs, draft: Draft) -> dict[str, Any]:
    """Return the section of the answers *a*; what stands in for a number is added to *draft*.

    :raises ConfigError: if a file of card numbers cannot be read
    """
    pools = _Pools(a, office, draft)
    section: dict[str, Any] = {}
    if needs.visitor_cards:
        section["visitor"] = pools.numbers(
            "cards.visitor", "cards.visitor", "cards.count", "the numbers of the visitor cards"
        )
    names = _pool_names(a, needs)
    if names:
        section["pools"] = {
            name: pools.numbers(
                f"card_pools.{name}.cards", "cards.pools", f"card_pools.{name}.count",
                f"the numbers of the cards of {', '.join(names)}",
            )
            for name in names
        }  # fmt: skip
    if needs.escorts:
        cards = pools.numbers(
            "cards.escort", "cards.escort", "cards.escorts", "the numbers of the escorts' cards"
        )
        section["escort"] = {card: f"escort-{number}" for number, card in enumerate(cards, 1)}
    if a["cards.supervisor"]:
        section["supervisor"] = {a["cards.supervisor"]: a["cards.duty"]}
    return section


def _pool_names(a: Any, needs: Needs) -> list[str]:
    """Return the pools of the procedures and of the kinds of guests."""
    own = [a[f"guest_kinds.{kind}.card_pool"] for kind in a["guests.kinds"] or ()]
    return list(dict.fromkeys([*needs.pools, *(pool for pool in own if pool)]))


class _Pools:
    """The numbers of each pool; those that stand in for unknown ones differ from pool to pool."""

    def __init__(self, a: Any, office: Office, draft: Draft) -> None:
        self._a = a
        self._folder = office.folder
        self._open = draft.open
        self._stand_ins = 0

    def numbers(self, answer: str, key: str, count: str, todo: str) -> list[str]:
        """Return the numbers that *answer* gives, or *count* stand-ins.

        :param key: the key of the config, for what remains to be filled in; *todo* is that
        """
        pool = self._a[answer]
        if pool != LATER:
            return card_numbers(pool, self._folder)
        driver = self._a[f"card_readers.{self._a.names('card_readers')[0]}.driver"]
        if key not in [one.key for one in self._open]:
            self._open.append(
                Open(key, f"{todo}, in place of these, which no card has: `gardu watch-inputs` "
                     "shows a number when its card is at the reader")
            )  # fmt: skip
        before, self._stand_ins = self._stand_ins, self._stand_ins + self._a[count]
        return stand_ins(self._stand_ins, driver)[before:]
