"""The contract of card readers. Every driver passes it, on its twin and on a technician's desk.

A test module subclasses :class:`CardReaderContract` (or :class:`PortReaderContract`, for readers
with a plug) as ``Test…`` and gives it a fixture ``bench``
with its driver open, no card near and no event posted since.
"""

from typing import Protocol

from edge.drivers import base
from edge.sop.events import (
    CardPresented,
    DeviceFailed,
    DeviceRestored,
    Event,
    InputRefused,
    TwoCardsPresented,
)

NAME = "card-reader/desk"


class Bench(Protocol):
    """The reader ``desk`` behind a driver, seen from outside: cards, noise and its plug."""

    @property
    def driver(self) -> base.CardReader:
        """The driver under test."""

    @property
    def cards(self) -> tuple[str, str]:
        """The numbers of two cards that this reader can read."""

    def present(self, *cards: str) -> None:
        """Hold one card, or two at once, at the reader."""

    def remove(self) -> None:
        """Remove all cards, and wait until the driver must have noticed."""

    def disturb(self) -> None:
        """Make the reader send damaged data."""

    def wait_for(self, kind: type[Event]) -> Event:
        """Wait until an event of *kind* is posted, of those not returned yet, and return it."""

    def take(self) -> list[Event]:
        """Return everything posted since the last call."""


class PluggedBench(Bench, Protocol):
    """A reader with a plug."""

    def unplug(self) -> None:
        """Unplug the reader."""

    def plug(self) -> None:
        """Plug it in again, under another number."""


def cards_in(events: list[Event]) -> list[tuple[str, str]]:
    """Return reader and card of every presentation in *events*."""
    return [(event.reader, event.card) for event in events if isinstance(event, CardPresented)]


def refusals_in(events: list[Event]) -> list[str]:
    """Return the reason of every refusal in *events*."""
    return [event.why for event in events if isinstance(event, InputRefused)]


class CardReaderContract:
    """Tests for every card reader: officers and the core rely on these."""

    def test_a_card_is_posted_once_a_presentation(self, bench: Bench) -> None:
        """A card is posted once per presentation, for however long it lies there."""
        bench.present(bench.cards[0])
        bench.wait_for(CardPresented)
        bench.remove()
        assert cards_in(bench.take()) == [("desk", bench.cards[0])]

    def test_a_card_that_comes_back_is_posted_again(self, bench: Bench) -> None:
        """Issued in the morning, returned in the afternoon: two presentations."""
        for card in (bench.cards[0], bench.cards[0], bench.cards[1]):
            bench.present(card)
            bench.wait_for(CardPresented)
            bench.remove()
            assert cards_in(bench.take()) == [("desk", card)]

    def test_two_cards_at_once_are_no_card(self, bench: Bench) -> None:
        """Two cards at once are refused, once, as either could be meant; one alone is read."""
        bench.present(*bench.cards)
        refused = bench.wait_for(TwoCardsPresented)
        bench.remove()
        events = bench.take()
        assert getattr(refused, "reader", "") == "desk"
        assert [type(event) for event in events] == [TwoCardsPresented]
        bench.present(bench.cards[1])
        bench.wait_for(CardPresented)
        assert cards_in(bench.take()) == [("desk", bench.cards[1])]

    def test_what_is_left_of_two_cards_is_no_card(self, bench: Bench) -> None:
        """Of two cards lifted together, one may be read last, alone: it is not posted."""
        bench.present(*bench.cards)
        bench.wait_for(TwoCardsPresented)
        bench.present(bench.cards[0])
        bench.remove()
        assert cards_in(bench.take()) == []

    def test_something_broken_is_refused_and_the_reader_goes_on(self, bench: Bench) -> None:
        """Damaged data is counted for its device and is never a card; the next card is read."""
        bench.disturb()
        refused = bench.wait_for(InputRefused)
        assert getattr(refused, "device", "") == NAME
        assert cards_in(bench.take()) == []
        bench.present(bench.cards[0])
        bench.wait_for(CardPresented)
        assert cards_in(bench.take()) == [("desk", bench.cards[0])]

    def test_it_can_be_closed_twice_and_opened_again(self, bench: Bench) -> None:
        """Closing twice and opening again is allowed; a closed reader posts no event."""
        bench.driver.close()
        bench.driver.close()
        bench.present(bench.cards[0])
        bench.remove()
        assert bench.take() == []
        bench.driver.open()
        bench.present(bench.cards[0])
        bench.wait_for(CardPresented)
        assert cards_in(bench.take()) == [("desk", bench.cards[0])]

    def test_what_came_before_the_opening_is_no_card(self, bench: Bench) -> None:
        """Bytes that wait in the port since before the start are no card that is shown now."""
        bench.driver.close()
        bench.present(bench.cards[0])
        bench.remove()
        bench.driver.open()
        bench.present(bench.cards[1])
        bench.wait_for(CardPresented)
        bench.remove()
        assert cards_in(bench.take()) == [("desk", bench.cards[1])]


class PortReaderContract(CardReaderContract):
    """Tests for card readers with a plug: a reader on pins cannot be known to be gone."""

    def test_a_reader_that_vanishes_is_restored_when_it_is_back(self, bench: PluggedBench) -> None:
        """Unplugging and plugging in under another number are posted, then cards are read again."""
        bench.unplug()
        failed = bench.wait_for(DeviceFailed)
        assert (getattr(failed, "device", ""), bool(getattr(failed, "why", ""))) == (NAME, True)
        bench.plug()
        restored = bench.wait_for(DeviceRestored)
        assert getattr(restored, "device", "") == NAME
        bench.take()
        bench.present(bench.cards[0])
        bench.wait_for(CardPresented)
        assert cards_in(bench.take()) == [("desk", bench.cards[0])]
