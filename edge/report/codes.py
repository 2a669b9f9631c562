"""The labels of the records' codes in a report: outcomes, reasons, corrections, alarms.

These are labels for a table; the words to guests are in wording.toml. A reason of the office's own
gets those words as its label. A code without words is shown as it is.
"""

from collections.abc import Mapping
from typing import Literal

from edge.config.alarm_names import ALARM_NAMES, alarm_name
from edge.config.reason_names import OPENING_NAMES, REASON_NAMES
from edge.sop.procedures.model import Text

CodeKind = Literal["outcome", "reason", "correction", "opening", "day", "by", "alarm"]

# Kind, code: Indonesian, English.
CODES: dict[CodeKind, dict[str, tuple[str, str]]] = {
    "outcome": {
        "completed": ("Selesai dilayani", "Completed"),
        "declined": ("Belum dapat diterima", "Declined"),
        "rescheduled": ("Dijadwalkan ulang", "Rescheduled"),
        "refused": ("Tidak diizinkan masuk", "Refused"),
        "abandoned": ("Tamu pergi sebelum selesai", "Abandoned"),
    },
    "reason": REASON_NAMES,
    "correction": {
        "back": ("langkah terakhir dibatalkan", "one step back"),
        "card": ("kartu dilepas dari kunjungan", "card taken off the visit"),
        "next": ("tamu berikutnya didahulukan", "place given up"),
    },
    "opening": OPENING_NAMES,
    "day": {
        "closed": ("lengkap", "nothing out"),
        "carried-over": ("dialihkan ke hari berikutnya", "carried over"),
        "not-closed": ("tidak ditutup", "not closed"),
    },
    "by": {
        "button": ("tombol", "button"),
        "arrival": ("tamu pertama", "first guest"),
    },
    "alarm": ALARM_NAMES,
}


def called(kind: CodeKind, code: str, *, english: bool, told: Mapping[str, Text]) -> str:
    """Return the label of *code*.

    :param told: the words to guests, by the reason
    """
    pair = CODES[kind].get(code)
    if pair is not None:
        return pair[english]
    if kind == "alarm":
        return alarm_name(code)[english]
    if kind == "reason" and code in told:
        return told[code].en if english else told[code].id
    return code
