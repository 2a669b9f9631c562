"""The words of the lobby's page for the ids that simulator and config have: Indonesian, English."""

from edge.config.station_names import station_name
from sim.people.player import GUEST

Words = tuple[str, str]

INTENTIONS: dict[str, Words] = {
    "normal": ("diterima", "received"),
    "nothing-to-store": ("tanpa barang titipan", "nothing to store"),
    "host-declines": ("pejabat tidak berkenan", "the host declines"),
    "host-absent": ("pejabat tidak di tempat", "the host is absent"),
    "no-answer": ("panggilan tidak dijawab", "the call is not answered"),
    "answers-late": ("dijawab setelah dipanggil lagi", "answered at the second call"),
    "third-call": ("dijawab pada panggilan ketiga", "answered at the third call"),
    "second-declines": ("pihak kedua tidak setuju", "the second one asked declines"),
    "rescheduled": ("dijadwalkan ulang", "another time"),
    "reason-1": ("belum dapat diterima, alasan 1", "declined, reason 1"),
    "reason-2": ("tidak di tempat, alasan 2", "absent, reason 2"),
    "reason-3": ("tidak dijawab, alasan 3", "no answer, reason 3"),
    "reason-4": ("dijadwalkan ulang, alasan 4", "another time, reason 4"),
    "no-identity": ("tanpa tanda pengenal", "without a proof of identity"),
    "no-door-release": ("pintu tidak dibuka", "the door is not released"),
    "above-the-limit": ("nilai di atas batas", "a value above the limit"),
    "alarm-then-clear": ("logam, lalu bersih", "metal, then clear"),
    "alarm-twice": ("logam dua kali", "metal twice"),
    "alarm-on-the-way-out": ("logam saat keluar", "metal on the way out"),
    "too-fast": ("berlari lewat detektor", "runs through the detector"),
    "refused": ("tidak boleh masuk", "refused"),
    "unknown-card": ("kartu asing dulu", "an unknown card first"),
    "shared-card": ("kartu tamu lain dulu", "another guest's card first"),
    "corrects-card": ("kartu salah, dikoreksi", "a wrong card, corrected"),
    "on-the-phone": ("menelepon, didahului", "on the phone, lets the next go first"),
    "sent-back": ("dikirim kembali", "sent back"),
    "invited": ("dengan undangan", "with an invitation"),
    "invited-twice": ("undangan dua kali", "shows the invitation twice"),
    "with-escort": ("dengan pengantar", "with an escort"),
    "waits-for-room": ("menunggu tempat", "waits for room"),
    "long-meeting": ("waktu ditambah", "more time"),
    "leaves": ("pergi sebelum diterima", "leaves"),
    "stays": ("lama di ruang pejabat", "stays long with the host"),
    "vanishes": ("pulang tanpa pamit", "goes without notice"),
    "loses-card": ("kartu hilang", "loses the card"),
    "forgets-belongings": ("barang tertinggal", "forgets the belongings"),
    "card-in-the-tray": ("kartu lupa dibaca", "the card is not read before the evening"),
    "overnight": ("kartu terbawa pulang", "takes the card home"),
}
"""What is to become of a guest, by the branch's name."""

_GUEST: Words = ("Tamu", "all guests")


def role_words(role: str) -> Words:
    """Return the words of a *role*: a station, or all guests."""
    return _GUEST if role == GUEST else station_name(role)
