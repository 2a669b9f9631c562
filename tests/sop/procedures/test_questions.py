"""Questions: which answers a phase with ``ask`` has, where they lead, and what is refused."""

from pathlib import Path

import msgspec
import pytest

from edge.config.places import default_config_folder
from edge.sop.procedures.loading import load_procedure, read_procedure
from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition
from edge.sop.procedures.questions import Question, questions_of
from edge.sop.procedures.verify import verify
from edge.sop.procedures.ways import Target

SOP = default_config_folder() / "sop"
YA, TIDAK = Text(id="ya", en="yes"), Text(id="tidak", en="no")


def way(event: str, to: str, answer: str = "", **more: object) -> Transition:
    """Return a transition, with the answer *answer* if there is one."""
    raw: dict[str, object] = {"event": event, "to": to, **more}
    if answer:
        raw["answer"] = {"id": answer, "en": answer}
    return msgspec.convert(raw, Transition)


def phase(name: str, *on: Transition, ask: str = "", otherwise: str | None = None) -> Phase:
    """Return a phase that asks *ask*, if that is not empty."""
    return Phase(id=name, on=on, ask=Text(id=ask, en=ask) if ask else None, otherwise=otherwise,
                 needs="door" if otherwise else None)  # fmt: skip


def procedure(*phases: Phase) -> Procedure:
    """Return a procedure whose first step has *phases*; two steps follow."""
    steps = []
    for number, own in enumerate((phases, *[(phase("satu", way("button.done", "@next")),)] * 2), 1):
        steps.append(
            Step(number=number, id=f"langkah-{number}", role="Petugas", station="reception",
                 activity="Kegiatan", title="Work", source="Contoh", phases=own)
        )  # fmt: skip
    return Procedure(id="contoh", version="1.0", title=YA, source="Contoh", office="Contoh",
                     steps=tuple(steps))  # fmt: skip


def asked(*phases: Phase) -> list[Question]:
    """Return the questions of a step with *phases*."""
    one = procedure(*phases)
    return questions_of(one, one.steps[0])


def answers(question: Question) -> dict[str, tuple[Target, ...]]:
    """Return where each answer of *question* leads."""
    return {answer.words.id if answer.words else "": answer.targets for answer in question.answers}


NEXT = Target("step", "langkah-2")
REFUSED = Target("end", outcome="refused")


def test_of_two_answers_the_first_is_yes() -> None:
    """Without words of their own the answers are ya and tidak, in the order of the file."""
    [question] = asked(
        phase("a", way("button.done", "@next"), way("button.refuse", "@refused"), ask="Sah?")
    )
    assert [answer.words for answer in question.answers] == [YA, TIDAK]
    assert answers(question) == {"ya": (NEXT,), "tidak": (REFUSED,)}


def test_ways_pass_through_phases_that_ask_nothing() -> None:
    """A locker that jams and a need that is not met are no questions of the chart."""
    [question] = asked(
        phase("a", way("button.locker", "buka"), way("button.nothing", "#langkah-3"), ask="Ada?"),
        phase("buka", way("locker.opened", "simpan"), otherwise="penuh"),
        phase("simpan", way("locker.closed", "@next")),
        phase("penuh", way("button.nothing", "#langkah-3"), way("button.locker", "simpan")),
    )
    assert answers(question) == {"ya": (NEXT,), "tidak": (Target("step", "langkah-3"),)}


def test_the_way_past_a_need_is_an_answer() -> None:
    """A host who is away is not called: the same answer as a no."""
    [question] = asked(
        phase("a", way("aiphone.accept", "@next"), ask="Menerima?", otherwise="pergi"),
        phase("pergi", way("button.decline", "@declined"), way("button.again", "a")),
    )
    assert answers(question) == {"ya": (NEXT,), "tidak": (Target("end", outcome="declined"),)}


def test_ends_that_one_answer_may_have_are_one_answer() -> None:
    """Reception chooses between them where the chart asks nothing more."""
    [question] = asked(
        phase("a", way("aiphone.accept", "@next"), way("aiphone.decline", "b"), ask="Menerima?"),
        phase("b", way("button.decline", "@declined"), way("button.reschedule", "@rescheduled"),
              way("button.again", "a")),
    )  # fmt: skip
    ends = (Target("end", outcome="declined"), Target("end", outcome="rescheduled"))
    assert answers(question) == {"ya": (NEXT,), "tidak": ends}


def test_an_answer_that_adds_no_place_leads_back() -> None:
    """After an alarm the guest walks again: the same question in another phase."""
    [question] = asked(
        phase("lewat", way("detector.alarm", "alarm", "ya"),
              way("detector.passage", "@next", "tidak"),
              way("button.refuse", "@refused", "ditolak"), ask="Alarm?"),
        phase("alarm", way("button.done", "ulang"), way("button.refuse", "@refused")),
        phase("ulang", way("detector.alarm", "alarm"), way("detector.passage", "@next"),
              ask="Alarm?"),
    )  # fmt: skip
    assert answers(question) == {
        "ya": (question.target,), "tidak": (NEXT,), "ditolak": (REFUSED,)
    }  # fmt: skip


