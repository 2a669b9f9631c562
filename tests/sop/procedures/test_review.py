"""Verifikasi SOP and the approver's comparison: the remarks, their steps and their words."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge.config.places import default_config_folder
from edge.sop.procedures.difference import difference, marked
from edge.sop.procedures.legal_text import LegalText, legal_file, load_legal_text
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Headings, Procedure, Step, Text, Transition
from edge.sop.procedures.remarks import Remark
from edge.sop.procedures.review import path_times, review
from tests.command_line import invoke

CONFIG = default_config_folder()
NAMES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]


def procedure(name: str = "pimpinan") -> Procedure:
    """Return one of the shipped procedures."""
    return load_procedure(CONFIG / "sop" / f"{name}.toml")


def legal_text(name: str) -> LegalText:
    """Return the legal text of a shipped procedure."""
    file = legal_file(CONFIG / "sop", name)
    assert file is not None
    return load_legal_text(file)


def with_step(whole: Procedure, place: int, **changes: Any) -> Procedure:
    """Return *whole* with its step number *place* (from 0) changed."""
    steps = list(whole.steps)
    steps[place] = replace(steps[place], **changes)
    return replace(whole, steps=tuple(steps))


def problems(whole: Procedure) -> list[Remark]:
    """Return the problems of *whole* compared with the law."""
    return [f for f in review(whole, legal_text(whole.id)) if f.kind == "problem"]


@pytest.mark.parametrize("name", NAMES)
def test_what_gardu_comes_with_is_the_law_word_for_word(name: str) -> None:
    """Compared with the printed text, which was copied from the source separately."""
    legal = legal_text(name)
    assert len(legal.rows) == len(procedure(name).steps) + len(procedure(name).duties)
    assert problems(procedure(name)) == []


@pytest.mark.parametrize(
    ("changes", "about", "words"),
    [
        ({"role": ""}, "role", "nobody is named who carries it out"),
        ({"role": "Satpam"}, "role", "has no column in lanes"),
        ({"output": ()}, "output", "nothing is said to come of it"),
        ({"standard_s": None}, "standard-time", "no standard time; fill in"),
        ({"standard_s": 240.0}, "standard-time", "is 4 minutes; the law says 2 minutes"),
        ({"activity": "Petugas 1 mengarahkan tamu untuk menunggu di ruang tunggu."}, "wording",
         "menunggu [-diruang-] {+di ruang+} tunggu."),
        ({"equipment": ()}, "wording", "equipment is not the law's: [-Kartu tamu-]"),
        ({"note": "baru"}, "wording", "note is not the law's: {+baru+}"),
    ],
)  # fmt: skip
def test_each_fault_names_the_step_and_what_is_wrong(
    changes: dict[str, Any], about: str, words: str
) -> None:
    """The office can act on it without opening the regulation."""
    found = problems(with_step(procedure(), 1, **changes))
    assert [(f.step, f.about) for f in found if words in f.words] == [("menunggu", about)]


def test_a_missing_row_and_changed_prose_are_found() -> None:
    """A missing step and a changed sentence are problems."""
    whole = procedure()
    without = replace(whole, steps=whole.steps[:1] + whole.steps[2:])
    assert any("row 2 of the law is missing" in f.words for f in problems(without))
    prose = replace(whole, prose=("Tamu datang.", *whole.prose[1:]))
    assert any(f.words.startswith("sentence 1 of the prose") for f in problems(prose))


def test_an_unknown_procedure_without_a_time_is_a_problem_menyesuaikan_is_not() -> None:
    """Without a time: a note where the law prints menyesuaikan, elsewhere a problem."""
    kinds = [(f.step, f.kind) for f in review(procedure("jatim"), legal_text("jatim"))
             if f.about == "standard-time" and f.step]  # fmt: skip
    assert kinds == [("kedatangan", "note"), ("pengembalian-kartu", "note")]
    alone = [f for f in review(procedure("jatim"), None) if f.about == "standard-time" and f.step]
    assert {f.kind for f in alone} == {"problem"}


def test_one_of_several_persons_of_the_law_may_carry_a_step_out() -> None:
    """Either of two persons is the law's, at the station of that one."""
    law = legal_text("pimpinan")
    row = replace(law.rows[1], actor=("Petugas 2", "Petugas 1"))
    law = replace(law, rows=(law.rows[0], row, *law.rows[2:]))
    assert [f for f in review(procedure(), law) if f.about == "actor"] == []
    moved = with_step(procedure(), 1, station="officer-2")
    (found,) = [f for f in review(moved, law) if f.about == "actor"]
    assert "Petugas 1 acts at officer-1" in found.words


def test_a_person_without_a_station_in_the_law_is_noted() -> None:
    """The station cannot be compared, and the office is told so."""
    law = legal_text("pimpinan")
    stations = {actor: at for actor, at in law.stations.items() if actor != "Petugas 3"}
    found = [f for f in review(procedure(), replace(law, stations=stations)) if f.about == "actor"]
    assert [(f.kind, f.row, "where Petugas 3 acts" in f.words) for f in found] == [
        ("note", "4", True)
    ]


