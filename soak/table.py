"""The table of a soak: one row per fault."""

from collections.abc import Sequence
from typing import NamedTuple

from soak.checker import Findings

_HEADINGS = (
    "fault", "rounds", "committed", "delivered", "duplicates", "holes", "reorderings healed",
    "unlocks without cause", "losses",
)  # fmt: skip


class Row(NamedTuple):
    """The result of *rounds* rounds of one fault.

    :ivar findings: None for a fault with losses that are only counted (*losses*)
    """

    fault: str
    rounds: int
    findings: Findings | None = None
    losses: int = 0

    @property
    def lost(self) -> int:
        """Number of records lost, spoilt or made up, and of other errors, unlocks apart."""
        found = self.findings
        return self.losses if found is None else found.lost + len(found.other)

    @property
    def clean(self) -> bool:
        """True if no record was lost and no lock was energised without cause."""
        return self.lost == 0 and (self.findings is None or self.findings.unlocks == 0)

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row, as text."""
        found = self.findings
        counts: tuple[int | str, ...] = ("-",) * 6
        if found is not None:
            counts = (
                found.committed, found.delivered, found.duplicates, found.holes, found.healed,
                found.unlocks,
            )  # fmt: skip
        return (self.fault, *(str(value) for value in (self.rounds, *counts, self.lost)))


def table(rows: Sequence[Row]) -> str:
    """Return *rows* as text in columns, with the other errors below them."""
    lines = [_HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    text = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "-" * max(map(len, text)))
    for row in rows:
        text += [f"{row.fault}: {words}" for words in (row.findings or Findings()).other]
    return "\n".join(text)
