"""Words of the report in Indonesian and English."""

from collections.abc import Mapping

import msgspec

from edge.paper.panel.labels import station
from edge.paper.words import Language
from edge.report.codes import CodeKind, called
from edge.sop.procedures.model import Procedure, Text

# Key: Indonesian, English. A key that is not here (a name from the config) is shown as it is.
WORDS: dict[str, tuple[str, str]] = {
    "report": ("Laporan Bulanan Kunjungan Tamu", "Monthly Report of Visits"),
    "summary": ("Ringkasan", "Summary"),
    "sum": ("Jumlah", "Total"),
    "figure": ("Uraian", "Figure"),
    "value": ("Jumlah", "Value"),
    "visits": ("Kunjungan", "Visits"),
    "persons": ("Orang", "Persons"),
    "closed": ("Berakhir", "Ended"),
    "open_at_end": ("Belum selesai pada akhir bulan", "Open at the month's end"),
    "cards_out": ("Kartu tamu belum kembali", "Visitor cards not returned"),
    "lockers_out": ("Loker belum dikosongkan", "Lockers not emptied"),
    "duration_median_s": ("Lama kunjungan, nilai tengah", "Duration of a visit, median"),
    "duration_p95_s": (
        "Lama kunjungan, 95 dari 100 paling lama",
        "Duration of a visit, 95th percentile",
    ),
    "share_within": ("Langkah sesuai mutu baku waktu", "Steps within their standard time"),
    "steps_timed": ("Langkah yang diukur", "Steps measured"),
    "overdue": ("Melewati mutu baku", "Overdue"),
    "alarms": ("Alarm", "Alarms"),
    "equipment_faults": ("Gangguan peralatan", "Equipment faults"),
    "stills_missed": ("Foto CCTV tidak terekam", "CCTV stills missed"),
    "corrections": ("Koreksi petugas", "Corrections by officers"),
    "extensions": ("Perpanjangan waktu menghadap", "Meetings extended"),
    "crashes": ("Program berhenti tidak normal", "Program crashes"),
    "power_losses": ("Listrik padam", "Power losses"),
    "untrusted": ("Catatan saat jam belum disinkronkan", "Records by an untrusted clock"),
    "days": ("Kunjungan per hari", "Visits by day"),
    "day": ("Tanggal", "Day"),
    "weekday": ("Hari", "Weekday"),
    "hours": ("Kedatangan per jam", "Arrivals by hour"),
    "hour": ("Jam", "Hour"),
    "week": ("Kedatangan per hari dan jam", "Arrivals by weekday and hour"),
    "busiest": ("Jam tersibuk", "Busiest hours"),
    "procedures": ("Kunjungan per prosedur (SOP)", "Visits by procedure (SOP)"),
    "procedure": ("Prosedur", "Procedure"),
    "hosts": ("Kunjungan per pejabat yang ditemui", "Visits by host"),
    "host": ("Pejabat yang ditemui", "Host"),
    "completed": ("Selesai dilayani", "Completed"),
    "median": ("Nilai tengah", "Median"),
    "p95": ("95 dari 100 paling lama", "95th percentile"),
    "longest": ("Terlama", "Longest"),
    "outcomes": ("Hasil kunjungan dan alasannya", "Outcomes and reasons"),
    "outcome": ("Hasil", "Outcome"),
    "reason": ("Alasan", "Reason"),
    "share": ("Bagian dari prosedur", "Share of the procedure"),
    "steps": ("Waktu pelayanan per langkah", "Times of the steps"),
    "steps_chart": (
        "Lama langkah terhadap mutu baku waktu",
        "Duration of the steps against their standard time",
    ),
    "number": ("No", "No"),
    "step": ("Langkah", "Step"),
    "ended": ("Dilaksanakan", "Done"),
    "skipped": ("Dilewati", "Skipped"),
    "waited": ("Menunggu, nilai tengah", "Waited, median"),
    "standard": ("Mutu baku", "Standard"),
    "within": ("Sesuai mutu baku", "Within standard"),
    "alarm": ("Alarm", "Alarm"),
    "raised": ("Terjadi", "Raised"),
    "acknowledged": ("Ditanggapi", "Acknowledged"),
    "standing": ("Masih berlangsung", "Still standing"),
    "total": ("Jumlah waktu", "Total time"),
    "equipment": ("Gangguan peralatan", "Equipment faults"),
    "device": ("Peralatan", "Device"),
    "faults": ("Gangguan", "Faults"),
    "downtime": ("Lama tidak berfungsi", "Downtime"),
    "down_at_end": ("Belum pulih", "Still down"),
    "guests": ("Buku tamu", "Guest book"),
    "name": ("Nama", "Name"),
    "organisation": ("Instansi", "Organisation"),
    "purpose": ("Keperluan", "Purpose"),
    "yes": ("ya", "yes"),
    "none": ("Nihil", "None"),
    "month": ("Bulan", "Month"),
    "place": ("Tempat", "Place"),
    "times": ("Waktu", "Times"),
    "made": ("Dibuat", "Made"),
    "so_far": (
        "Bulan ini belum berakhir: angka sampai saat laporan dibuat.",
        "The month is not over: figures up to the moment the report was made.",
    ),
    "method": (
        (
            "Setiap kunjungan dihitung pada hari kedatangannya, hasilnya pada hari berakhirnya; "
            "satu rombongan adalah satu kunjungan. Waktu langkah dihitung dari "
            "langkah yang selesai. "
            "Pada “95 dari 100 paling lama”, 95 dari 100 langkah tidak lebih lama. "
            "Sumber: catatan pos jaga ini."
        ),
        (
            "A visit counts on the day of arrival, its outcome on the day it ended; a group is one "
            "visit. Times are those of completed steps. 95th percentile: 95 of 100 took no longer. "
            "Source: the records of this checkpoint."
        ),
    ),
    "noted": ("Mengetahui,", "Noted by"),
    "signed": ("Petugas yang melaporkan,", "Reported by"),
    "dated": (
        "........................, ........................",
        "........................, ........................",
    ),
    "name_line": ("Nama dan NIP", "Name and number"),
    "page": ("Halaman", "Page"),
    "legend": (
        "batang: nilai tengah; garis: 95 dari 100 paling lama; tanda merah: mutu baku",
        "bar: median; line: 95th percentile; red mark: standard",
    ),
    "cards_lost": ("Kartu tamu dinyatakan hilang", "Visitor cards declared lost"),
    "cards_found": ("Di antaranya ditemukan lagi", "Of these, found again"),
    "returned": ("Kartu dan loker kembali kemudian", "Cards and lockers that came back later"),
    "settled": ("Diselesaikan dengan keterangan petugas", "Settled by an officer's word"),
    "lockers_opened": ("Loker dibuka oleh pengawas", "Lockers opened by a supervisor"),
    "unseen": ("Tamu lama tidak terlihat: ditanyakan", "Guests long unseen: asked for"),
    "office_days": ("Buka dan tutup layanan", "Days opened and closed"),
    "opened_at": ("Buka", "Opened"),
    "opened_by": ("Oleh", "By"),
    "closed_at": ("Tutup", "Closed"),
    "how": ("Penutupan", "How it ended"),
    "carried": ("Sisa hari sebelumnya", "From before"),
    "reconciled": ("Dicocokkan", "Settled"),
    "left_open": ("Belum selesai", "Still open"),
    "out_cards": ("Kartu belum kembali", "Cards out"),
    "lost_cards": ("Kartu hilang", "Cards lost"),
    "out_lockers": ("Loker terisi", "Lockers out"),
    "openings": ("Loker dibuka oleh pengawas", "Lockers opened by a supervisor"),
    "who": ("Pengawas", "Supervisor"),
    "why": ("Alasan", "Why"),
    "times_done": ("Kali", "Times"),
    "corrected": ("Koreksi petugas", "Corrections by officers"),
    "correction": ("Koreksi", "Correction"),
    "station": ("Pos", "Station"),
}

