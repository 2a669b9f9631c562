"""The labels of the records' codes in a report: outcomes, reasons, corrections, alarms.

These are labels for a table; the words to guests are in wording.toml. A reason of the office's own
gets those words as its label. A code without words is shown as it is.
"""

from collections.abc import Mapping
from typing import Literal

from edge.sop.procedures.model import Text

CodeKind = Literal["outcome", "reason", "correction", "opening", "day", "by", "alarm"]

# Kind, code: Indonesian, English.
CODES: dict[CodeKind, dict[str, tuple[str, str]]] = {
    "outcome": {
        "completed": ("Selesai dilayani", "Completed"),
        "declined": ("Ditolak dengan sopan", "Declined"),
        "rescheduled": ("Dijadwalkan ulang", "Rescheduled"),
        "refused": ("Tidak diizinkan masuk", "Refused"),
        "abandoned": ("Ditinggalkan tamu", "Abandoned"),
    },
    "reason": {
        "guest-left": ("tamu pergi", "guest left"),
        "day-closed": ("masih terbuka saat layanan ditutup", "still open when the day closed"),
        "host-declined": ("pejabat tidak berkenan", "host declined"),
        "host-absent": ("pejabat tidak di tempat", "host absent"),
        "host-away": ("pejabat tidak menerima tamu", "host not receiving"),
        "host-in-meeting": ("pejabat sedang rapat", "host in a meeting"),
        "host-out-of-town": ("pejabat dinas luar", "host away on duty"),
        "schedule-full": ("jadwal pejabat penuh", "schedule full"),
        "other-office": ("urusan bagian lain", "another office's matter"),
        "outside-hours": ("di luar jam pelayanan", "outside the hours"),
        "no-answer": ("tidak dijawab", "no answer"),
        "no-identity": ("tanpa tanda pengenal yang sah", "no valid identity"),
        "no-door-release": ("pintu tidak dibuka", "door not released"),
        "too-many-devices": ("perangkat terlalu banyak", "too many devices"),
        "not-announced": ("kunjungan tidak terdaftar", "visit not announced"),
        "change-freeze": ("pekerjaan sedang dibekukan", "no work for the time being"),
        "no-work-permit": ("tanpa surat izin kerja", "no work permit"),
        "security-alert": ("keadaan siaga", "security alert"),
        "not-cleared": ("tidak disetujui keamanan", "not cleared by security"),
        "clearance-pending": ("keamanan tidak menjawab", "no answer from security"),
        "clearance-absent": ("keamanan tidak di tempat", "security absent"),
        "no-escort": ("tanpa pendamping", "no escort"),
        "security": ("pemeriksaan keamanan", "security check"),
        "dress-or-belongings": ("pakaian atau barang bawaan", "dress or belongings"),
        "forbidden-items": ("barang terlarang", "forbidden items"),
        "declines-check": ("menolak pemeriksaan", "declined the check"),
        "unwell": ("kurang sehat", "unwell"),
        "outside-visiting-hours": ("di luar jam berkunjung", "outside the visiting hours"),
        "nurse-declined": ("perawat belum mengizinkan", "nurse declined"),
        "nurse-not-reached": ("perawat belum dapat dihubungi", "nurse not reached"),
        "ward-closed": ("ruang rawat belum menerima tamu", "ward not receiving"),
        "patient-resting": ("pasien beristirahat", "patient resting"),
        "patient-in-treatment": ("pasien menjalani tindakan", "patient in treatment"),
        "patient-isolated": ("pasien dalam isolasi", "patient isolated"),
        "patient-moved": ("pasien sudah pindah", "patient moved"),
        "child-visitor": ("pengunjung di bawah umur", "child"),
        "declines-hygiene": ("tidak mencuci tangan", "did not wash the hands"),
        "room-full": ("ruang rawat penuh", "ward full"),
        "documents-incomplete": ("berkas belum lengkap", "documents incomplete"),
        "no-authority": ("tanpa surat kuasa", "no letter of authority"),
        "queue-full": ("antrean penuh", "queue full"),
        "did-not-come": ("tidak datang saat dipanggil", "did not come when called"),
        "did-not-collect": ("tidak mengambil hasil", "did not collect the result"),
        "not-signed": ("tidak ditandatangani", "not signed"),
        "not-signed-today": ("belum ditandatangani", "not signed that day"),
        "disturbs-order": ("mengganggu ketertiban", "disturbed the order"),
        "nothing-to-store": ("tidak ada barang titipan", "nothing to store"),
        "no-free-locker": ("loker penuh", "no free locker"),
        "locker-faulty": ("loker rusak", "locker faulty"),
    },
    "correction": {
        "back": ("mundur satu langkah", "one step back"),
        "card": ("kartu dilepas dari kunjungan", "card taken off the visit"),
        "next": ("giliran ditukar", "place given up"),
    },
    "opening": {
        "forgotten": ("barang tertinggal", "belongings forgotten"),
        "jammed": ("loker macet", "locker jammed"),
        "inspection": ("pemeriksaan", "inspection"),
        "other": ("lain-lain", "other"),
    },
    "day": {
        "closed": ("lengkap", "nothing out"),
        "carried-over": ("dibawa ke esok", "carried over"),
        "not-closed": ("tidak ditutup", "not closed"),
    },
    "by": {
        "button": ("tombol", "button"),
        "arrival": ("tamu pertama", "first guest"),
    },
    "alarm": {
        "metal-detector": ("Metal detektor", "Metal detector"),
        "devices": ("Jumlah perangkat berbeda", "Number of devices differs"),
        "fire": ("Kebakaran", "Fire"),
        "duress": ("Tombol darurat (senyap)", "Duress (silent)"),
        "enclosure-tamper": ("Kotak perangkat dibuka", "Enclosure opened"),
        "detector-tamper": ("Metal detektor diutak-atik", "Metal detector tampered with"),
        "beam-blocked": ("Sinar metal detektor terhalang", "Detector's beam blocked"),
        "mains-lost": ("Listrik PLN padam", "Mains lost"),
        "battery-low": ("Baterai lemah", "Battery low"),
        "lost-card": ("Kartu hilang ditunjukkan", "Lost card shown"),
        "foreign-cards": ("Kartu asing dicoba berulang kali", "Foreign cards tried"),
        "disk-full": ("Penyimpanan penuh", "Storage full"),
        "crash-loop": ("Program berulang kali berhenti", "Program crashes again and again"),
        "database-damaged": ("Basis data rusak", "Database damaged"),
        "database-replaced": ("Berkas basis data diganti", "Database file replaced"),
        "database-unavailable": ("Basis data terkunci", "Database held by another program"),
        "database-log-long": ("Log basis data terlalu panjang", "Database log too long"),
        "guest-book-damaged": ("Buku tamu rusak", "Guest book damaged"),
        "config-refused": ("Konfigurasi baru salah", "Changed config is bad"),
        "procedures-refused": ("Prosedur baru ditolak", "New procedures refused"),
    },
}

