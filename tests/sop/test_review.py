"""Verifikasi SOP and the approver's comparison: what is said, about which step, in which words."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from edge.commands import add_others, app
from edge.config import default_config_folder
from edge.sop.difference import difference
from edge.sop.legal_text import legal_text
from edge.sop.loading import load_procedure
from edge.sop.procedure import Procedure, Step
from edge.sop.review import Finding, path_times, review
from edge.sop.word_diff import marked

CONFIG = default_config_folder()
NAMES = ["pimpinan", "eselon-2-3", "eselon-4-asn", "jatim"]

add_others()


def procedure(name: str = "pimpinan") -> Procedure:
    """Read one of the procedures that Gardu comes with."""
    return load_procedure(CONFIG / "sop" / f"{name}.toml")


def with_step(whole: Procedure, place: int, **changes: Any) -> Procedure:
    """Return *whole* with its step number *place* (from 0) changed."""
    steps = list(whole.steps)
    steps[place] = replace(steps[place], **changes)
    return replace(whole, steps=tuple(steps))


def problems(whole: Procedure) -> list[Finding]:
    """Return what is to be put right."""
    return [f for f in review(whole, legal_text(whole.id)) if f.kind == "problem"]


@pytest.mark.parametrize("name", NAMES)
def test_what_gardu_comes_with_is_the_law_word_for_word(name: str) -> None:
    """Held against the printed text, which was copied from the source by itself."""
    legal = legal_text(name)
    assert legal is not None
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
    """A step left out, and a sentence changed."""
    whole = procedure()
    without = replace(whole, steps=whole.steps[:1] + whole.steps[2:])
    assert any("row 2 of the law is missing" in f.words for f in problems(without))
    prose = replace(whole, prose=("Tamu datang.", *whole.prose[1:]))
    assert any(f.words.startswith("sentence 1 of the prose") for f in problems(prose))


def test_an_unknown_procedure_without_a_time_is_a_problem_menyesuaikan_is_not() -> None:
    """Where the law says menyesuaikan a blank is right; elsewhere somebody forgot it."""
    kinds = [(f.step, f.kind) for f in review(procedure("jatim"), legal_text("jatim"))
             if f.about == "standard-time" and f.step]  # fmt: skip
    assert kinds == [("kedatangan", "note"), ("pengembalian-kartu", "note")]
    alone = [f for f in review(procedure("jatim"), None) if f.about == "standard-time" and f.step]
    assert {f.kind for f in alone} == {"problem"}


def test_standard_times_add_up_along_each_path() -> None:
    """30 minutes with the Pimpinan; in Jawa Timur another sum for each answer of the host."""
    assert [seconds for _, seconds in path_times(procedure())] == [1800.0]
    sums = {path[-1]: seconds for path, seconds in path_times(procedure("jatim"))}
    assert sums == {"pengembalian-kartu": 540.0, "penjadwalan-ulang": 420.0}


def test_the_difference_of_two_wordings_keeps_every_word() -> None:
    """What is gone and what is new, in place."""
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
    """Another event that completes a step is said as evidence and as its way."""
    whole = procedure()
    step: Step = whole.steps[1]
    way = replace(step.phases[0].on[0], event="card.presented")
    phases = (replace(step.phases[0], on=(way,)),)
    changes = difference(whole, with_step(whole, 1, phases=phases))
    assert [c.about for c in changes] == ["evidence", "course"]
    assert [(p.kind, p.words) for p in changes[0].text] == [("gone", "button"), ("new", "card")]
    assert changes[1].text[1].words == "in arahkan: card.presented leads to @next"


def test_verify_ends_with_0_1_or_2(tmp_path: Path) -> None:
    """Right, to be put right, and no procedure at all; JSON says the same."""
    file = tmp_path / "pimpinan.toml"
    text = (CONFIG / "sop" / "pimpinan.toml").read_text(encoding="utf-8")
    for content, code in (
        (text, 0),
        (text.replace("diruang tunggu", "di ruang tunggu"), 1),
        (text.replace('to = "kartu"', 'to = "kertu"'), 2),
    ):
        file.write_text(content, encoding="utf-8")
        done = CliRunner().invoke(app, ["sop", "verify", str(file), "--json"])
        assert done.exit_code == code
        (found,) = json.loads(done.stdout)
        assert any(f["kind"] == "problem" for f in found["findings"]) == (code > 0)


def test_evidence_that_no_device_gives_is_a_problem(tmp_path: Path) -> None:
    """The Jawa Timur procedure on a checkpoint that waits for stills of another camera."""
    file = tmp_path / "pimpinan.toml"
    text = (CONFIG / "sop" / "pimpinan.toml").read_text(encoding="utf-8")
    file.write_text(text.replace("still:desk", "still:roof"), encoding="utf-8")
    config = str(CONFIG / "gardu.toml")
    done = CliRunner().invoke(app, ["sop", "verify", str(file), "--config", config])
    assert done.exit_code == 1
    assert 'problem: step penerimaan, phase selesai: asks for "still:roof"' in done.stdout
