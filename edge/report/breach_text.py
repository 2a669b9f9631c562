"""The list of a lost memory card's personal data as a text in Indonesian, to print. Pure.

It follows the minimum of UU 27/2022 Pasal 46 ayat (2): the data, when and how it was disclosed, and
what was done. The second and the third are left to be filled in: this program cannot know them.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from edge.report.breach import Breach, File, VisitData

_CATEGORIES = {
    "name": "nama",
    "organisation": "instansi",
    "purpose": "keperluan",
    "id_kind": "jenis kartu identitas (tanpa nomor)",
    "phone": "nomor telepon",
    "pictures": "gambar kamera",
}
_STATES = {"sealed": "tersegel", "unsealed": "TERBACA"}
_LINE = "." * 60


def breach_text(breach: Breach, zone: tzinfo, place: str, made: datetime) -> str:
    """Return the text, lines of at most 100 characters.

    :param place: the checkpoint in words for people
    :param made: the present moment
    """
    return "\n".join(_lines(breach, zone, place, made)) + "\n"


def _lines(breach: Breach, zone: tzinfo, place: str, made: datetime) -> Iterator[str]:
    yield "DATA PRIBADI PADA KARTU MEMORI POS TAMU"
    yield "untuk pemberitahuan tertulis paling lambat 3 x 24 jam (UU 27/2022 Pasal 46)"
    yield ""
    yield f"Pos         : {place or breach.checkpoint} ({breach.site} / {breach.checkpoint})"
    yield f"Masa        : {_time(breach.first, zone)} sampai sebelum {_time(breach.end, zone)}"
    yield f"Sumber      : {breach.source}"
    yield f"Dibuat      : {made.astimezone(zone):%Y-%m-%d %H:%M} ({zone})"
    yield ""
    yield "1. Data pribadi"
    yield ""
    yield from _counts(breach)
    yield ""
    yield from _readability(breach)
    yield ""
    yield "2. Kapan dan bagaimana kartu hilang (diisi)"
    yield f"   {_LINE}"
    yield f"   {_LINE}"
    yield "3. Upaya penanganan dan pemulihan (diisi)"
    yield f"   {_LINE}"
    yield f"   {_LINE}"
    yield ""
    yield f"Lampiran A: kunjungan ({len(breach.visits)})"
    yield from (_visit(one, zone) for one in breach.visits)
    yield ""
    yield f"Lampiran B: berkas ({len(breach.files)})"
    yield from map(_file, breach.files)
    if breach.unlisted:
        yield ""
        yield "Lampiran C: salinan yang disisihkan, isinya tidak dirinci per kunjungan"
        yield from map(_file, breach.unlisted)


def _counts(breach: Breach) -> Iterator[str]:
    yield f"   Kunjungan           : {len(breach.visits)}"
    yield f"   Orang (buku tamu)   : {breach.persons}"
    for key, count in breach.categories.items():
        yield f"   {_category(key)}: {count} kunjungan"
    yield f"   Tamu yang ditunggu  : {breach.expected} undangan"
    yield "   Nomor identitas (NIK, KTP, SIM) tidak pernah disimpan."


def _readability(breach: Breach) -> Iterator[str]:
    sealed = len(breach.visits) - breach.unsealed_visits
    if breach.visits and not breach.unsealed_visits and not breach.unsealed_files:
        yield "   Semua data tersegel dengan kunci kantor: tanpa kunci rahasia kantor, pemegang"
        yield "   kartu tidak dapat membacanya."
    else:
        yield f"   Tersegel: {sealed} kunjungan."
        yield f"   TERBACA oleh pemegang kartu: {breach.unsealed_visits} kunjungan,"
        yield f"   {breach.unsealed_files} berkas."
    if breach.keys:
        yield f"   Kunci kantor: {', '.join(breach.keys)}. Periksa bahwa kunci rahasianya aman."
    yield "   Waktu, prosedur dan nomor kunjungan (tanpa nama) tersimpan tanpa segel."


def _visit(one: VisitData, zone: tzinfo) -> str:
    words = [_CATEGORIES[key] for key in one.categories if key != "pictures"]
    words += [f"nilai {name}" for name in one.values]
    words += [f"{len(one.pictures)} gambar"] if one.pictures else []
    what = ", ".join(words) or "-"
    return f"   {_time(one.at, zone)}  {one.visit}  {_STATES[one.state]}  {what}"


def _file(one: File) -> str:
    size = "tidak ada lagi" if one.bytes is None else f"{one.bytes} bita"
    return f"   {_STATES[one.state]:8}  {size:>16}  {one.path}"


def _category(key: str) -> str:
    name = key.removeprefix("value ")
    words = _CATEGORIES.get(key, f"nilai {name}")
    return f"- {words}".ljust(36)


def _time(moment: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d %H:%M}"
