"""`gardu sop verify` against the law: what the office reads, and the exit codes."""

import json
import shutil
from pathlib import Path
from typing import Any

from edge.config.places import default_config_folder
from tests.command_line import invoke

SHIPPED = default_config_folder()

ARSIP = """\
id = "arsip"
version = "1.0"
title = { id = "Pelayanan Tamu Arsip", en = "Guests of the archive" }
source = "Keputusan Kepala Dinas 12/2026"
office = "Dinas Arsip"

[[steps]]
number = 1
id = "penerimaan"
role = "Penerima tamu"
station = "reception"
activity = "Penerima tamu memeriksa kesehatan tamu dan memberikan kartu tamu"
title = "Check the guest's health, give the visitor card"
output = ["Data"]
source = "Keputusan Kepala Dinas 12/2026, nomor 1"

[[steps.phases]]
id = "periksa"
on = [
    { event = "button.done", to = "kartu" },
    { event = "button.refuse", to = "@refused", reason = "fever" },
]

[[steps.phases]]
id = "kartu"
on = [{ event = "card.issued", to = "@next" }]
"""
LAW = """\
source = "Keputusan Kepala Dinas 12/2026"

[stations]
"Penerima tamu" = "reception"

[[rows]]
number = 1
actor = "Penerima tamu"
activity = "Penerima tamu memeriksa kesehatan tamu dan memberikan kartu tamu"
standard_s = "menyesuaikan"
output = "Data"
demands = ["health-checked", "refusal-possible", "card-given"]
"""


def office(folder: Path, procedure: str = ARSIP, law: str = LAW) -> Path:
    """Return the procedure of another office, with its law beside it (none if *law* is empty)."""
    file = folder / "arsip.toml"
    file.write_text(procedure, encoding="utf-8")
    if law:
        (folder / "legal").mkdir()
        (folder / "legal" / "arsip.toml").write_text(law, encoding="utf-8")
    return file


def findings(*words: str) -> list[dict[str, Any]]:
    """Return the findings of `gardu sop verify --json` with *words*, of the last file."""
    told = json.loads(invoke(["sop", "verify", *words, "--json"]).stdout)
    found: list[dict[str, Any]] = told[-1]["findings"]
    return found


