"""The ward of ruang-rawat.toml for tests: its rules, and guests on their way through it."""

import tempfile
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.daemon.rules import make_rules
from edge.sop import events
from edge.sop.effects import Effect, RingAide
from edge.sop.procedures.legal_text import load_legal_text
from edge.sop.procedures.loading import load_procedure
from edge.sop.records import StepCompleted
from edge.sop.state import Rules, Visit
from edge.store.store import Store
from tests.sop.stand import Stand

FOLDER = default_config_folder() / "sop" / "examples"
PROCEDURE = load_procedure(FOLDER / "ruang-rawat.toml")
LAW = load_legal_text(FOLDER / "legal" / "ruang-rawat.toml")
CONFIG = load_config(FOLDER / "config" / "ruang-rawat.toml", elsewhere=True)
VISITOR = CONFIG.cards.visitor
FAMILY = CONFIG.cards.pools["keluarga"]
NURSE = "perawat"
# The stand begins on a Monday at 08:00; visits begin at 11:00.
ELEVEN = 180

Walk = Callable[[], None]

WALKS: list[Walk] = []
"""Every walk of this file, with its arguments: the last test takes them all."""

ENTERED: set[tuple[str, str]] = set()
"""The steps and phases in which a visit of this file has waited."""


Test = TypeVar("Test", bound=Callable[..., None])


def walk(names: str = "", rows: Sequence[tuple[Any, ...]] = ()) -> Callable[[Test], Test]:
    """Register a test as a walk, once for each of *rows*, which are its parameters *names*."""

    def register(test: Test) -> Test:
        WALKS.extend([partial(test, *row) for row in rows] or [test])
        values = rows if "," in names else [value for (value,) in rows]
        return pytest.mark.parametrize(names, values)(test) if rows else test

    return register


@cache
def ward_rules() -> Rules:
    """Return the rules of the example's config."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), "/gardu/test/ward", Clock())
        try:
            return make_rules(CONFIG, {PROCEDURE.id: PROCEDURE}, store)
        finally:
            store.close()


class Ward(Stand):
    """The core of the ward under test, at 11:00 on a Monday, in visiting hours."""

    def __init__(self, minutes: float = ELEVEN) -> None:
        super().__init__(ward_rules())
        self.seconds = 60.0 * minutes

    def send(self, event: events.Event) -> list[Effect]:
        """Send *event*; note the phases in which visits wait after it."""
        effects = super().send(event)
        ENTERED.update((visit.step, visit.phase) for visit in self.state.visits.values())
        return effects

    def arrive(self, kind: str = "rohaniwan", persons: int = 1) -> str:
        """A guest, or a group, of *kind* arrives; return the visit's id."""
        self.send(events.ButtonPressed(self.now, "health", "arrive", PROCEDURE.id, guest_kind=kind))
        visit = max(self.state.visits.values(), key=lambda one: one.number).id
        for _ in range(persons - 1):
            self.press("health", "more")
        return visit

    def guest(self, after: str, kind: str = "rohaniwan", cards: Sequence[str] = VISITOR[:1]) -> str:
        """A guest, or a group with several *cards*, passes the steps up to *after*.

        ``diterima``: the nurse has admitted the guest.
        """
        visit = self.arrive(kind, len(cards))
        ways: dict[str, Callable[[], object]] = {
            "pemeriksaan-kesehatan": partial(self.healthy, visit),
            "persetujuan": self.agreed,
            "kartu-kunjungan": partial(self.carded, cards),
            "masuk": partial(self.goes_in, cards[0]),
            "diterima": lambda: self.nurse("accept"),
            "kunjungan": lambda: self.nurse("decline"),
            "keluar": self.goes_out,
        }
        for step in list(ways)[: list(ways).index(after) + 1]:
            ways[step]()
        return visit

    def healthy(self, visit: str) -> None:
        """The officer measures 36.6 and lets the guest go on."""
        self.measured(visit, 36.6)
        self.press("health", "done")

    def agreed(self) -> None:
        """The nurse agrees, and the guest writes into the guest book."""
        self.press("reception", "done")
        self.nurse("accept")
        self.press("reception", "done")

    def carded(self, cards: Sequence[str]) -> None:
        """Reception gives the *cards* and takes the IDs."""
        for card in cards:
            self.card(card)
        self.press("reception", "done")

    def washed(self, card: str) -> None:
        """The guest shows the *card* at the ward and washes the hands."""
        self.card_at_ward(card)
        self.press("ward", "done")

    def goes_in(self, card: str) -> None:
        """The guest washes the hands and goes in: there is room."""
        self.washed(card)
        self.press("ward", "done")

    def goes_out(self) -> None:
        """The officer sees the guest come out, and wash the hands."""
        self.press("ward", "done")
        self.press("ward", "done")

    def measured(self, visit: str, temperature: float) -> list[Effect]:
        """The desk application enters a temperature."""
        return self.send(events.ValueEntered(self.now, visit, "temperature", temperature))

    def nurse(self, answer: str) -> list[Effect]:
        """The nurse uses a contact of the aiphone."""
        return self.answer(answer, NURSE)

    def card_at_ward(self, card: str) -> list[Effect]:
        """A card is held to the reader at the door of the ward."""
        return self.send(events.CardPresented(self.now, "ward", card))

    def visit(self, visit: str) -> Visit:
        """The open visit of that id."""
        return self.state.visits[visit]

    def at(self, visit: str) -> tuple[str, str]:
        """The step and phase of *visit*."""
        return self.visit(visit).step, self.visit(visit).phase

    def end(self) -> tuple[str, str | None]:
        """Outcome and reason of the only visit that has ended."""
        (closed,) = self.closed
        return closed.outcome, closed.reason

    def rings(self) -> list[str]:
        """The patterns that were rung at the nurses' station."""
        rings = self.of(RingAide)
        assert {ring.aiphone for ring in rings} <= {NURSE}
        return [ring.pattern for ring in rings]

    def last(self, step: str) -> StepCompleted:
        """The last record of *step*."""
        return [one for one in self.steps() if one.step == step][-1]
