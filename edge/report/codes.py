"""The labels of the records' codes in a report: outcomes, reasons, corrections, alarms.

These are labels for a table; the words to guests are in wording.toml. A reason of the office's own
gets those words as its label. A code without words is shown as it is.
"""

from collections.abc import Mapping
from typing import Literal

from edge.config.alarm_names import ALARM_NAMES, alarm_name
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