def changed(folder: Path, name: str, old: str, new: str) -> str:
    """Return a shipped procedure in which *old* is replaced by *new*."""
    text = (SHIPPED / "sop" / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    file = folder / f"{name}.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return str(file)


def test_another_offices_procedure_agrees_with_its_own_law(tmp_path: Path) -> None:
    """A law that Gardu does not know: no problem, and menyesuaikan is no missing time."""
    done = invoke(["sop", "verify", str(office(tmp_path))])
    assert done.exit_code == 0, done.output
    assert 'note: row 1, step penerimaan: no standard time: the law says "menyesuaikan"' in (
        done.stdout
    )


def test_what_its_law_demands_and_it_does_not_do_is_told_in_the_offices_words(
    tmp_path: Path,
) -> None:
    """The row, the step, the deed in Indonesian and English, and the way past it."""
    short = ARSIP.replace('{ event = "button.done", to = "kartu" }',
                          '{ event = "button.done", to = "kartu" },\n'
                          '{ event = "button.accept", to = "@next" }')  # fmt: skip
    done = invoke(["sop", "verify", str(office(tmp_path, short))])
    assert done.exit_code == 1
    assert (
        'problem: row 1, step penerimaan: the law demands "Kartu tamu diberikan" (card-given: a '
        "visitor card is given to the guest); the step can be completed without it: phase periksa, "
        "button.accept\n"
    ) in done.stdout


def test_without_a_law_a_note_says_where_to_write_it(tmp_path: Path) -> None:
    """Nothing is compared, and the office is told how to change that."""
    found = findings(str(office(tmp_path, law="")))
    (told,) = [one for one in found if "legal/arsip.toml in the folder" in one["words"]]
    assert told["kind"] == "note"
    (time,) = [one for one in found if one["about"] == "standard-time" and one["step"]]
    assert time["kind"] == "problem"
    assert 'standard_s = "menyesuaikan" in legal/arsip.toml' in time["words"]


def test_a_bad_law_ends_with_2_and_all_its_problems(tmp_path: Path) -> None:
    """As a bad procedure does: file, line, key, value, what is allowed."""
    bad = LAW.replace("card-given", "card-givn").replace("number = 1", "number = 0")
    done = invoke(["sop", "verify", str(office(tmp_path, law=bad))])
    assert done.exit_code == 2
    law = tmp_path / "legal" / "arsip.toml"
    assert f"{law}: line 7: rows[0].number: is 0; allowed: a row number from 1 to 99" in done.stdout
    bad = LAW.replace("card-given", "card-givn")
    law.write_text(bad, encoding="utf-8")
    assert f"{law}: line 12: rows[0].demands[2]: is 'card-givn' (did you mean card-given?)" in (
        invoke(["sop", "verify", str(tmp_path / "arsip.toml")]).stdout
    )


def test_a_law_without_a_procedure_is_told(tmp_path: Path) -> None:
    """A misspelt file name would leave the procedure uncompared."""
    office(tmp_path)
    (tmp_path / "legal" / "arsip.toml").rename(tmp_path / "legal" / "arsib.toml")
    done = invoke(["sop", "verify", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert (
        f"{tmp_path}/legal/arsib.toml\n  problem: no procedure has this legal text (did you "
        in (done.stdout)
    )
    assert "mean arsip?)" in done.stdout


def test_an_offices_own_law_replaces_gardus(tmp_path: Path) -> None:
    """A small office: its regulation lets reception do the work of Petugas 1."""
    file = changed(tmp_path, "pimpinan", 'station = "officer-1"', 'station = "reception"')
    assert [f["about"] for f in findings(file) if f["kind"] == "problem"] == ["actor", "actor"]
    (tmp_path / "legal").mkdir()
    law = (SHIPPED / "sop/legal/pimpinan.toml").read_text(encoding="utf-8")
    law = law.replace('"Petugas 1" = "officer-1"', '"Petugas 1" = "reception"')
    (tmp_path / "legal" / "pimpinan.toml").write_text(law, encoding="utf-8")
    assert [f for f in findings(file) if f["kind"] == "problem"] == []


def test_a_screening_given_to_another_officer_is_told(tmp_path: Path) -> None:
    """Role and station are those of the law, in the file that an office edits."""
    file = changed(
        tmp_path, "pimpinan", 'role = "Petugas 3"\nstation = "officer-3"',
        'role = "Petugas 2"\nstation = "officer-2"',
    )  # fmt: skip
    told = invoke(["sop", "verify", file]).stdout
    assert (
        "problem: row 4, step pemeriksaan: Petugas 2 carries it out; the law says Petugas 3\n"
        in told
    )
    assert "problem: row 4, step pemeriksaan: it is at station officer-2" in told


def config(folder: Path, name: str, old: str, new: str) -> str:
    """Return a shipped config in which *old* is replaced by *new*, with the shipped procedures."""
    text = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new).replace('# sop = "sop"', f'sop = "{SHIPPED / "sop"}"')
    file = folder / "gardu.toml"
    file.write_text(text, encoding="utf-8")
    shutil.copy(SHIPPED / "wording.toml", folder)
    return str(file)


def about_deeds(found: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """Return kind and row of the findings about deeds with the equipment of a config."""
    return [
        (one["kind"], one["row"], "card-shown" in one["words"])
        for one in found
        if one["about"] == "deed" and "equipment here" in one["words"]
    ]


def test_a_deed_that_no_device_here_shows_is_noted(tmp_path: Path) -> None:
    """The procedure asks for the card where there is a reader: here there is none at officer-2."""
    file = str(SHIPPED / "sop" / "pimpinan.toml")
    whole = config(tmp_path, "gardu", 'purposes = ["desk"', 'purposes = ["desk", "guestbook"')
    assert about_deeds(findings(file, "--config", whole)) == []
    without = config(tmp_path, "gardu", '"officer-1", "officer-2"]', '"officer-1"]')
    assert ("note", "3", True) in about_deeds(findings(file, "--config", without))


def test_a_deed_that_only_a_missing_device_would_show_is_a_problem(tmp_path: Path) -> None:
    """Without a press that vouches for the guest book, it needs the camera that is not here."""
    file = changed(
        tmp_path, "pimpinan", 'vouches = ["guest-book", "signature", "identity"]',
        'vouches = ["identity"]',
    )  # fmt: skip
    here = config(tmp_path, "gardu", "stuck_s", "stuck_s")
    found = findings(file, "--config", here)
    missing = [one for one in found if "with the equipment here it is missing" in one["words"]]
    assert [(one["kind"], one["row"]) for one in missing] == [("problem", "1"), ("problem", "1")]
    assert "guest-book" in missing[0]["words"]
    assert "signature" in missing[1]["words"]
