"""Live topics: what is so now. Only the present value counts; each connection gets them afresh."""

import msgspec


class Value(msgspec.Struct, frozen=True):
    """The present value of a live topic; an empty payload deletes it at the broker."""

    payload: bytes
    expiry_s: int | None = None


class LiveTopics:
    """The present value of every live topic, and which of them the broker has not been told.

    ``status`` always goes first; ``ledger`` is left out of :meth:`all_due`, because it may only
    be told once everything that it counts as delivered has been.
    """

    def __init__(self) -> None:
        self._values: dict[str, Value] = {"status": Value(b"")}
        self._due: dict[str, None] = {}

    def put(self, suffix: str, payload: bytes, expiry_s: int | None = None) -> bool:
        """Set a value; return whether the broker must be told of it.

        A value that expires must be told again even if it is the same.
        """
        value = Value(payload, expiry_s)
        if self._values.get(suffix) == value and expiry_s is None:
            return suffix in self._due
        self._values[suffix] = value
        self._due[suffix] = None
        return True

    def all_due(self) -> None:
        """Have every topic told again: a new connection begins."""
        self._due = dict.fromkeys(suffix for suffix in self._values if suffix != "ledger")
        self._values.pop("ledger", None)

    def take(self) -> str | None:
        """Return the topic to tell next; None if the broker knows them all."""
        if not self._due:
            return None
        suffix = next(iter(self._due))
        del self._due[suffix]
        return suffix

    def value(self, suffix: str) -> Value:
        """Return the present value of *suffix*."""
        return self._values[suffix]
