"""Random procedures that are well formed: each passes ``verify``.

Each step is a chain of phases, so that every phase and every step is reached and can be left. To
this are added: transitions back to earlier phases, to other steps and to the ends of the visit
(some ``via`` a step), needs, alternatives of one row, questions with and without answers of their
own, duties, lanes, and texts of any length.
"""

from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sop.procedures.model import Duty, Lane, Phase, Procedure, Step, Text, Transition
from edge.sop.procedures.questions import question_problems

ROLES = (
    "Penerima Tamu", "Petugas 1", "Petugas 2", "Petugas 3", "Pelayanan Keamanan", "Pengantar",
    "Perawat", "Kepala Subbagian Persuratan", "Tamu", "Agendaris",
)  # fmt: skip
AIDE = "Ajudan"
EVENTS = (
    "button.done", "button.accept", "button.decline", "button.absent", "button.again",
    "button.reschedule", "button.locker", "button.nothing", "button.refuse", "aiphone.accept",
    "aiphone.decline", "card.presented", "door.opened", "timeout",
)  # fmt: skip
OUTCOMES = ("@declined", "@rescheduled", "@refused", "@abandoned")
_WORDS = st.sampled_from((
    "tamu", "kartu", "loker", "memeriksa", "metal", "detektor", "identitas", "pejabat", "menunggu",
    "buku/lembar", "register", "mempersilahkan", "pertanggungjawaban", "mengembalikan",
))  # fmt: skip


def _sentence(most: int) -> st.SearchStrategy[str]:
    return st.lists(_WORDS, min_size=1, max_size=most).map(" ".join)


def _text(most_letters: int, mark: str = "") -> st.SearchStrategy[Text]:
    words = _sentence(5).map(lambda s: s[: most_letters - 1].strip() + mark)
    return st.builds(Text, id=words, en=words)


@st.composite
def procedures(draw: st.DrawFn, *, most_steps: int = 12, most_roles: int = 8) -> Procedure:
    """Return a procedure that passes ``verify``, of at most *most_steps* and *most_roles*."""
    count = draw(st.integers(1, most_steps))
    roles = draw(st.permutations(ROLES))[: draw(st.integers(1, most_roles))]
    ids = [f"langkah-{number}" for number in range(1, count + 1)]
    number, steps = 1, []
    for place, step_id in enumerate(ids):
        number += draw(st.integers(0, 1)) if place else 0
        steps.append(draw(_steps(step_id, number, ids, draw(st.sampled_from(roles)))))
    duties = [
        Duty(number=number + 1, roles=tuple(draw(st.sets(st.sampled_from(roles), min_size=1))),
             activity=draw(_sentence(20)), title="A duty", source="Contoh")
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    lanes = [Lane(role=role, heading=Text(id=role, en=role)) for role in (*roles, AIDE)]
    procedure = Procedure(
        id="contoh",
        version="1.0",
        title=Text(id=draw(_sentence(8)), en="A procedure"),
        source="Contoh",
        office="Kantor Contoh",
        aide=AIDE,
        lanes=tuple(draw(st.sampled_from([(), lanes]))),
        duties=tuple(duties),
        anywhere=(Transition(event="button.leave", to="@abandoned", reason="guest-left"),),
        steps=tuple(steps),
    )
    return _with_good_questions(procedure)


@st.composite
def _steps(draw: st.DrawFn, step_id: str, number: int, ids: list[str], role: str) -> Step:
    names = [f"fase-{n}" for n in range(1, draw(st.integers(1, 4)) + 1)]
    phases = [draw(_phases(place, names, step_id, ids)) for place in range(len(names))]
    timed = draw(st.sampled_from([None, *names]))
    return Step(
        number=number,
        id=step_id,
        role=role,
        station=draw(st.sampled_from(["reception", "officer-1", "aide"])),
        activity=draw(_sentence(60)),
        title=draw(_sentence(6)),
        equipment=tuple(draw(st.lists(_sentence(4), max_size=4))),
        output=tuple(draw(st.lists(_sentence(4), max_size=2))),
        standard_s=draw(st.sampled_from([None, 60, 600])),
        note=draw(st.sampled_from(["", "", "Dicatat oleh petugas keamanan."])),
        timed_from=timed,
        source="Contoh",
        phases=tuple(phases),
    )


@st.composite
def _phases(draw: st.DrawFn, place: int, names: list[str], step_id: str, ids: list[str]) -> Phase:
    here = ids.index(step_id)
    ahead = names[place + 1] if place + 1 < len(names) else "@next"
    events = draw(st.permutations(EVENTS))[: draw(st.integers(1, 5))]
    others = [name for name in names if name != names[place]]
    steps = [f"#{other}" for other in ids]
    free = st.sampled_from(["@next", "@skip", *OUTCOMES, *names, *steps])
    targets = [ahead, *(draw(free) for _ in events[1:])]
    ask = draw(st.none() | _text(30, "?")) if len(events) > 1 else None
    answered = ask is not None and draw(st.booleans())
    elsewhere = [other for other in ids if other != step_id]
    needs = draw(st.booleans()) if place and others else False
    return Phase(
        id=names[place],
        needs="door" if needs else None,
        otherwise=(names[place + 1] if place + 1 < len(names) else "@next") if needs else None,
        lamp=draw(st.sampled_from(["off", "on", "slow"])),
        ask=ask,
        on=tuple(
            Transition(
                event=event,
                to=to,
                after_s=30 if event == "timeout" else None,
                reason="contoh" if to == "@skip" else None,
                via=draw(st.sampled_from([None, *elsewhere[here:]])) if to in OUTCOMES else None,
                answer=draw(_text(16)) if answered else None,
            )
            for event, to in zip(events, targets, strict=True)
        ),
    )


def _with_good_questions(procedure: Procedure) -> Procedure:
    """Return *procedure* without the questions that decide nothing or lack an answer."""
    steps = []
    for step in procedure.steps:
        phases = list(step.phases)
        while True:
            tried = replace(step, phases=tuple(phases))
            whole = replace(
                procedure, steps=tuple(tried if s.id == step.id else s for s in procedure.steps)
            )
            problems = [p for p in question_problems(whole) if p.startswith(f"step {step.id}, ")]
            if not problems:
                break
            bad = next(n for n, p in enumerate(phases) if f", phase {p.id}" in problems[0])
            on = tuple(replace(way, answer=None) for way in phases[bad].on)
            phases[bad] = replace(phases[bad], ask=None, on=on)
        steps.append(tried)
    return replace(procedure, steps=tuple(steps))