MONTHS = {
    Language.ID: (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    Language.EN: (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
WEEKDAYS = {
    Language.ID: ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    Language.EN: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}


class ReportWords(msgspec.Struct, frozen=True):
    """The words of one report.

    :ivar procedures: the office's procedures by id, for their titles
    :ivar told: the office's words to guests, by the reason
    :ivar hosts: the titles of the office's hosts, by id
    """

    language: Language
    procedures: dict[str, Procedure] = {}
    told: Mapping[str, Text] = {}
    hosts: dict[str, str] = {}

    def say(self, key: str) -> str:
        """Return the word for *key*, or *key* itself if there is none."""
        pair = WORDS.get(key)
        return key if pair is None else pair[self.language is Language.EN]

    def code(self, kind: CodeKind, code: str | None) -> str:
        """Return the label of a code in the records; empty for None."""
        english = self.language is Language.EN
        return "" if code is None else called(kind, code, english=english, told=self.told)

    def station(self, name: str) -> str:
        """Return the label of a station, as on its panel."""
        return str(getattr(station(name), self.language.value))

    def procedure(self, name: str) -> str:
        """Return the title of a procedure, or its id if it is unknown."""
        known = self.procedures.get(name)
        return name if known is None else getattr(known.title, self.language.value)

    def host(self, name: str) -> str:
        """Return the label of a host: the title; for a procedure's id its title and aide."""
        if name in self.hosts:
            return self.hosts[name]
        known = self.procedures.get(name)
        if known is None:
            return name
        return f"{self.procedure(name)} ({known.aide})" if known.aide else self.procedure(name)

    def month(self, name: str) -> str:
        """Return ``November 2026`` for ``2026-11``."""
        year, month = name.split("-")
        return f"{MONTHS[self.language][int(month) - 1]} {year}"

    def weekday(self, number: int) -> str:
        """Return the day of the week *number* (0 is Monday)."""
        return WEEKDAYS[self.language][number]
