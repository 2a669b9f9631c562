"""The legal text of an SOP, which an office supplies beside its procedure.

``legal/ID.toml`` in the folder of the procedure ``ID.toml`` has the printed words of the law, and
for each row the deeds that these words demand. `gardu sop verify` compares the procedure with it;
the daemon does not read it.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from edge.config.places import default_config_folder
from edge.config.sections.values import Name, Seconds
from edge.config.spelling import did_you_mean
from edge.config.validation import convert, read_file
from edge.sop.procedures.deeds import DEEDS
from edge.sop.procedures.model import FileTable

ADJUSTS = "menyesuaikan"
"""The standard of a row without a fixed time."""

LEGAL_TEXTS = "legal"
"""The folder of the legal texts, in that of the procedures."""

Letter = Annotated[str, Meta(pattern=r"^[a-z]?\Z", description="one lower-case letter")]


class LegalRow(FileTable, frozen=True, kw_only=True):
    """A row of the printed table; a list is one text, without its numbers.

    :ivar number: the number of the row, as printed
    :ivar letter: the letter of an alternative (5a, 5b); empty if the row has none
    :ivar actor: the person who acts (*pelaksana*), or several
    :ivar activity: *uraian kegiatan*, verbatim
    :ivar equipment: *kelengkapan*
    :ivar standard_s: *waktu*, in seconds, or ``menyesuaikan``; without it the law leaves it blank
    :ivar output: *output*
    :ivar note: *keterangan*
    :ivar demands: the deeds that its words demand
    """

    number: Annotated[int, Meta(ge=1, le=99, description="a row number from 1 to 99")]
    letter: Letter = ""
    actor: str | tuple[str, ...]
    activity: str
    equipment: str = ""
    standard_s: Seconds | Literal["menyesuaikan"] | None = None
    output: str = ""
    note: str = ""
    demands: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its number, with the letter of an alternative: ``5a``."""
        return f"{self.number}{self.letter}"

    @property
    def actors(self) -> tuple[str, ...]:
        """The persons who act."""
        return (self.actor,) if isinstance(self.actor, str) else self.actor


class LegalApproval(FileTable, frozen=True, kw_only=True):
    """The printed approval sheet: each field is one text, empty if the law left it blank.

    :ivar number: *nomor SOP*
    :ivar made: *tanggal pembuatan*
    :ivar revised: *tanggal revisi*
    :ivar approved: *tanggal pengesahan*
    :ivar approved_by: *disahkan oleh*
    :ivar name: *nama SOP*
    :ivar office: the office that the SOP belongs to
    :ivar legal_basis: *dasar hukum*
    :ivar qualifications: *kualifikasi pelaksana*
    :ivar related: *keterkaitan*
    :ivar equipment: *peralatan/perlengkapan*
    :ivar warnings: *peringatan*
    :ivar records: *pencatatan dan pendataan*
    """

    number: str = ""
    made: str = ""
    revised: str = ""
    approved: str = ""
    approved_by: str = ""
    name: str = ""
    office: str = ""
    legal_basis: str = ""
    qualifications: str = ""
    related: str = ""
    equipment: str = ""
    warnings: str = ""
    records: str = ""


class LegalText(FileTable, frozen=True, kw_only=True):
    """A printed SOP: its source, its numbered prose, its table, and its approval sheet.

    :ivar source: the regulation, and the place in it
    :ivar stations: the station where each actor acts, such as ``reception``
    :ivar prose: the numbered sentences of the prose form (*bentuk tulisan*)
    :ivar approval: the approval sheet (*lembar pengesahan*), if the source prints one
    :ivar rows: the rows of the table, in order
    """

    source: str
    stations: dict[str, Name]
    prose: tuple[str, ...] = ()
    approval: LegalApproval | None = None
    rows: Annotated[tuple[LegalRow, ...], Meta(min_length=1, description="at least one row")]


def legal_file(folder: Path, procedure_id: str) -> Path | None:
    """Return the file with the legal text of *procedure_id*, a procedure of *folder*.

    That is the file in ``legal`` of that folder, else the one that is part of Gardu; None if there
    is neither.
    """
    for place in (folder, default_config_folder() / "sop"):
        file = place / LEGAL_TEXTS / f"{procedure_id}.toml"
        if file.is_file():
            return file
    return None


def without_procedure(folder: Path) -> list[Path]:
    """Return the legal texts of *folder* that belong to no procedure of it."""
    files = sorted((folder / LEGAL_TEXTS).glob("*.toml"))
    return [file for file in files if not (folder / file.name).exists()]


def load_legal_text(file: Path) -> LegalText:
    """Read the legal text *file*.

    :raises ConfigError: with every problem found
    """
    raw, problems = read_file(file)
    text = convert(LegalText, raw, "", problems)
    if isinstance(text, LegalText):
        for where, what in (*_rows(text), *_demands(text), *_stations(text)):
            problems.add(where, what)
    problems.raise_any()
    assert isinstance(text, LegalText)
    return text


def _rows(text: LegalText) -> Iterator[tuple[str, str]]:
    """Yield the problems of the rows beside each other."""
    seen: dict[tuple[int, str], int] = {}
    for place, row in enumerate(text.rows):
        first = seen.setdefault((row.number, row.letter), place)
        if first != place:
            what = f"row {row.name} is also rows[{first}]; allowed: each once; alternatives of a "
            yield f"rows[{place}].number", f'{what}row have letters (letter = "a")'
        if not row.activity.strip():
            yield f"rows[{place}].activity", "is empty; allowed: the words of the law"
        for actor in row.actors or ("",):
            if not actor.strip():
                yield f"rows[{place}].actor", "is empty; allowed: the person who acts"
    for place, (before, row) in enumerate(pairwise(text.rows), 1):
        if (row.number, row.letter) < (before.number, before.letter):
            what = f"row {row.name} stands after row {before.name}; allowed: rows in order"
            yield f"rows[{place}].number", what


def _demands(text: LegalText) -> Iterator[tuple[str, str]]:
    for place, row in enumerate(text.rows):
        for number, deed in enumerate(row.demands):
            where = f"rows[{place}].demands[{number}]"
            if deed not in DEEDS:
                meant = did_you_mean(deed, DEEDS)
                yield where, f"is {deed!r}{meant}; allowed: {', '.join(DEEDS)}"
            elif deed in row.demands[:number]:
                yield where, f"has {deed!r} twice; allowed: each deed once"


def _stations(text: LegalText) -> Iterator[tuple[str, str]]:
    actors = dict.fromkeys(actor for row in text.rows for actor in row.actors)
    for actor in text.stations:
        if actor not in actors:
            meant, allowed = did_you_mean(actor, actors), ", ".join(actors)
            yield f"stations.{actor}", f"is no actor of a row{meant}; allowed: {allowed}"
