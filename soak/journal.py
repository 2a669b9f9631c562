"""Reads a victim's journal: the content that its database must have after each of its deaths."""

from pathlib import Path
from typing import Any

import msgspec

from edge.store.store import PARTS
from soak.checker import Pulse, read_state

Document = dict[str, Any]


class Model:
    """The expected content of a victim's database, by the journal from before it died.

    :ivar promised: ids of the records that it reported as committed, by sequence
    :ivar pulses: the locks that it energised, and the committed decision behind each
    :ivar read: how many bytes of the journal have been followed
    :ivar wrong: the errors found, in words
    """

    def __init__(self, journal: Path) -> None:
        self.promised: dict[int, str] = {}
        self.pulses: list[Pulse] = []
        self.wrong: list[str] = []
        self._journal = journal
        self.read = 0
        self._checkpoint: Document = {}
        self._visits: dict[int, Document] = {}
        self._wanted: Document | None = None

    def settle(self, database: Path) -> None:
        """Follow the journal of a process that is dead, and compare *database* with it.

        The change under way when it died may be there or not, but only whole.
        """
        self._follow()
        stored = read_state(database)
        wanted, self._wanted = self._wanted, None
        if stored == (self._checkpoint, self._visits):
            return
        if wanted is not None:
            self._change(wanted)
        if stored != (self._checkpoint, self._visits):
            self.wrong.append("the stored state is not the last committed one")
            self._checkpoint, self._visits = stored

    def _follow(self) -> None:
        if not self._journal.exists():
            return
        with self._journal.open("rb") as file:
            file.seek(self.read)
            lines = file.read()
        self.read += len(lines)
        for line in lines.split(b"\n"):
            try:
                self._take(msgspec.json.decode(line, type=Document))
            except msgspec.DecodeError:
                continue  # cut short by the kill: as if it had not been begun

    def _take(self, fact: Document) -> None:
        match fact:
            case {"wants": change}:
                self._wanted = change
            case {"did": rows}:
                assert self._wanted is not None
                self._change(self._wanted)
                self._wanted = None
                self.promised.update((sequence, identity) for sequence, identity in rows)
            case {"pulse": [locker, visit]}:
                cause = decision(self._checkpoint, self._visits, locker, visit)
                self.pulses.append(Pulse(locker, cause))

    def _change(self, change: Document) -> None:
        if change["checkpoint"] is not None:
            parts = {name: self._checkpoint[name] for name in PARTS if name in self._checkpoint}
            self._checkpoint = change["checkpoint"] | parts
        self._checkpoint |= change["parts"]
        for number, visit in change["visits"].items():
            if visit is None:
                self._visits.pop(int(number), None)
            else:
                self._visits[int(number)] = visit


def decision(
    checkpoint: Document, visits: dict[int, Document], locker: int, visit: str | None = None
) -> str | None:
    """Return the decision in the committed state to unlock *locker*; None if there is none.

    Within a visit each phase that it enters is another decision (``entries`` counts them). A visit
    that owes a locker when it is over makes one more decision, because its card comes back only
    once.

    :param visit: the visit that must have the locker, if it is known
    """
    known = checkpoint.get("lockers", {}).get(str(locker), {})
    holder = known.get("visit")
    if holder is None or not known.get("unlocking") or visit not in (None, holder):
        return None
    entries = [one["entries"] for one in visits.values() if one["id"] == holder]
    return f"{holder}/{entries[0] if entries else 'owed'}"


def committed_decision(database: Path, locker: int) -> str | None:
    """Return the decision in *database* to unlock *locker* now; None if there is none."""
    return decision(*read_state(database), locker)
