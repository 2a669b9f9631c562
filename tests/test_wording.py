"""One wording for each thing: the words that were replaced are left nowhere that people read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config.alarm_names import ALARM_NAMES
from edge.config.reason_names import OPENING_NAMES, REASON_NAMES
from edge.paper.panel.labels import ACTIONS, MODES
from edge.report.captions import WORDS
from edge.report.codes import CODES
from office.board.texts import ENTRIES

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "bench", "config", "debian", "desk", "docs", "edge", "office", "packaging", "pages", "sim",
    "soak", "systemd", "tests", "virtual_pi",
)  # fmt: skip
READ = {".css", ".html", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml", ".txt"}
# The law's own words stay as they are printed.
VERBATIM = (ROOT / "config" / "sop" / "legal", ROOT / "tests" / "sop" / "procedures" / "sources")

# Each old wording (an expression; blanks stand for any white space), and the new one.
OLD = {
    "ditinggalkan tamu": "Tamu pergi sebelum selesai",
    '"ditinggalkan"': "tamu pergi sebelum selesai",
    "ditolak dengan sopan": "Belum dapat diterima",
    "ditolak, alasan": "belum dapat diterima, alasan",
    "dahulukan berikut": "Dahulukan tamu berikutnya",
    "giliran ditukar": "tamu berikutnya didahulukan",
    "mundur satu": "Batalkan langkah terakhir",
    "tambah orang": "Tambah anggota rombongan",
    "minta keputusan": "perlu keputusan",
    "alarm( detektor)? diketahui": "Alarm ditanggapi",
    '"(belum )?diketahui", "(not )?acknowledged"': "ditanggapi",
    '"diterima", "acknowledged"': "Ditanggapi",
    "berhenti sendiri": "Program berhenti tidak normal",
    "ter?percaya": "disinkronkan",
    "dibawa ke esok": "dialihkan ke hari berikutnya",
    "sisa lama": "Sisa hari sebelumnya",
    "kartu (tamu )?di luar": "Kartu belum kembali",
    "(lama|kunjungan|menunggu), median": "nilai tengah",
    "batang: median": "batang: nilai tengah",
    "persentil": "95 dari 100 paling lama",
    "hari ini tidak menerima": "saat ini tidak menerima",
    "memimpin rapat": "mengikuti rapat",
}


def read() -> Iterator[Path]:
    """Yield every text file that people read, apart from this one and the history of changes."""
    yield ROOT / "README.md"
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            hidden = any(part.startswith((".", "__pycache__")) for part in file.parts)
            law = any(file.is_relative_to(one) for one in VERBATIM)
            if file.suffix in READ and file != Path(__file__) and not hidden and not law:
                yield file


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return those files' texts by their paths, each blank and line break as one blank."""
    return {
        str(file.relative_to(ROOT)): " ".join(file.read_text(encoding="utf-8").split())
        for file in read()
    }


@pytest.mark.parametrize("old", OLD)
def test_no_old_wording_is_left(texts: dict[str, str], old: str) -> None:
    """A reader who finds two words for one thing asks what the difference is."""
    found = [path for path, text in texts.items() if re.search(old, text, re.IGNORECASE)]
    assert found == [], f"write {OLD[old]!r}"


NEW = {
    "a press on next": (ACTIONS["next"].id, "Dahulukan tamu berikutnya"),
    "a press on back": (ACTIONS["back"].id, "Batalkan langkah terakhir"),
    "a press on more": (ACTIONS["more"].id, "Tambah anggota rombongan"),
    "a press on acknowledge": (ACTIONS["acknowledge"].id, "Alarm ditanggapi"),
    "a slow lamp": (MODES["slow"].id, "perlu keputusan"),
    "declined": (CODES["outcome"]["declined"][0], "Belum dapat diterima"),
    "abandoned": (CODES["outcome"]["abandoned"][0], "Tamu pergi sebelum selesai"),
    "carried over": (CODES["day"]["carried-over"][0], "dialihkan ke hari berikutnya"),
    "carried": (WORDS["carried"][0], "Sisa hari sebelumnya"),
    "cards out": (WORDS["out_cards"][0], "Kartu belum kembali"),
    "an alarm acknowledged": (WORDS["acknowledged"][0], "Ditanggapi"),
    "crashes": (WORDS["crashes"][0], "Program berhenti tidak normal"),
    "a clock not trusted": (WORDS["untrusted"][0], "Catatan saat jam belum disinkronkan"),
    "median": (WORDS["median"][0], "Nilai tengah"),
    "95th percentile": (WORDS["p95"][0], "95 dari 100 paling lama"),
}


@pytest.mark.parametrize("thing", NEW)
def test_the_new_wording_is_there(thing: str) -> None:
    """Each thing has the words that the office chose, on panels and in reports."""
    label, words = NEW[thing]
    assert label == words


def test_no_indonesian_label_has_a_statistician_s_word() -> None:
    """A section head reads the month's report without knowing medians and percentiles."""
    pairs = [*WORDS.values(), *ENTRIES.values(), *ALARM_NAMES.values(), *OPENING_NAMES.values()]
    pairs += [*REASON_NAMES.values(), *(pair for kind in CODES.values() for pair in kind.values())]
    assert [one for one, _ in pairs if re.search("median|persentil", one, re.IGNORECASE)] == []
