"""The words of the desk's pages: Indonesian first, English beside."""

from typing import NamedTuple

from desk.roles import Role
from edge.config.station_names import station_name


class Words(NamedTuple):
    """The same text in both languages."""

    id: str
    en: str


WORDS: dict[str, Words] = {
    "desk": Words("Meja tamu", "Guest desk"),
    "login": Words("Masuk", "Log in"),
    "logout": Words("Keluar", "Log out"),
    "role": Words("Peran", "Role"),
    "pin": Words("PIN", "PIN"),
    "now": Words("Sekarang", "Now"),
    "guest-book": Words("Buku tamu", "Guest book"),
    "expected": Words("Tamu ditunggu", "Expected guests"),
    "availability": Words("Kehadiran pejabat", "Availability of hosts"),
    "closing": Words("Penutupan", "Closing"),
    "no-visits": Words("Tidak ada tamu di dalam.", "No guest is inside."),
    "visit": Words("Tamu no.", "Guest no."),
    "no-details": Words("belum diisi", "not entered"),
    "sealed-details": Words("sudah diisi, tersegel", "entered, sealed"),
    "sealed-form": Words(
        "Data tamu ini sudah diisi dan tersegel: hanya kantor yang dapat membacanya. "
        "Isian baru menggantikannya.",
        "This guest's details are entered and sealed: only the office can read them. "
        "A new entry replaces them.",
    ),
    "persons": Words("orang", "persons"),
    "waiting": Words("menunggu", "waiting"),
    "minutes": Words("menit", "min"),
    "of": Words("dari", "of"),
    "no-standard": Words("waktu menyesuaikan", "no standard time"),
    "not-timed": Words("waktu belum berjalan", "time does not run yet"),
    "overdue": Words("Lewat waktu", "Overdue"),
    "soon": Words("Hampir lewat", "Time is short"),
    "in-time": Words("Dalam waktu", "In time"),
    "host": Words("Pejabat", "Host"),
    "host-open": Words("pejabat belum dipilih", "host not chosen yet"),
    "locker": Words("Loker", "Locker"),
    "card": Words("Kartu", "Card"),
    "lockers": Words("Loker", "Lockers"),
    "cards-out": Words("Kartu tamu belum kembali", "Visitor cards out"),
    "free": Words("kosong", "free"),
    "used": Words("dipakai", "in use"),
    "owed": Words("belum dikosongkan", "not emptied"),
    "open": Words("terbuka", "open"),
    "faulty": Words("rusak", "out of order"),
    "alarms": Words("Alarm menyala", "Alarms standing"),
    "fill": Words("Isi buku tamu", "Enter the guest"),
    "correct": Words("Perbaiki", "Correct"),
    "updated": Words("Diperbarui", "Updated"),
    "away": Words(
        "Gardu tidak menjawab; panel di lobi tetap berlaku.",
        "Gardu does not answer; the panels in the lobby still work.",
    ),
    "retrying": Words("Halaman ini terus mencoba.", "This page goes on trying."),
    "send-again": Words("Kirim lagi", "Send again"),
    "page-away": Words(
        "Halaman ini tidak tersambung; mencoba lagi …",
        "This page is not connected; trying again …",
    ),
    "kept": Words(
        "Isian Anda tetap ada di sini. Kirim lagi sebentar lagi.",
        "Your entries are still here. Send them again in a moment.",
    ),
    "book-off": Words(
        "Buku tamu di sini memakai kertas.", "The guest book of this checkpoint is on paper."
    ),
    "book-unusable": Words(
        "Buku tamu sedang tidak dapat dipakai: pakai kertas.",
        "The guest book cannot be used now: use paper.",
    ),
    "untrusted-clock": Words(
        "Jam belum disinkronkan: waktu dapat keliru.",
        "The clock is not trusted: times may be wrong.",
    ),
    "none-waits": Words(
        "Tidak ada tamu yang menunggu isian. Tekan “tamu datang” di panel dahulu.",
        "No guest waits for details. Press “guest arrives” at the panel first.",
    ),
    "which-visit": Words("Untuk tamu", "For the guest"),
    "at": Words("datang", "arrived"),
    "name": Words("Nama", "Name"),
    "organisation": Words("Instansi", "Organisation"),
    "purpose": Words("Keperluan", "Purpose"),
    "phone": Words("Telepon", "Telephone"),
    "number-of-persons": Words("Jumlah orang", "Number of persons"),
    "id-kind": Words("Jenis identitas", "Kind of ID"),
    "id-taken": Words(
        "Identitas sudah diterima untuk ditukar kartu", "The ID was taken in exchange for the card"
    ),
    "guest-kind": Words("Jenis tamu", "Kind of guest"),
    "no-number": Words("Jangan tulis nomor identitas.", "Never write the number of an ID."),
    "optional": Words("boleh kosong", "optional"),
    "unchanged": Words("tetap / belum dipilih", "unchanged / not chosen"),
    "save": Words("Simpan", "Save"),
    "values": Words("Nilai", "Values"),
    "saved": Words("Tersimpan.", "Saved."),
    "reason": Words("Alasan", "Reason"),
    "until": Words("Sampai", "Until"),
    "receiving": Words("Menerima tamu", "Receives guests"),
    "not-receiving": Words("Tidak menerima tamu", "Receives no guests"),
    "set-receiving": Words("Menerima tamu", "Receives guests"),
    "set-away": Words("Tidak menerima", "Receives none"),
    "announced": Words("Diumumkan untuk", "Announced for"),
    "withdraw": Words("Cabut", "Withdraw"),
    "none-expected": Words("Tidak ada tamu yang ditunggu hari ini.", "No guest is expected today."),
    "arrived": Words("sudah datang", "has arrived"),
    "to-come": Words("ditunggu", "to come"),
    "not-come": Words("tidak datang", "did not come"),
    "add-invitations": Words("Tambah undangan", "Add invitations"),
    "invitations-hint": Words(
        "Tempel teks undangan (GARDU1:…), satu per baris.",
        "Paste the texts of invitations (GARDU1:…), one a line.",
    ),
    "add": Words("Tambahkan", "Add"),
    "not-added": Words("Yang di bawah ini belum ditambahkan.", "Those below were not added."),
    "use-details": Words("Isi dari undangan", "Enter from the invitation"),
    "nothing-out": Words("Semua sudah kembali.", "Everything is back."),
    "what": Words("Apa", "What"),
    "where": Words("Di mana", "Where"),
    "procedure": Words("Prosedur", "Procedure"),
    "no-day": Words("Hari layanan belum dibuka.", "No office day was opened yet."),
    "day": Words("Hari layanan", "Office day"),
    "opened": Words("dibuka", "opened"),
    "closed": Words("ditutup", "closed"),
    "visits-opened": Words("Kunjungan", "Visits"),
    "ids-held": Words("Identitas disimpan", "IDs held"),
    "reconcile": Words(
        "Yang belum kembali diselesaikan di panel, dengan tombol “sudah dicocokkan”.",
        "What is out is settled at the panel, by the button “reconciled”.",
    ),
    "out-visit": Words("Kunjungan masih terbuka", "Visit still open"),
    "out-card": Words("Kartu belum kembali", "Card not given back"),
    "out-locker": Words("Loker belum dikosongkan", "Locker not emptied"),
    "out-identity": Words("Identitas belum diambil", "ID not taken back"),
    "no-pins": Words(
        "Belum ada PIN. Teknisi: gardu desk pin reception",
        "No PIN was set yet. Technician: gardu desk pin reception",
    ),
    "wrong-pin": Words("PIN salah.", "Wrong PIN."),
    "locked": Words("Terlalu banyak PIN salah. Coba lagi setelah", "Too many wrong PINs. Wait"),
    "session-ended": Words("Silakan masuk lagi.", "Please log in again."),
    "not-allowed": Words("Peran Anda tidak dapat membuka ini.", "Your role cannot open this."),
    "no-page": Words("Halaman ini tidak ada.", "There is no such page."),
    "too-long": Words("Isian terlalu panjang.", "The form is too long."),
}

