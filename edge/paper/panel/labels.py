"""The names of stations, buttons and lamps on a panel, in Indonesian and English.

They are the words that people at the checkpoint use; docs/panel.md explains each.
"""

from typing import NamedTuple

from edge.config.sections.panels import LampName
from edge.config.sections.values import Action
from edge.config.station_names import station_name
from edge.drivers.wired.lamps import Rhythm, rhythms
from edge.sop.effects import LampMode


class PanelText(NamedTuple):
    """The same text in both languages."""

    id: str
    en: str


ACTIONS: dict[Action, PanelText] = {
    "arrive": PanelText("Tamu datang", "guest arrives"),
    "done": PanelText("Selesai", "done"),
    "accept": PanelText("Diterima", "accepted"),
    "decline": PanelText("Tidak menerima", "host declines"),
    "absent": PanelText("Tidak di tempat", "host is absent"),
    "again": PanelText("Panggil lagi", "call again"),
    "reschedule": PanelText("Jadwal ulang", "another time"),
    "locker": PanelText("Buka loker", "open a locker"),
    "nothing": PanelText("Tanpa barang", "nothing to store"),
    "refuse": PanelText("Tolak masuk", "refuse entry"),
    "leave": PanelText("Tamu pulang", "guest has left"),
    "lost": PanelText("Kartu hilang", "card is lost"),
    "extend": PanelText("Tambah waktu", "more time"),
    "reason-1": PanelText("Alasan 1", "reason 1"),
    "reason-2": PanelText("Alasan 2", "reason 2"),
    "reason-3": PanelText("Alasan 3", "reason 3"),
    "reason-4": PanelText("Alasan 4", "reason 4"),
    "choice-1": PanelText("Pilihan 1", "choice 1"),
    "choice-2": PanelText("Pilihan 2", "choice 2"),
    "choice-3": PanelText("Pilihan 3", "choice 3"),
    "choice-4": PanelText("Pilihan 4", "choice 4"),
    "identity-ktp": PanelText("KTP diterima", "KTP taken"),
    "identity-sim": PanelText("SIM diterima", "SIM taken"),
    "identity-other": PanelText("Identitas lain", "other ID taken"),
    "next": PanelText("Dahulukan tamu berikutnya", "next in line first"),
    "back": PanelText("Batalkan langkah terakhir", "back one step"),
    "more": PanelText("Tambah anggota rombongan", "one more person"),
    "host": PanelText("Pejabat berikut", "next host"),
    "receiving": PanelText("Menerima tamu", "receives guests"),
    "away": PanelText("Tidak menerima tamu", "receives no guests"),
    "acknowledge": PanelText("Alarm ditanggapi", "alarm noted"),
    "open-day": PanelText("Buka layanan", "open the day"),
    "close-day": PanelText("Tutup layanan", "close the day"),
    "day": PanelText("Buka / tutup layanan", "open or close the day"),
    "reconcile": PanelText("Sudah dicocokkan", "reconciled"),
}

LAMPS: dict[LampName, PanelText] = {
    "lamp": PanelText("Lampu", "lamp"),
    "white": PanelText("Putih", "white"),
    "green": PanelText("Hijau", "green"),
    "blue": PanelText("Biru", "blue"),
    "amber": PanelText("Kuning", "amber"),
    "red": PanelText("Merah", "red"),
}

RHYTHMS: dict[Rhythm, PanelText] = {
    "steady": PanelText("tetap", "steady"),
    "wink": PanelText("tetap, berkedip", "winking"),
    "slow": PanelText("kedip pelan", "slow"),
    "fast": PanelText("kedip cepat", "fast"),
}

MODES: dict[LampMode, PanelText] = {
    "on": PanelText("tamu menunggu", "a guest waits"),
    "slow": PanelText("perlu keputusan", "decide"),
    "amber": PanelText("waktu hampir habis", "time is short"),
    "red": PanelText("waktu lewat", "overdue"),
    "fast": PanelText("alarm", "alarm"),
}
REASON_BUTTONS: tuple[Action, ...] = ("reason-1", "reason-2", "reason-3", "reason-4")
REASON = PanelText("alasan", "reason")
IN_SERVICE = PanelText("panel siap", "in service")

HEARD = PanelText("Lampu berkelip sekali: terbaca", "the lamp flickers once: press heard")
REFUSED = PanelText("Dua bip pendek: sekarang tidak berlaku", "two short beeps: means nothing now")
HELD = PanelText("tahan", "hold 1 s")
LAMP_TEST = PanelText(
    "Uji lampu: dua tombol bersama, 3 detik", "lamp test: two buttons together, 3 s"
)
LAMP_TEST_ONE = PanelText("Uji lampu: tahan tombol 3 detik", "lamp test: hold the button for 3 s")


def station(name: str) -> PanelText:
    """Return the words for the station *name*; for one that is not listed, its own name."""
    return PanelText(*station_name(name))


def meanings(fitted: frozenset[LampName]) -> dict[LampName, list[tuple[Rhythm, PanelText]]]:
    """Return the meaning of each rhythm of each lamp of *fitted* (edge/drivers/wired/lamps.py)."""
    found: dict[LampName, dict[Rhythm, list[PanelText]]] = {lamp: {} for lamp in fitted}
    in_service = rhythms("off", fitted)
    for lamp, rhythm in in_service.items():
        found[lamp][rhythm] = [IN_SERVICE]
    for mode, words in MODES.items():
        for lamp, rhythm in rhythms(mode, fitted).items():
            if lamp not in in_service:
                found[lamp].setdefault(rhythm, []).append(words)
    return {
        lamp: [(rhythm, _either(words)) for rhythm, words in rhythms.items()]
        for lamp, rhythms in found.items()
    }


def _either(words: list[PanelText]) -> PanelText:
    return PanelText(" / ".join(one.id for one in words), " / ".join(one.en for one in words))