def test_an_outcome_with_a_step_to_go_through_is_a_way_of_its_own() -> None:
    """Admitted or not, the guest goes to the return; the question has decided all the same."""
    [question] = asked(
        phase("a", way("aiphone.release", "#langkah-3"),
              way("button.decline", "@declined", via="langkah-3"), ask="Dibuka?"),
    )  # fmt: skip
    assert answers(question) == {
        "ya": (Target("step", "langkah-3"),),
        "tidak": (Target("step", "langkah-3", "declined"),),
    }


def test_a_question_that_decides_nothing_is_a_problem() -> None:
    """A diamond with one way out is an error of the file."""
    [problem] = verify(procedure(
        phase("a", way("button.done", "b"), way("button.accept", "@next"), ask="Sah?"),
        phase("b", way("button.done", "@next")),
    ))  # fmt: skip
    assert problem == (
        "step langkah-1, phase a, ask 'Sah?': decides nothing: all ways lead the same way; "
        "allowed: no ask, or two ways"
    )


def test_three_answers_need_words() -> None:
    """Ya and tidak are two: the problem names the places that have no answer."""
    [problem] = verify(procedure(
        phase("a", way("button.done", "@next", "baik"), way("button.refuse", "@refused"),
              way("button.again", "#langkah-3"), ask="Bagaimana?"),
    ))  # fmt: skip
    assert problem == (
        "step langkah-1, phase a, ask 'Bagaimana?': has 3 answers, more than ya and tidak; "
        "allowed: answer on one transition to refused; langkah-3"
    )


def test_an_answer_that_leads_to_two_places_is_a_problem() -> None:
    """The phase that decides between them has to ask."""
    phases = (
        phase("a", way("button.done", "b"), way("button.refuse", "@refused"), ask="Sah?"),
        phase("b", way("button.accept", "@next"), way("button.again", "#langkah-3")),
    )
    [problem] = verify(procedure(*phases))
    assert problem == (
        "step langkah-1, phase a, ask 'Sah?': the answer 'ya' leads to langkah-2 and langkah-3; "
        "allowed: ask in the phase on that way that decides between them"
    )
    asks = msgspec.structs.replace(phases[1], ask=Text(id="Lagi?", en="Again?"))
    assert verify(procedure(phases[0], asks)) == []


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        ([phase("a", way("button.done", "@next", "ya"))], "has answer in a phase without ask"),
        ([phase("a", way("button.done", "@next"), way("button.refuse", "@refused"),
                ask="Apakah " * 12)], "ask.id has 84 letters; allowed: 1 to 60"),
        ([phase("a", way("button.done", "@next", " "), way("button.refuse", "@refused"),
                ask="Sah?")], "answer.id has 1 letters; allowed: 1 to 30"),
    ],
)  # fmt: skip
def test_what_the_chart_has_no_room_for_is_refused(phases: list[Phase], words: str) -> None:
    """Each problem has its place and what is allowed."""
    problems = verify(procedure(*phases))
    assert any(words in problem and "phase a" in problem for problem in problems)


def test_an_answer_anywhere_is_refused() -> None:
    """A way that holds in every phase belongs to no question."""
    one = procedure(phase("a", way("button.done", "@next")))
    one = msgspec.structs.replace(one, anywhere=(way("button.leave", "@abandoned", "pergi"),))
    assert 'anywhere, on "button.leave": has answer; allowed: in a phase with ask' in verify(one)


DESK = ["Menerima?", "Identitas sah?", "Ada barang titipan?"]
SCREENED = [*DESK, "Dipanggil?", "Alarm?", "Alarm?", "Menerima?"]
ASKED = {
    "pimpinan": SCREENED,
    "eselon-2-3": SCREENED,
    "eselon-4-asn": [*DESK, "Dipanggil?"],
    "jatim": [
        "Memenuhi syarat?", "Menerima?", "Identitas sah?", "Jadwal ulang?", "Pintu dibuka?",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_the_four_procedures_ask_these_questions(name: str) -> None:
    """The questions of the law's charts, in order, and each decides something."""
    one = load_procedure(SOP / f"{name}.toml")
    asked = [phase.ask.id for step in one.steps for phase in step.phases if phase.ask is not None]
    assert asked == ASKED[name]


def test_a_procedure_file_without_questions_stays_valid(tmp_path: Path) -> None:
    """Files that were written before there were questions load as they are."""
    text = read_procedure(SOP / "jatim.toml").text
    lines = [line for line in text.splitlines() if not line.startswith("ask = ")]
    silent = (
        "\n".join(lines)
        .replace('answer = { id = "menerima", en = "yes" }, ', "")
        .replace('answer = { id = "menolak", en = "no" }, ', "")
    )
    file = tmp_path / "jatim.toml"
    file.write_text(silent)
    one = load_procedure(file)
    assert not any(phase.ask for step in one.steps for phase in step.phases)
