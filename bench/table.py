"""The table of a run: its rows, their few statistics, and how it is printed. Pure."""

from collections.abc import Sequence

import msgspec

_HEADERS = ("measure", "Gardu", "against", "ratio", "to reach", "reached")
_VERDICTS = {True: "yes", False: "NO", None: "-"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table.

    :ivar gardu: Gardu's figure with its unit; *against*: that of a floor or peer, and its name
    :ivar ratio: Gardu's figure divided by the other; None without another
    :ivar target: the target, in words; empty if this row only informs
    :ivar reached: True if it is reached; None where *target* is empty
    :ivar note: a remark for the reader, printed below the table
    """

    measure: str
    gardu: str
    against: str = "-"
    ratio: float | None = None
    target: str = ""
    reached: bool | None = None
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of the headers."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f} x"
        verdict = _VERDICTS[self.reached]
        return (self.measure, self.gardu, self.against, ratio, self.target or "-", verdict)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that *percent* of *values* do not exceed (nearest rank).

    :param percent: above 0, at most 100
    :raises ValueError: if there are no values
    """
    if not values:
        raise ValueError("a percentile of nothing")
    rank = -(-len(values) * percent // 100)  # rounded up
    return sorted(values)[int(rank) - 1]


def median(values: Sequence[float]) -> float:
    """Return the middle one of *values*, or the mean of the middle two.

    :raises ValueError: if there are no values
    """
    if not values:
        raise ValueError("a median of nothing")
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def delay_row(
    measure: str, times: Sequence[float], others: Sequence[float], *, other: str, limit_ms: float
) -> Row:
    """Return the row of the delay of a pin after a contact, against the delays *others*.

    :param times: milliseconds, the bounce time of the contact (20 ms) included; *others* likewise
    :param other: the meaning of *others*, in words
    """
    typical, peer = median(times), median(others)
    return Row(
        measure=measure,
        gardu=f"{typical:.0f} ms",
        against=f"{peer:.0f} ms {other}",
        ratio=typical / peer,
        target=f"<= {limit_ms:g} ms",
        reached=typical <= limit_ms,
        note=f"slowest of {len(times)}: {max(times):.0f} ms; 20 ms of it are the bounce time",
    )


def render(rows: Sequence[Row]) -> str:
    """Return the table as aligned text, notes below it."""
    lines = [_HEADERS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADERS))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines]  # fmt: skip
    text.insert(1, "-" * max(map(len, text)))
    text += [""] + [f"{row.measure}: {row.note}" for row in rows if row.note]
    return "\n".join(text).rstrip()
