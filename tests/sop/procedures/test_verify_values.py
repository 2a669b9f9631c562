"""Verification of values, conditions, called stations and refusals: a broken example per rule."""

from typing import Any

import msgspec
import pytest

from edge.config.sections.aiphone import Aiphone
from edge.config.sections.panels import Button
from edge.config.sections.pins import Output, Signal
from edge.sop.procedures.equipment import verify_equipment
from edge.sop.procedures.model import Phase, Procedure, Text, Transition, Value
from edge.sop.procedures.unused import unused_aiphones
from edge.sop.procedures.verify import verify
from tests.sop.data_centre import PROCEDURE
from tests.sop.procedures.test_verify import (
    CONFIG,
    DONE,
    a_procedure,
    a_step,
    one_way,
    phase,
)

WEIGHT = Value(
    id="weight", title=Text(id="Berat", en="Weight"), kind="number", unit="kg", least=1, most=50
)
KIND = Value(
    id="kind", title=Text(id="Jenis", en="Kind"), kind="choice", choices=("vendor", "auditor")
)
PLATE = Value(id="plate", title=Text(id="Plat", en="Plate"), kind="text")
VALUES = (WEIGHT, KIND, PLATE)


def with_value(value: Value, **changes: Any) -> Procedure:
    """A procedure that declares *value* with *changes*."""
    return a_procedure(values=(msgspec.structs.replace(value, **changes),))


def way(event: str = "button.done", to: str = "@next", **values: Any) -> Procedure:
    """A procedure with the three values, and one transition with a condition beside *done*."""
    first = Transition(event=event, to=to, **values)
    return a_procedure(a_step("only", phase("wait", first, DONE)), values=VALUES)