def test_standard_times_add_up_along_each_path() -> None:
    """30 minutes with the Pimpinan; in Jawa Timur another sum for each answer of the host."""
    assert [seconds for _, seconds in path_times(procedure())] == [1800.0]
    sums = {path[-1]: seconds for path, seconds in path_times(procedure("jatim"))}
    assert sums == {"pengembalian-kartu": 540.0, "penjadwalan-ulang": 420.0}


def test_the_difference_of_two_wordings_keeps_every_word() -> None:
    """Removed and added words are marked in place."""
    assert marked("a b c", "a x c d") == "a [-b-] {+x+} c {+d+}"


def told(old: Procedure, new: Procedure) -> list[tuple[str, str, str]]:
    """Return kind, step and subject of each change."""
    return [(c.kind, c.step, c.about) for c in difference(old, new)]


def test_the_approver_sees_each_kind_of_change() -> None:
    """Steps added, removed, moved; wording, role, time and evidence changed."""
    whole = procedure()
    one, two, *rest = whole.steps
    new = replace(two, id="baru")
    assert told(whole, whole) == []
    assert told(whole, replace(whole, steps=(one, *rest))) == [("removed", "menunggu", "step")]
    assert told(whole, replace(whole, steps=(one, two, new, *rest))) == [("added", "baru", "step")]
    swapped = replace(whole, steps=(one, rest[0], two, *rest[1:]))
    assert [kind for kind, _, _ in told(whole, swapped)] == ["moved"]
    assert told(whole, with_step(whole, 1, role="Petugas 2")) == [("changed", "menunggu", "role")]
    assert told(whole, with_step(whole, 1, standard_s=60.0)) == [
        ("changed", "menunggu", "standard time")
    ]


def test_evidence_and_course_of_a_step_are_compared() -> None:
    """Another event that completes a step is reported as evidence and as course."""
    whole = procedure()
    step: Step = whole.steps[1]
    usual = replace(step.phase("arahkan"), on=(replace(step.phase("arahkan").on[0]),))
    way = replace(usual.on[0], event="card.presented")
    whole = with_step(whole, 1, phases=(usual,))
    changes = difference(whole, with_step(whole, 1, phases=(replace(usual, on=(way,)),)))
    assert [c.about for c in changes] == ["evidence", "course"]
    assert [(p.kind, p.words) for p in changes[0].text] == [("gone", "button"), ("new", "card")]
    assert changes[1].text[1].words == "in arahkan: card.presented leads to @next"


