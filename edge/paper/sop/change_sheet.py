"""The page of the changes between two versions of an SOP, which an approver reads and signs."""

from edge.paper.page import html, render
from edge.paper.words import ACTIVITY, EQUIPMENT, NOTE, NUMBER, OUTPUT, ROLE, Language, in_language
from edge.sop.procedures.difference import Change
from edge.sop.procedures.model import Procedure, Text

_CSS = """
.institution { font-size: 9pt; font-weight: bold; margin: 0 0 1mm; }
del { color: #a00; } ins { color: #060; font-weight: bold; }
td:last-child { overflow-wrap: anywhere; } td.kind { white-space: nowrap; }
.key { font-size: 8pt; margin: 1.5mm 0; }
.signature { break-inside: avoid; margin: 10mm 0 0 auto; text-align: center; width: 70mm; }
.signature .line { border-bottom: 0.3mm solid #000; height: 20mm; margin: 0; }
.signature p { margin: 1mm 0; }
"""
_WORDS = {
    "heading": Text(id="Perubahan SOP", en="Changes of the SOP"),
    "versions": Text(id="Dari versi", en="From version"),
    "none": Text(id="Tidak ada perubahan selain versi.", en="Nothing changes but the version."),
    "change": Text(id="Perubahan", en="Change"),
    "step": Text(id="Langkah", en="Step"),
    "about": Text(id="Hal", en="About"),
    "text": Text(id="Isi", en="Text"),
    "added": Text(id="ditambah", en="added"),
    "removed": Text(id="dihapus", en="removed"),
    "moved": Text(id="dipindah", en="moved"),
    "changed": Text(id="diubah", en="changed"),
    "gone": Text(id="dihapus", en="gone"),
    "new": Text(id="baru", en="new"),
    "approved": Text(id="Disetujui oleh,", en="Approved by"),
    "name": Text(id="Nama dan NIP", en="Name and number"),
}
# ``Change.about`` is in English; these are the words of the page.
_ABOUT = {
    "step": _WORDS["step"],
    "number": NUMBER,
    "role": ROLE,
    "station": Text(id="Pos", en="Station"),
    "activity": ACTIVITY,
    "title": Text(id="Judul", en="Title"),
    "equipment": EQUIPMENT,
    "output": OUTPUT,
    "note": NOTE,
    "source": Text(id="Sumber", en="Source"),
    "office": Text(id="Instansi", en="Office"),
    "aide": Text(id="Ajudan", en="Aide"),
    "standard time": Text(id="Mutu baku waktu", en="Standard time"),
    "evidence": Text(id="Bukti pelaksanaan", en="Evidence"),
    "course": Text(id="Jalannya langkah", en="Course"),
    "extension": Text(id="Perpanjangan waktu", en="Extension"),
    "reasons": Text(id="Pilihan alasan", en="Reasons"),
    "silence": Text(id="Ditanyakan setelah", en="Asked for after"),
    "lanes": Text(id="Kolom pelaksana", en="Lanes"),
    "headings": Text(id="Judul kolom", en="Headings"),
    "duties": Text(id="Tugas lain", en="Duties"),
    "anywhere": Text(id="Di langkah mana pun", en="Anywhere"),
}
_NUMBERED = {"prose ": Text(id="Kalimat ", en="Sentence "),
             "approval: ": Text(id="Pengesahan: ", en="Approval: ")}  # fmt: skip


def change_page(old: Procedure, new: Procedure, changes: list[Change], lang: Language) -> str:
    """Return the page of *changes*, in one file.

    :raises PrintMissing: if the extra `print` is not installed
    """
    body = render(
        "difference.html",
        office=new.office,
        title=in_language(new.title, lang),
        old=old.version,
        new=new.version,
        changes=changes,
        words=_WORDS,
        say=lambda text: in_language(text, lang),
        about=lambda name: _about(name, lang),
    )
    return html(f"{old.key} → {new.key}", body, _CSS, lang.value)


def _about(name: str, lang: Language) -> str:
    for begin, words in _NUMBERED.items():
        if name.startswith(begin):
            return in_language(words, lang) + name.removeprefix(begin)
    return in_language(_ABOUT[name], lang) if name in _ABOUT else name
