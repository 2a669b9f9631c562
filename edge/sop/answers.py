"""The officer's answer to an input: beep if accepted; beeps, flash and count if refused."""

from edge.sop.effects import Beep, FlashLamp
from edge.sop.turn import Turn

# Refusals are counted by kind; a flood of new kinds must not let the state grow without limit.
_MOST_KINDS_OF_REFUSAL = 100


def answer(turn: Turn, accepted: bool, what: str, panel: str) -> None:  # noqa: FBT001 - a fact
    """Beep for accepted or refused; if refused, flash the lamp of *panel* and count *what*."""
    turn.do(Beep("accepted" if accepted else "refused"))
    if not accepted:
        if panel in turn.rules.panels:
            turn.do(FlashLamp(panel))
        refuse(turn, what)


def answer_at(turn: Turn, accepted: bool, what: str, reader: str) -> None:  # noqa: FBT001 - a fact
    """Answer an input of *reader*, with the lamp of the panel beside it."""
    answer(turn, accepted, what, _panel_at(turn, turn.rules.readers.get(reader, ())))


def refuse(turn: Turn, what: str, count: int = 1) -> None:
    """Count *count* refusals of this kind; beyond the most kinds, as ``other``."""
    known = what in turn.state.refusals or len(turn.state.refusals) < _MOST_KINDS_OF_REFUSAL
    turn.refuse(what if known else "other", count)


def _panel_at(turn: Turn, stations: tuple[str, ...]) -> str:
    """Return the first panel that serves one of *stations*; empty if none does."""
    beside = (
        name for name, kept in turn.rules.panels.items() if not set(kept).isdisjoint(stations)
    )
    return next(beside, "")