def other(value: Any) -> Any:
    """Return a different value of the same kind as *value*."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) or value is None:
        return f"{value or ''}x"
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, tuple):
        return value[1:] if value else ("x",)
    if isinstance(value, Headings):
        return replace(value, note=Text(id="x", en="x"))
    return replace(value, **{name: other(getattr(value, name)) for name in ("id",)})


def changed_steps(whole: Procedure, **changes: Any) -> Procedure:
    """Return *whole* with its meeting's first phase, or that phase's first transition, changed."""
    step = whole.step("menghadap")
    phase = step.phase("bertemu")
    of_a_way = set(phase.on[0].__struct_fields__) & changes.keys()
    way_fields = of_a_way if "needs" not in changes else set()  # both have an otherwise
    if way_fields:
        changed = replace(phase, on=(replace(phase.on[0], **changes), *phase.on[1:]))
    else:
        changed = replace(phase, **changes)
    phases = tuple(changed if p is phase else p for p in step.phases)
    return with_step(whole, whole.steps.index(step), phases=phases)


FIELDS = [
    *(("procedure", name) for name in Procedure.__struct_fields__ if name not in ("id", "version")),
    # Parts are expanded before: a change of them is one of phases.
    *(
        ("step", name)
        for name in Step.__struct_fields__
        if name not in ("id", "phases", "use", "given")
    ),
    *(("phase", name) for name in ("do", "needs", "lamp", "ask")),
    *(("way", name) for name in Transition.__struct_fields__),
]


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_no_change_is_left_out(part: str, name: str) -> None:
    """A change of any field of a procedure is reported to the approver."""
    whole = replace(procedure(), abandoned_after_s=60.0)
    step = whole.step("menghadap")
    place = whole.steps.index(step)
    text = Text(id="selesai", en="over")
    values: dict[str, Any] = {"after_s": 9.0, "at_s": 9.0, "answer": text}
    if part == "procedure":
        new = replace(whole, **{name: other(getattr(whole, name))}) if name != "approval" else (
            replace(whole, approval=replace(whole.approval, number="1"))
        )  # fmt: skip
    elif part == "step":
        new = with_step(whole, place, **{name: other(getattr(step, name))})
    elif part == "phase":
        # A need requires a phase for the case that it is not met.
        more = {"otherwise": "ingat"} if name == "needs" else {}
        value = {"do": ("ring:call",), "needs": "card", "lamp": "fast", "ask": text}[name]
        new = changed_steps(whole, **{name: value}, **more)
    else:
        way = step.phase("bertemu").on[0]
        new = changed_steps(whole, **{name: values.get(name, other(getattr(way, name)))})
    assert difference(whole, new)


def test_verify_ends_with_0_1_or_2(tmp_path: Path) -> None:
    """0 for right, 1 for problems, 2 for a file that is no procedure; JSON agrees."""
    file = tmp_path / "pimpinan.toml"
    text = (CONFIG / "sop" / "pimpinan.toml").read_text(encoding="utf-8")
    for content, code in (
        (text, 0),
        (text.replace("diruang tunggu", "di ruang tunggu"), 1),
        (text.replace('use = "card-shown"', 'use = "card-show"'), 2),
    ):
        file.write_text(content, encoding="utf-8")
        done = invoke(["sop", "verify", str(file), "--json"])
        assert done.exit_code == code
        (found,) = json.loads(done.stdout)
        assert any(f["kind"] == "problem" for f in found["findings"]) == (code > 0)


def test_evidence_that_no_device_gives_is_a_problem(tmp_path: Path) -> None:
    """A procedure that asks for a still of a purpose that no camera has."""
    file = tmp_path / "pimpinan.toml"
    text = (CONFIG / "sop" / "pimpinan.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("still:desk", "still:roof"), encoding="utf-8")
    config = str(CONFIG / "gardu.toml")
    done = invoke(["sop", "verify", str(file), "--config", config])
    assert done.exit_code == 1
    assert 'problem: step penerimaan, phase selesai: asks for "still:roof"' in done.stdout


def sheet(whole: Procedure) -> list[Remark]:
    """Return the remarks about the approval sheet."""
    return [f for f in review(whole, legal_text(whole.id)) if f.about == "approval"]


def test_the_approval_sheet_is_held_against_the_laws() -> None:
    """Another legal basis is a problem; another approver and blanks are notes."""
    whole = procedure()
    (blank,) = sheet(whole)
    assert (blank.kind, "number, made, revised, approved, records" in blank.words) == ("note", True)
    approval = replace(
        whole.approval,
        number="SOP/01/2026",
        legal_basis=whole.approval.legal_basis[1:],
        approved_by=("An.BUPATI", "", "Dra. X"),
    )
    found = {f.words.split()[0]: f for f in sheet(replace(whole, approval=approval))}
    assert found["legal_basis"].kind == "problem"
    assert "[-UU No 25 Tahun 2009 tentang Pelayanan Publik.-]" in found["legal_basis"].words
    assert found["approved_by"].kind == "note"
    assert "number" not in found["blank"].words


def test_no_approval_sheet_is_missed_where_the_source_prints_none() -> None:
    """Jawa Timur's SOP has none: a note, not a problem."""
    (found,) = sheet(procedure("jatim"))
    assert (found.kind, "prints no approval sheet" in found.words) == ("note", True)


@pytest.mark.parametrize(
    ("old", "new", "about", "words"),
    [
        ('role = "Petugas 2"\nstation', 'role = ""\nstation', "role", "fill in role"),
        ('output = ["Tamu clear"]', "output = []", "output", "fill in output"),
        ("standard_s = 120\n", "", "standard-time", "fill in standard_s"),
        ("standard_s = 600\n", "standard_s = 300\n", "standard-time", "the law says 10 minutes"),
        ("diruang tunggu", "di ruang tunggu", "wording", "[-diruang-] {+di ruang+}"),
        ("UU No 25 Tahun 2009", "UU No 25/2009", "approval", "[-25 Tahun 2009-]"),
        ("still:desk", "still:roof", "evidence", 'no camera has the purpose "roof"'),
    ],
)
def test_the_command_says_each_fault_in_words_and_as_json(
    tmp_path: Path, old: str, new: str, about: str, words: str
) -> None:
    """Each fault gives exit code 1, its place and its remedy, in words and as JSON."""
    text = (CONFIG / "sop" / "pimpinan.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "pimpinan.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    asked = ["sop", "verify", str(file), "--config", str(_config(tmp_path))]
    said = invoke(asked)
    assert (said.exit_code, words in said.output) == (1, True), said.output
    told = json.loads(invoke([*asked, "--json"]).stdout)
    found = [f for f in told[0]["findings"] if f["kind"] == "problem"]
    assert [f for f in found if f["about"] == about and words in f["words"]]


def test_the_command_says_the_sums_of_the_standard_times() -> None:
    """Each path through the procedure is listed with its sum in minutes."""
    file = str(CONFIG / "sop" / "jatim.toml")
    told = json.loads(invoke(["sop", "verify", file, "--json"]).stdout)
    sums = [f["words"] for f in told[0]["findings"] if "add up to" in f["words"]]
    assert [words.split()[6] for words in sums] == ["9", "7"]


def _config(folder: Path) -> Path:
    """Return the path of the shipped config, changed to use the shipped procedures."""
    text = (CONFIG / "gardu.toml").read_text(encoding="utf-8")
    path = folder / "gardu.toml"
    path.write_text(text.replace('# sop = "sop"', f'sop = "{CONFIG / "sop"}"'), encoding="utf-8")
    return path
