"""Remarks of *verifikasi SOP*: what a reviewer must correct or know."""

from typing import Literal

import msgspec

from edge.sop.procedures.model import Duty, Step

RemarkKind = Literal["problem", "note"]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """One remark of the review. A *problem* must be corrected, a *note* is for information.

    :ivar step: the id of the step; None if it is about the whole SOP
    :ivar row: the row of the law, with the letter of an alternative; None if it is about none
    :ivar about: its subject, one word: ``role``, ``output``, ``standard-time``, ``wording``, …
    """

    kind: RemarkKind
    step: str | None
    about: str
    words: str
    row: str | None = None

    @property
    def place(self) -> str:
        """Row and step, for a person; empty if it is about the whole SOP."""
        row = f"row {self.row}" if self.row and self.step != f"row {self.row}" else ""
        step = self.step if (self.step or "").startswith("row ") else f"step {self.step}"
        return ", ".join(part for part in (row, step if self.step else "") if part)


def key_of(row: Step | Duty) -> str:
    """Return the name of *row* in remarks: the id of a step, the number of a duty."""
    return row.id if isinstance(row, Step) else f"row {row.number}"


def problem(row: Step | Duty, about: str, words: str, *, law: str | None = None) -> Remark:
    """Return a problem of *row*; *law*: the name of its row in the law."""
    return Remark(kind="problem", step=key_of(row), about=about, words=words, row=law)


def note(row: Step | Duty, about: str, words: str, *, law: str | None = None) -> Remark:
    """Return a note on *row*; *law*: the name of its row in the law."""
    return Remark(kind="note", step=key_of(row), about=about, words=words, row=law)
