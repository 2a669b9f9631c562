"""The names of the alarms in Indonesian and English: in reports, at the desk, in the simulator."""

ALARM_NAMES: dict[str, tuple[str, str]] = {
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
    "database-unavailable": ("Basis data tidak dapat dipakai", "Database cannot be used"),
    "database-log-long": ("Log basis data terlalu panjang", "Database log too long"),
    "guest-book-damaged": ("Buku tamu rusak", "Guest book damaged"),
    "config-refused": ("Konfigurasi baru salah", "Changed config is bad"),
    "procedures-refused": ("Prosedur baru ditolak", "New procedures refused"),
    "under-voltage": ("Tegangan listrik kurang", "Supply voltage too low"),
    "too-hot": ("Prosesor terlalu panas", "Processor too hot"),
    "card-read-only": ("Kartu memori tidak dapat ditulis", "Memory card cannot be written"),
    "card-errors": ("Kesalahan pada kartu memori", "Errors on the memory card"),
    "card-slow": ("Kartu memori lambat", "Memory card slow"),
    "card-worn": ("Kartu memori hampir aus", "Memory card nearly worn out"),
    "data-in-memory": ("Data tidak tersimpan di kartu", "Data is on no card"),
    "clock-not-trusted": ("Jam belum disinkronkan", "Clock not trusted"),
    "uplink": ("Laporan ke kantor pusat terhambat", "Reports to the central office held up"),
    "certificate-expires": ("Sertifikat segera berakhir", "Certificate expires"),
    "rtc-battery-empty": ("Baterai jam habis", "Battery of the clock empty"),
}
"""The alarms that a checkpoint has once (docs/mqtt.md): Indonesian, English."""

ALARMS_OF_ONE: dict[str, tuple[str, str]] = {
    "locker-forced-": ("Loker {} dibuka paksa", "Locker {} forced open"),
    "locker-left-open-": ("Loker {} dibiarkan terbuka", "Locker {} left open"),
    "door-forced-": ("Pintu {} dibuka paksa", "Door {} forced open"),
    "door-held-": ("Pintu {} ditahan terbuka", "Door {} held open"),
    "metal-detector-": ("Metal detektor {}", "Metal detector {}"),
    "detector-tamper-": ("Metal detektor {} diutak-atik", "Metal detector {} tampered with"),
    "beam-blocked-": ("Sinar metal detektor {} terhalang", "Beam of detector {} blocked"),
}
"""Alarms of one locker, door or named metal detector, by the beginning of the id."""


def alarm_name(alarm: str) -> tuple[str, str]:
    """Return the names of *alarm*; of one without words, its id twice."""
    if alarm in ALARM_NAMES:
        return ALARM_NAMES[alarm]
    for begin, (indonesian, english) in ALARMS_OF_ONE.items():
        if alarm.startswith(begin):
            name = alarm.removeprefix(begin)
            return indonesian.format(name), english.format(name)
    return alarm, alarm
