"""The kinds of alarms of the contract (docs/mqtt.md), without the numbers and names behind them."""

KINDS = (
    "metal-detector", "locker-forced", "lost-card", "foreign-cards", "locker-left-open",
    "door-forced", "door-held", "fire", "duress", "enclosure-tamper", "mains-lost", "battery-low",
    "detector-tamper", "beam-blocked", "disk-full", "database-damaged", "database-unavailable",
    "database-replaced", "database-log-long", "config-refused", "guest-book-damaged", "crash-loop",
    "under-voltage", "too-hot", "card-read-only", "data-in-memory", "card-slow", "card-worn",
    "card-errors", "rtc-battery-empty", "certificate-expires", "clock-not-trusted", "uplink",
)  # fmt: skip

NAMED = (
    "metal-detector", "locker-forced", "locker-left-open", "door-forced", "door-held",
    "detector-tamper", "beam-blocked",
)  # fmt: skip
"""The only ones with a number or a name behind them: ``locker-forced-3``, ``door-held-utara``."""

SILENT = frozenset({"duress"})
"""Those that a person in danger raises. Who stands before a screen of a room must not see them."""


def base_kind(alarm: str) -> str | None:
    """Return the contract's kind of *alarm*; None for one that the contract does not have."""
    if alarm in KINDS:
        return alarm
    return next((kind for kind in NAMED if alarm.startswith(f"{kind}-")), None)