ROLES: dict[Role, Words] = {
    Role.RECEPTION: Words("Penerima tamu", "Reception"),
    Role.AIDE: Words("ADC / Agendaris", "Aide"),
}

ID_KINDS: dict[str, Words] = {
    "ktp": Words("KTP", "ID card"),
    "sim": Words("SIM", "driving licence"),
    "student-card": Words("Kartu pelajar / mahasiswa", "student card"),
    "assignment-letter": Words("Surat tugas", "letter of assignment"),
    "other": Words("Lainnya", "other"),
}

REFUSALS: dict[str, Words] = {
    "malformed": Words("Isian ini tidak dapat diterima.", "This entry cannot be accepted."),
    "too long": Words("Isian terlalu panjang.", "The entry is too long."),
    "identity number": Words(
        "Tampaknya ini nomor identitas: hapus nomornya.",
        "This looks like the number of an ID: remove it.",
    ),
    "clock not trusted": Words(
        "Jam belum disinkronkan: pakai kertas dahulu.", "The clock is not trusted yet: use paper."
    ),
    "too old": Words("Kirim sekali lagi.", "Please send it once more."),
    "from the future": Words("Kirim sekali lagi.", "Please send it once more."),
    "no guest book": WORDS["book-off"],
    "guest book cannot be used": WORDS["book-unusable"],
    "no such visit": Words("Kunjungan itu sudah selesai.", "That visit has ended."),
    "no visit waits": WORDS["none-waits"],
    "has details": Words(
        "Tamu ini sudah diisi; pakai “Perbaiki”.", "This guest was entered already; use “Correct”."
    ),
    "host not possible": Words(
        "Pejabat ini tidak dapat dipilih lagi.", "This host cannot be chosen any more."
    ),
    "guest kind not possible": Words(
        "Jenis tamu tidak dapat diubah lagi.", "The kind of guest cannot be changed any more."
    ),
    "unknown host": Words("Pejabat ini tidak dikenal.", "This host is not known."),
    "unknown reason": Words("Alasan ini tidak dikenal.", "This reason is not known."),
    "unknown value": Words("Nilai ini tidak dikenal.", "This value is not known."),
    "value not allowed": Words("Nilai ini tidak diperbolehkan.", "This value is not allowed."),
    "until not allowed": Words(
        "Waktu ini harus nanti, paling lama 366 hari lagi.",
        "This time must be later than now, by 366 days at most.",
    ),
    "older than what is known": Words(
        "Ada pengumuman yang lebih baru.", "There is a newer announcement."
    ),
    "fault of ours": Words("Kesalahan di Gardu: pakai kertas.", "A fault in Gardu: use paper."),
}

