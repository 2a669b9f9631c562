"""What stations, buttons and lamps are called on a panel, in Indonesian and English.

As people at the checkpoint say them; docs/panel.md explains each.
"""

from typing import NamedTuple

from edge.config.sections.panels import LampName
from edge.config.sections.values import Action
from edge.drivers.base import LampMode
from edge.drivers.gpio.lamps import Rhythm, looks


class Words(NamedTuple):
    """The same in both languages."""

    id: str
    en: str


ACTIONS: dict[Action, Words] = {
    "arrive": Words("Tamu datang", "guest arrives"),
    "done": Words("Selesai", "done"),
    "accept": Words("Diterima", "accepted"),
    "decline": Words("Tidak menerima", "host declines"),
    "absent": Words("Tidak di tempat", "host is absent"),
    "again": Words("Panggil lagi", "call again"),
    "reschedule": Words("Jadwal ulang", "another time"),
    "locker": Words("Buka loker", "open a locker"),
    "nothing": Words("Tanpa barang", "nothing to store"),
    "refuse": Words("Tolak masuk", "refuse entry"),
    "leave": Words("Tamu pulang", "guest has left"),
    "lost": Words("Kartu hilang", "card is lost"),
    "extend": Words("Tambah waktu", "more time"),
    "reason-1": Words("Alasan 1", "reason 1"),
    "reason-2": Words("Alasan 2", "reason 2"),
    "reason-3": Words("Alasan 3", "reason 3"),
    "reason-4": Words("Alasan 4", "reason 4"),
    "next": Words("Dahulukan berikut", "next in line first"),
    "back": Words("Mundur satu", "back one step"),
    "more": Words("Tambah orang", "one more person"),
    "acknowledge": Words("Alarm diketahui", "alarm noted"),
    "open-day": Words("Buka layanan", "open the day"),
    "close-day": Words("Tutup layanan", "close the day"),
    "day": Words("Buka / tutup layanan", "open or close the day"),
    "reconcile": Words("Sudah dicocokkan", "reconciled"),
}

STATIONS = {
    "reception": Words("Penerima Tamu", "reception"),
    "officer-1": Words("Petugas 1", "officer 1"),
    "officer-2": Words("Petugas 2", "officer 2"),
    "officer-3": Words("Petugas 3", "officer 3"),
    "aide": Words("ADC / Agendaris", "aide"),
    "security": Words("Keamanan", "security"),
    "escort": Words("Pengantar Tamu", "escort"),
}

LAMPS: dict[LampName, Words] = {
    "lamp": Words("Lampu", "lamp"),
    "white": Words("Putih", "white"),
    "green": Words("Hijau", "green"),
    "blue": Words("Biru", "blue"),
    "amber": Words("Kuning", "amber"),
    "red": Words("Merah", "red"),
}

RHYTHMS: dict[Rhythm, Words] = {
    "steady": Words("tetap", "steady"),
    "wink": Words("tetap, berkedip", "winking"),
    "slow": Words("kedip pelan", "slow"),
    "fast": Words("kedip cepat", "fast"),
}

MODES: dict[LampMode, Words] = {
    "on": Words("tamu menunggu", "a guest waits"),
    "slow": Words("minta keputusan", "decide"),
    "amber": Words("waktu hampir habis", "time is short"),
    "red": Words("waktu lewat", "overdue"),
    "fast": Words("alarm", "alarm"),
}
IN_SERVICE = Words("panel siap", "in service")

REFUSED = Words("Dua bip pendek: sekarang tidak berlaku", "two short beeps: means nothing now")
HELD = Words("tahan", "hold 1 s")
LAMP_TEST = Words("Uji lampu: dua tombol bersama, 3 detik", "lamp test: two buttons together, 3 s")
LAMP_TEST_ONE = Words("Uji lampu: tahan tombol 3 detik", "lamp test: hold the button for 3 s")


def station(name: str) -> Words:
    """Return what *name* is called; a station that is not listed keeps its own name."""
    plain = name.replace("-", " ")
    return STATIONS.get(name, Words(plain.title(), plain))


def meanings(fitted: frozenset[LampName]) -> dict[LampName, list[tuple[Rhythm, Words]]]:
    """Return what each rhythm of each lamp of *fitted* means (edge/drivers/gpio/lamps.py)."""
    found: dict[LampName, dict[Rhythm, list[Words]]] = {lamp: {} for lamp in fitted}
    in_service = looks("off", fitted)
    for lamp, rhythm in in_service.items():
        found[lamp][rhythm] = [IN_SERVICE]
    for mode, words in MODES.items():
        for lamp, rhythm in looks(mode, fitted).items():
            if lamp not in in_service:
                found[lamp].setdefault(rhythm, []).append(words)
    return {
        lamp: [(rhythm, _either(words)) for rhythm, words in rhythms.items()]
        for lamp, rhythms in found.items()
    }


def _either(words: list[Words]) -> Words:
    return Words(" / ".join(one.id for one in words), " / ".join(one.en for one in words))
