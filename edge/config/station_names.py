"""The names of the stations in Indonesian and English: on panels, at the desk, in the simulator."""

STATION_NAMES: dict[str, tuple[str, str]] = {
    "reception": ("Penerima Tamu", "reception"),
    "officer-1": ("Petugas 1", "officer 1"),
    "officer-2": ("Petugas 2", "officer 2"),
    "officer-3": ("Petugas 3", "officer 3"),
    "aide": ("ADC / Agendaris", "aide"),
    "security": ("Keamanan", "security"),
    "escort": ("Pengantar Tamu", "escort"),
}
"""The stations that the law knows, in the order of a guest's way: Indonesian, English."""


def station_name(station: str) -> tuple[str, str]:
    """Return the names of *station*; of one that is not listed, its own name twice."""
    plain = station.replace("-", " ")
    return STATION_NAMES.get(station, (plain.title(), plain))