HERE = "step only, phase wait"
ALLOWED = "allowed: weight, kind, plate ([[values]])"
REFUSES = Transition(event="button.refuse", to="@refused")
BROKEN: dict[str, tuple[Procedure, list[str]]] = {
    "value twice": (
        a_procedure(values=(WEIGHT, WEIGHT)),
        ["value weight: is there twice; allowed: one value of each id"],
    ),
    "a text that is not personal": (
        with_value(PLATE, personal=False),
        [
            ("value plate: is a text that is not personal, and would go into records; allowed: "
            "personal = true")
        ],
    ),
    "limits of a choice": (
        with_value(KIND, least=1.0, unit="kg"),
        [
            "value kind: least goes with a number only; allowed: without it",
            "value kind: unit goes with a number only; allowed: without it",
        ],
    ),
    "limits that cross": (
        with_value(WEIGHT, least=51),
        ["value weight: least 51 is above most 50; allowed: not above it"],
    ),
    "a unit of two lines": (
        with_value(WEIGHT, unit="kg\n"),
        ["value weight: unit is 'kg\\n'; allowed: at most 20 characters in one line"],
    ),
    "no title": (
        with_value(WEIGHT, title=Text(id=" ", en="Weight")),
        ["value weight: title.id is empty; allowed: its name for people"],
    ),
    "a choice without choices": (
        with_value(KIND, choices=()),
        ["value kind: has no choices; allowed: at least one"],
    ),
    "a text with choices": (
        with_value(PLATE, choices=("a",)),
        ["value plate: choices do not go with a text; allowed: kind choice or number"],
    ),
    "choices": (
        with_value(KIND, choices=("vendor", "vendor", "Big Boss", 1.0)),
        [
            "value kind: choices has vendor twice; allowed: each once",
            ("value kind: choices has 'Big Boss'; allowed: lower-case letters, digits and single "
            "dashes"),
            "value kind: choices has 1.0; allowed: lower-case letters, digits and single dashes",
        ],
    ),
    "choices of a number": (
        with_value(WEIGHT, choices=(5.0, 51.0)),
        [
            ("value weight: choices has 51, which is outside its range; allowed: a number from 1 "
            "up to 50 kg")
        ],
    ),
    "event of an unknown value": (
        way("value.wieght"),
        [
            (f'{HERE}, on "value.wieght": waits for the value \'wieght\' (did you mean weight?); '
            f"{ALLOWED}")
        ],
    ),
    "event without values": (
        one_way("value.weight"),
        [
            (f'{HERE}, on "value.weight": waits for the value \'weight\'; allowed: none, as there '
            "is no [[values]]")
        ],
    ),
    "need of an unknown value": (
        a_procedure(
            a_step("only", phase("a", needs="value:size", otherwise="b"), phase("b")),
            values=VALUES,
        ),
        [f"step only, phase a: needs the value 'size'; {ALLOWED}"],
    ),
    "need without a value": (
        a_procedure(
            a_step("only", phase("a", needs="value", otherwise="b"), phase("b")), values=VALUES
        ),
        [
            ("step only, phase a: needs is 'value', which is incomplete or too much; allowed: "
            "value:...")
        ],
    ),
    "a comparison of nothing": (
        way(above=3.0),
        [
            (f'{HERE}, on "button.done": compares, but no value is named; allowed: value = weight, '
            "kind, plate ([[values]])")
        ],
    ),
    "a value without a comparison": (
        way("button.accept", value="weight"),
        [
            (f'{HERE}, on "button.accept": value without a comparison; allowed: with above, below '
            "or equals")
        ],
    ),
    "a comparison of an unknown value": (
        way(value="kid", equals="vendor"),
        [f'{HERE}, on "button.done": value is \'kid\' (did you mean kind?); {ALLOWED}'],
    ),
    "above of a choice": (
        way("value.kind", above=3.0),
        [f'{HERE}, on "value.kind": above compares a choice; allowed: equals'],
    ),
    "equals of a text": (
        way("value.plate", equals="BH 1"),
        [f'{HERE}, on "value.plate": equals compares a text; allowed: a number or a choice'],
    ),
    "an unknown choice": (
        way("value.kind", equals="visitor"),
        [
            (f'{HERE}, on "value.kind": equals is \'visitor\', which is not one of its choices; '
            "allowed: vendor, auditor")
        ],
    ),
    "a limit outside the range": (
        way("value.weight", above=60.0),
        [
            (f'{HERE}, on "value.weight": above is 60, which is outside its range; allowed: a '
            "number from 1 up to 50 kg")
        ],
    ),
    "a count anywhere": (
        a_procedure(anywhere=(Transition(event="button.leave", to="@abandoned", at_most=1),)),
        [
            ('anywhere, on "button.leave": at_most counts in a phase; allowed: in the phases of a '
            "step")
        ],
    ),
    "the condition of the last only": (
        a_procedure(a_step("only", phase("wait", DONE, Transition(
            event="button.done", to="@next", at_most=2)))),
        [
            (f'{HERE}: waits for "button.done" twice; allowed: one transition for each event, or '
            "several of which all but the last have at_most, above, below or equals")
        ],
    ),
    "two times": (
        a_procedure(a_step("only", phase("wait", DONE,
            Transition(event="timeout", after_s=5, to="wait", at_most=2),
            Transition(event="timeout", after_s=9, to="@next")))),
        [
            (f'{HERE}: waits for "timeout" at different times; allowed: one after_s or at_s for '
            "all of them")
        ],
    ),
    "a way out that ends": (
        a_procedure(a_step("only", phase("wait",
            Transition(event="button.again", to="wait"),
            Transition(event="button.done", to="@next", at_most=1)))),
        [
            (f"{HERE}: no way leads out of the step from here once its conditions (at_most, above, "
            "below, equals) are not met; allowed: with a transition that has none")
        ],
    ),
    "a count and an extension": (
        a_procedure(a_step("only", phase("wait", DONE,
            Transition(event="button.extend", to="wait", extend=True, at_most=2)),
            standard_s=60, extend_s=60, extensions=2)),
        [
            (f'{HERE}, on "button.extend": extend is counted by extensions of the step; allowed: '
            "without at_most")
        ],
    ),
    "count_again without a count": (
        a_procedure(a_step("only", count_again=True)),
        ["step only: count_again, and nothing is counted; allowed: with at_most"],
    ),
    "an aiphone that is not used": (
        a_procedure(a_step("only", aiphone="security")),
        [
            ("step only: aiphone is 'security', and no phase rings it or waits for its answer; "
            "allowed: with ring:call and aiphone.accept")
        ],
    ),
    "two values with choices": (
        a_procedure(
            a_step(
                "only",
                phase(
                    "wait",
                    Transition(event="value.weight", to="wait"),
                    Transition(event="value.kind", to="wait"),
                    Transition(event="value.plate", to="wait"),
                    DONE,
                ),
            ),
            values=(msgspec.structs.replace(WEIGHT, choices=(5.0,)), KIND, PLATE),
        ),
        [
            (
                f"{HERE}: choice-1 would mean a choice of weight and of kind; allowed: one value "
                "with choices in a phase"
            )
        ],
    ),
    "refusals without a refusal": (
        a_procedure(refusals=("unwell",)),
        ["refusals: no button leads to @refused; allowed: with button.refuse to @refused"],
    ),
    "refusals": (
        a_procedure(
            a_step("only", phase("wait", DONE, REFUSES)), refusals=("Not well", "unwell", "unwell")
        ),
        [
            "refusals: has 'Not well'; allowed: lower-case letters, digits and single dashes",
            "refusals: has 'unwell' twice; allowed: each once",
        ],
    ),
    "two meanings of reason-1": (
        a_procedure(
            a_step("only", phase("wait", DONE, REFUSES,
                Transition(event="button.decline", to="@declined"), lamp="slow")),
            reasons=("schedule-full",), refusals=("unwell",),
        ),
        [
            (f"{HERE}: reason-1 would mean a reason and a refusal; allowed: a phase that leads to "
            "@declined or @rescheduled, and another one that leads to @refused")
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_says_what_is_wrong_and_what_is_allowed(rule: str) -> None:
    """The exact message of each rule, and no other problem."""
    procedure, problems = BROKEN[rule]
    assert verify(procedure) == problems


def test_the_data_centre_has_no_problems() -> None:
    """A procedure that uses all of these words is right."""
    assert verify(PROCEDURE) == []


@pytest.mark.parametrize(
    "ways",
    [
        (Transition(event="button.done", to="@next", at_most=1), DONE),
        (Transition(event="value.weight", to="@next", above=3.0),
         Transition(event="value.weight", to="wait", below=2.0), DONE),
        (Transition(event="aiphone.extend", to="wait", extend=True),
         Transition(event="aiphone.extend", to="@next"), DONE),
    ],
)  # fmt: skip
def test_several_transitions_for_one_event(ways: tuple[Transition, ...]) -> None:
    """All but the last have a condition: a count, a comparison or an extension."""
    waits = Phase(id="wait", on=ways)
    step = a_step("only", waits, standard_s=60, extend_s=60, extensions=1)
    assert verify(a_procedure(step, values=VALUES)) == []


# -- equipment

CALLS = phase("wait", DONE, Transition(event="aiphone.accept", to="@next"), do=("ring:call",))
ASKS = a_procedure(a_step("only", CALLS, aiphone="security"))


def aiphones(**more: Aiphone) -> Any:
    """The shipped config with further called stations."""
    return msgspec.structs.replace(CONFIG, aiphone={**CONFIG.aiphone, **more})


def test_the_called_station_of_a_step_must_be_there() -> None:
    """The message names the step and the section to add; a wrong name gets a proposal."""
    other = Aiphone(title="Kepala Keamanan", ring=Output(pin=5), accept=Signal(pin=6))
    problem = (
        'procedure example: step only, phase wait: asks for "ring:call", but there is no '
        "[aiphone.security]{}; add it, with the person's title"
    )
    assert problem.format("") in verify_equipment(ASKS, CONFIG).problems
    misspelt = verify_equipment(ASKS, aiphones(securty=other)).problems
    assert problem.format(" (did you mean securty?)") in misspelt
    found = verify_equipment(ASKS, aiphones(security=other)).problems
    assert not [line for line in found if "aiphone" in line]


@pytest.mark.parametrize("fitted", [True, False])
def test_a_step_cannot_be_left_by_a_contact_that_the_person_does_not_have(*, fitted: bool) -> None:
    """The contacts of the host's aide do not count for the other person."""
    only = phase("wait", Transition(event="aiphone.accept", to="@next"), do=("ring:call",))
    asks = a_procedure(a_step("only", only, aiphone="security"))
    other = Aiphone(title="K", ring=Output(pin=5), accept=Signal(pin=6) if fitted else None)
    problems = verify_equipment(asks, aiphones(security=other)).problems
    assert any("cannot be left" in line for line in problems) == (not fitted)


def test_an_aiphone_that_nothing_rings_is_noted() -> None:
    """A title alone is no use of a called station; a step that names it is."""
    config = aiphones(security=Aiphone(title="Kepala Keamanan", ring=Output(pin=5)))
    (note,) = unused_aiphones([a_procedure()], config)
    assert note == (
        "aiphone.security: nothing rings it: it serves no procedure, no host names it, and no "
        'step has aiphone = "security"'
    )
    assert unused_aiphones([ASKS], config) == []


def test_choices_without_buttons_are_noted() -> None:
    """The value is still entered by request; a panel with the buttons has no note."""
    waits = phase("wait", DONE, Transition(event="value.kind", to="@next"))
    step = msgspec.structs.replace(a_step("only", waits), station="reception")
    asks = a_procedure(step, values=VALUES)
    (note,) = [n for n in verify_equipment(asks, CONFIG).notes if "choice" in n]
    assert note == (
        "procedure example: step only: no button at station reception means choice-1, choice-2; "
        "those choices are entered by request only (cmd/values)"
    )
    panel = next(p for p in CONFIG.panels.values() if "reception" in p.stations)
    buttons = [Button(pin=5, press="choice-1", hold="choice-2")]
    panels = {"desk": msgspec.structs.replace(panel, buttons=buttons)}
    fitted = msgspec.structs.replace(CONFIG, panels=panels)
    assert not [n for n in verify_equipment(asks, fitted).notes if "choice" in n]
