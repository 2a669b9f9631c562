"""Repeats: a press of the same button again, before the first press was answered, counts once.

While the disk is slow an officer may press again because no beep has come yet. Both presses mean
one thing: the second is passed on as :class:`~edge.sop.events.PressRepeated`. The core counts it,
unless it confirms a refusal (edge/sop/inputs/repeats.py).
"""

from edge.clock import Stamp
from edge.sop.events import ButtonPressed, Event, PressRepeated


class Repeats:
    """The presses that are not answered yet. Not safe for threads: its owner has a lock."""

    def __init__(self) -> None:
        self._unanswered: dict[tuple[str | None, ...], Stamp] = {}

    def sift(self, event: Event) -> Event:
        """Return *event*, or the repeat that it is."""
        if not isinstance(event, ButtonPressed):
            return event
        press = _button(event)
        if (first := self._unanswered.get(press)) is not None:
            return PressRepeated(
                event.at,
                event.panel,
                event.action,
                event.procedure,
                first,
                event.host,
                event.guest_kind,
            )
        self._unanswered[press] = event.at
        return event

    def answered(self, event: Event) -> None:
        """Note that *event* has been handled, and its effects carried out."""
        if isinstance(event, ButtonPressed):
            self._unanswered.pop(_button(event), None)


def _button(event: ButtonPressed) -> tuple[str | None, ...]:
    return event.panel, event.action, event.procedure, event.host, event.guest_kind