# Alarms of one locker, door or named metal detector: the beginning of the code, and the labels.
NAMED_ALARMS: dict[str, tuple[str, str]] = {
    "locker-forced-": ("Loker {} dibuka paksa", "Locker {} forced open"),
    "locker-left-open-": ("Loker {} dibiarkan terbuka", "Locker {} left open"),
    "door-forced-": ("Pintu {} dibuka paksa", "Door {} forced open"),
    "door-held-": ("Pintu {} ditahan terbuka", "Door {} held open"),
    "metal-detector-": ("Metal detektor {}", "Metal detector {}"),
    "detector-tamper-": ("Metal detektor {} diutak-atik", "Metal detector {} tampered with"),
    "beam-blocked-": ("Sinar metal detektor {} terhalang", "Beam of detector {} blocked"),
}


def called(kind: CodeKind, code: str, *, english: bool, told: Mapping[str, Text]) -> str:
    """Return the label of *code*.

    :param told: the words to guests, by the reason
    """
    pair = CODES[kind].get(code)
    if pair is not None:
        return pair[english]
    if kind == "alarm":
        for begin, words in NAMED_ALARMS.items():
            if code.startswith(begin):
                return words[english].format(code.removeprefix(begin))
    if kind == "reason" and code in told:
        return told[code].en if english else told[code].id
    return code
