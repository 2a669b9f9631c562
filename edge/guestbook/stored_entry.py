"""The form of an entry in the file: its texts as they are, or sealed. Pure apart from the sealing.

Details and each value have a box of their own, so that a correction of the details, or one more
value, needs no box to be opened. What is needed here without opening stays beside them: the visit,
its procedure, the time, the source, which details were given (not their texts), and the head count,
which is no personal data.
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from edge.clock import Stamp
from edge.guestbook.entry import Details, Entry, Source
from edge.sealing.boxes import BoxClosed, PrivateKeys, key_id_of
from edge.sealing.sealing import Sealing
from edge.sop.entered import Entered

# The lengths of boxes are multiples of these, bytes.
_DETAILS_BLOCK, _VALUE_BLOCK = 256, 128

# Details that are personal data, by their keys; the head count is none.
PERSONAL = ("name", "organisation", "purpose", "id_kind", "phone")


class StoredEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as the file has it. The ``repr`` hides its texts from logs.

    :ivar details: None if they are sealed, or were not given
    :ivar values: values that are not sealed
    :ivar sealed: the box with the details
    :ivar sealed_values: the box of each sealed value, by the value's id
    :ivar given: the keys of the sealed details that are not empty, of :data:`PERSONAL`
    :ivar persons: the head count of the sealed details
    """

    visit: str
    procedure: str
    at: Stamp
    source: Source
    details: Details | None = None
    values: dict[str, Entered] = {}
    sealed: bytes | None = None
    sealed_values: dict[str, bytes] = {}
    given: tuple[str, ...] = ()
    persons: int = 1

    def __repr__(self) -> str:
        return f"StoredEntry({self.visit}, …)"

    @property
    def categories(self) -> tuple[str, ...]:
        """The keys of the details that were given; the order is that of :data:`PERSONAL`."""
        return self.given if self.details is None else _given(self.details)

    @property
    def named(self) -> bool:
        """True if the guest's details were entered, and not only values."""
        return "name" in self.categories

    @property
    def head_count(self) -> int:
        """The number of persons."""
        return self.persons if self.details is None else self.details.persons

    @property
    def value_ids(self) -> list[str]:
        """The ids of the values, sealed or not."""
        return sorted({*self.values, *self.sealed_values})

    @property
    def plain(self) -> bool:
        """True if it has a text that is not sealed."""
        return bool(self.values) or (self.details is not None and bool(self.categories))

    @property
    def boxes(self) -> list[bytes]:
        """Its boxes."""
        return [*self.sealed_values.values(), *([] if self.sealed is None else [self.sealed])]

    @property
    def key_ids(self) -> set[str]:
        """The ids of the keys that its boxes name; a damaged box names none."""
        found = set[str]()
        for box in self.boxes:
            try:
                found.add(key_id_of(box))
            except BoxClosed:
                continue
        return found


class _SealedDetails(msgspec.Struct, frozen=True):
    visit: str
    details: Details

    def __repr__(self) -> str:
        return "_SealedDetails(…)"


class _SealedValue(msgspec.Struct, frozen=True):
    visit: str
    value: str
    entered: Entered

    def __repr__(self) -> str:
        return "_SealedValue(…)"


def stored(entry: Entry, before: StoredEntry | None, sealing: Sealing | None) -> StoredEntry:
    """Return *entry* as the file is to have it; values from *before* stay.

    :param sealing: None: no key is configured
    """
    plain = StoredEntry(
        visit=entry.visit,
        procedure=entry.procedure,
        at=entry.at,
        source=entry.source,
        details=entry.details,
        values={**(before.values if before else {}), **entry.values},
        sealed_values=before.sealed_values if before else {},
    )
    left = {name: box for name, box in plain.sealed_values.items() if name not in entry.values}
    plain = replace(plain, sealed_values=left)
    return plain if sealing is None else sealed(plain, sealing)


def with_values(
    entry: StoredEntry, values: dict[str, Entered], sealing: Sealing | None
) -> StoredEntry:
    """Return *entry* with *values* too."""
    left = {name: box for name, box in entry.sealed_values.items() if name not in values}
    more = replace(entry, values={**entry.values, **values}, sealed_values=left)
    return more if sealing is None else sealed(more, sealing)


def sealed(entry: StoredEntry, sealing: Sealing) -> StoredEntry:
    """Return *entry* with all its texts sealed."""
    boxes = dict(entry.sealed_values)
    for name, entered in entry.values.items():
        text = msgspec.json.encode(_SealedValue(entry.visit, name, entered))
        boxes[name] = sealing.seal(text, _VALUE_BLOCK)
    entry = replace(entry, values={}, sealed_values=boxes)
    details = entry.details
    if details is None:
        return entry
    if not entry.categories:
        return replace(entry, details=None, persons=details.persons)
    text = msgspec.json.encode(_SealedDetails(entry.visit, details))
    return replace(
        entry,
        details=None,
        sealed=sealing.seal(text, _DETAILS_BLOCK),
        given=_given(details),
        persons=details.persons,
    )


def opened(entry: StoredEntry, keys: PrivateKeys) -> Entry:
    """Return *entry* with its texts, opened with *keys*.

    :raises BoxClosed: if one of its boxes cannot be opened; it names which
    """
    details = entry.details or Details(name="", persons=entry.persons)
    if entry.sealed is not None:
        found = _content("details", entry.sealed, keys, _SealedDetails)
        _same_visit("details", found.visit, entry.visit)
        details = found.details
    values = dict(entry.values)
    for name, box in entry.sealed_values.items():
        one = _content(f"value {name}", box, keys, _SealedValue)
        _same_visit(f"value {name}", one.visit, entry.visit)
        values[name] = one.entered
    return as_entry(entry, details, values)


def as_entry(entry: StoredEntry, details: Details, values: dict[str, Entered]) -> Entry:
    """Return *entry* with these texts."""
    return Entry(
        visit=entry.visit,
        procedure=entry.procedure,
        at=entry.at,
        source=entry.source,
        details=details,
        values=values,
    )


def _given(details: Details) -> tuple[str, ...]:
    return tuple(key for key in PERSONAL if getattr(details, key))


def _content(what: str, box: bytes, keys: PrivateKeys, kind: Any) -> Any:
    try:
        return msgspec.json.decode(keys.open(box), type=kind)
    except BoxClosed as error:
        raise BoxClosed(f"{what}: the box {error}") from None
    except msgspec.DecodeError:
        raise BoxClosed(f"{what}: the box holds something else") from None


def _same_visit(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise BoxClosed(f"{what}: the box is of another visit")
