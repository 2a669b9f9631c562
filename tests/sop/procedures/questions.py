"""The questions of the four procedures that come with Gardu, by step and phase."""

from typing import NamedTuple

from msgspec.structs import replace

from edge.sop.procedures.model import Phase, Procedure, Step, Text


class Asked(NamedTuple):
    """The question of a phase, and the answers at its transitions, by event."""

    ask: Text
    answers: dict[str, Text]


def _text(indonesian: str, english: str) -> Text:
    return Text(id=indonesian, en=english)


_ACCEPTS = _text("Menerima?", "Accepts?")
_YES, _NO = _text("menerima", "yes"), _text("menolak", "no")
_CALL = Asked(_ACCEPTS, {"aiphone.accept": _YES, "aiphone.decline": _NO})
_ALARM = _text("Alarm?", "Alarm?")
_WALK = {
    "detector.alarm": _text("ya", "yes"),
    "detector.passage": _text("tidak", "no"),
    "button.refuse": _text("ditolak", "refused"),
}
_DESK = {
    ("penerimaan", "hubungi"): _CALL,
    ("penerimaan", "kartu"): Asked(_text("Identitas sah?", "Valid ID?"), {}),
    ("penitipan", "tanya"): Asked(_text("Ada barang titipan?", "Anything to store?"), {}),
}
_SCREENED = {
    **_DESK,
    ("pemeriksaan", "menunggu-panggilan"): Asked(_text("Dipanggil?", "Called in?"), {}),
    ("pemeriksaan", "lewat"): Asked(_ALARM, _WALK),
    ("pemeriksaan", "ulang"): Asked(_ALARM, {}),
    ("menghadap", "panggil"): _CALL,
}
_BY_PROCEDURE = {
    "pimpinan": _SCREENED,
    "eselon-2-3": _SCREENED,
    "eselon-4-asn": {
        **_DESK,
        ("menghadap", "menunggu-panggilan"): Asked(_ACCEPTS, {"aiphone.decline": _NO}),
        ("menghadap", "kartu"): Asked(_ACCEPTS, {"card.presented": _YES, "aiphone.decline": _NO}),
        ("menghadap", "kartu-tidak-terbaca"): Asked(_ACCEPTS, {}),
    },
    "jatim": {
        ("pemeriksaan", "periksa"): Asked(_text("Memenuhi syarat?", "Rules met?"), {}),
        ("konfirmasi", "hubungi"): _CALL,
        ("kartu-tamu", "kartu"): Asked(_text("Identitas sah?", "Valid ID?"), {}),
        ("penjadwalan-ulang", "tawarkan"): Asked(_text("Jadwal ulang?", "Another day?"), {}),
        ("pengantaran", "antar"): Asked(_text("Pintu dibuka?", "Door released?"), {}),
    },
}


def with_questions(procedure: Procedure) -> Procedure:
    """Return *procedure*, one of the four, with its questions added."""
    table = _BY_PROCEDURE[procedure.id]
    return replace(procedure, steps=tuple(_step(step, table) for step in procedure.steps))


def _step(step: Step, table: dict[tuple[str, str], Asked]) -> Step:
    phases = (_phase(phase, table.get((step.id, phase.id))) for phase in step.phases)
    return replace(step, phases=tuple(phases))


def _phase(phase: Phase, asked: Asked | None) -> Phase:
    if asked is None:
        return phase
    on = (replace(way, answer=asked.answers.get(way.event)) for way in phase.on)
    return replace(phase, ask=asked.ask, on=tuple(on))