LABELS: dict[str, str] = {
    "guest.name": WORDS["name"].id,
    "guest.organisation": WORDS["organisation"].id,
    "guest.purpose": WORDS["purpose"].id,
    "guest.persons": WORDS["number-of-persons"].id,
    "guest.phone": WORDS["phone"].id,
    "guest.id_kind": WORDS["id-kind"].id,
    "host": WORDS["host"].id,
    "guest_kind": WORDS["guest-kind"].id,
    "reason": WORDS["reason"].id,
    "until": WORDS["until"].id,
    "invitations": WORDS["add-invitations"].id,
}
"""The labels of the forms' fields, by their names."""

FIELDS: dict[str, Words] = {
    "guest.name": Words("1 sampai 80 huruf.", "1 to 80 characters."),
    "guest.organisation": Words("Paling banyak 80 huruf.", "At most 80 characters."),
    "guest.purpose": Words("Paling banyak 80 huruf.", "At most 80 characters."),
    "guest.phone": Words(
        "Angka, spasi, tanda hubung; paling banyak 24.", "Digits, blanks, dashes; at most 24."
    ),
    "guest.persons": Words("Angka dari 1 sampai 99.", "A number from 1 to 99."),
    "until": Words("Tanggal dan jam yang lengkap.", "A complete date and time."),
}
"""What a field allows, for an entry that cannot be read."""

INVITATION_REFUSALS: dict[str, Words] = {
    "not an invitation": Words("bukan undangan", "not an invitation"),
    "text before the code": Words("ada teks di depannya", "text before the code"),
    "unknown key": Words("pengundang tidak dikenal", "unknown key"),
    "wrong signature": Words("tanda tangan salah", "wrong signature"),
    "identity number": Words("memuat nomor identitas", "holds an identity number"),
    "for another checkpoint": Words("untuk tempat lain", "for another checkpoint"),
    "unknown procedure": Words("prosedur tidak dikenal", "unknown procedure"),
    "clock not trusted": Words("jam belum disinkronkan", "clock not trusted"),
    "not yet valid": Words("belum berlaku", "not yet valid"),
    "expired": Words("sudah lewat", "expired"),
}


def station(name: str) -> Words:
    """Return the words for the station *name*; for one that is not listed, its own name."""
    return Words(*station_name(name))
