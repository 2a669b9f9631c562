"""Checks of the values, conditions and called stations of a procedure. Pure.

They belong to ``verify.py``: each rule yields problems, one line each.
"""

from collections.abc import Iterator, Sequence

from edge.config.spelling import did_you_mean
from edge.sop.procedures.model import Phase, Procedure, Step, Transition
from edge.sop.procedures.values import EVENT, Value, not_allowed, plain
from edge.sop.procedures.vocabulary import WORD, WORD_RULE

_LONGEST_UNIT = 20
NEED = "value"
"""The need whose argument is a value's id."""


def values(procedure: Procedure) -> Iterator[str]:
    """Yield what is wrong with the values that *procedure* declares."""
    ids = [value.id for value in procedure.values]
    for value_id in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"value {value_id}: is there twice; allowed: one value of each id"
    for value in procedure.values:
        for problem in (*_kind(value), *_choices(value)):
            yield f"value {value.id}: {problem}"


def condition(
    procedure: Procedure, step: Step | None, where: str, way: Transition
) -> Iterator[str]:
    """Yield what is wrong with the count and the comparison of *way*."""
    if way.at_most is not None and step is None:
        yield f"{where}: at_most counts in a phase; allowed: in the phases of a step"
    if way.at_most is not None and way.extend:
        yield f"{where}: extend is counted by extensions of the step; allowed: without at_most"
    if way.value is not None and not way.words:
        yield f"{where}: value without a comparison; allowed: with above, below or equals"
    if not way.words:
        return
    if way.compares is None:
        yield f"{where}: compares, but no value is named; allowed: value = {_ids(procedure)}"
        return
    value = procedure.value(way.compares)
    if value is None:
        if way.value is not None:  # that of the event is reported with the event
            yield f"{where}: value is {_unknown(procedure, way.value)}"
        return
    yield from _comparison(value, where, way)


def event(procedure: Procedure, where: str, name: str) -> Iterator[str]:
    """Yield a problem if the event *name* is of a value that is not declared."""
    value_id = name.removeprefix(EVENT)
    if procedure.value(value_id) is None:
        yield f"{where}: waits for the value {_unknown(procedure, value_id)}"


def need(procedure: Procedure, where: str, argument: str) -> Iterator[str]:
    """Yield a problem if the need for the value *argument* names none that is declared."""
    if procedure.value(argument) is None:
        yield f"{where}: needs the value {_unknown(procedure, argument)}"


def alternatives(where: str, ways: Sequence[Transition]) -> Iterator[str]:
    """Yield what is wrong with several transitions for one event: the first that applies counts."""
    for name in dict.fromkeys(way.event for way in ways):
        same = [way for way in ways if way.event == name]
        if any(not (way.conditional or way.extend) for way in same[:-1]):
            yield (
                f'{where}: waits for "{name}" twice; allowed: one transition for each event, or '
                "several of which all but the last have at_most, above, below or equals"
            )
        if len({(way.after_s, way.at_s) for way in same}) > 1:
            yield (
                f'{where}: waits for "{name}" at different times; allowed: one after_s or at_s '
                "for all of them"
            )


def two_with_choices(procedure: Procedure, phase: Phase, where: str) -> Iterator[str]:
    """Yield a problem if the buttons of *phase* would not say which value they enter."""
    names = [way.event.removeprefix(EVENT) for way in phase.on if way.event.startswith(EVENT)]
    found = [procedure.value(name) for name in dict.fromkeys(names)]
    chosen = [value.id for value in found if value is not None and value.choices]
    if len(chosen) > 1:
        yield (
            f"{where}: choice-1 would mean a choice of {' and of '.join(chosen)}; allowed: one "
            "value with choices in a phase"
        )


def called_station(step: Step) -> Iterator[str]:
    """Yield a problem if *step* has an aiphone that it does not use."""
    words = [word for phase in step.phases for word in (*phase.do, *(w.event for w in phase.on))]
    if step.aiphone is not None and not any(w.startswith(("ring:", "aiphone.")) for w in words):
        yield (
            f"step {step.id}: aiphone is {step.aiphone!r}, and no phase rings it or waits for its "
            "answer; allowed: with ring:call and aiphone.accept"
        )


def counts(step: Step) -> Iterator[str]:
    """Yield a problem if *step* begins counts again, and has none."""
    if step.count_again and not any(way.at_most for phase in step.phases for way in phase.on):
        yield f"step {step.id}: count_again, and nothing is counted; allowed: with at_most"


def two_kinds_of_reasons(
    procedure: Procedure, phase: Phase, where: str, *, asks: bool
) -> str | None:
    """Return the problem of a phase in which a reason button would have two meanings.

    :param asks: its lamp asks for a decision for which reception can choose a reason
    """
    refuses = any(way.to == "@refused" and way.event.startswith("button.") for way in phase.on)
    if not (asks and refuses and procedure.reasons and procedure.refusals):
        return None
    return (
        f"{where}: reason-1 would mean a reason and a refusal; allowed: a phase that leads to "
        "@declined or @rescheduled, and another one that leads to @refused"
    )


def _kind(value: Value) -> Iterator[str]:
    if value.kind == "text" and not value.personal:
        yield "is a text that is not personal, and would go into records; allowed: personal = true"
    for key, limit in (("least", value.least), ("most", value.most)):
        if limit is not None and value.kind != "number":
            yield f"{key} goes with a number only; allowed: without it"
    if value.least is not None and value.most is not None and value.least > value.most:
        yield f"least {plain(value.least)} is above most {plain(value.most)}; allowed: not above it"
    if value.unit and value.kind != "number":
        yield "unit goes with a number only; allowed: without it"
    if len(value.unit) > _LONGEST_UNIT or not value.unit.isprintable():
        yield f"unit is {value.unit!r}; allowed: at most {_LONGEST_UNIT} characters in one line"
    for language in ("id", "en"):
        if not getattr(value.title, language).strip():
            yield f"title.{language} is empty; allowed: its name for people"


def _choices(value: Value) -> Iterator[str]:
    if value.kind == "choice" and not value.choices:
        yield "has no choices; allowed: at least one"
    if value.kind == "text" and value.choices:
        yield "choices do not go with a text; allowed: kind choice or number"
        return
    shown = list(map(plain, value.choices))
    for word in sorted({one for one in shown if shown.count(one) > 1}):
        yield f"choices has {word} twice; allowed: each once"
    for choice in value.choices:
        if value.kind == "choice":
            if not isinstance(choice, str) or not WORD.fullmatch(choice):
                yield f"choices has {choice!r}; {WORD_RULE}"
        elif (why := not_allowed(value, choice)) is not None:
            yield f"choices has {plain(choice)}, which {why}"


def _comparison(value: Value, where: str, way: Transition) -> Iterator[str]:
    limits = {"above": way.above, "below": way.below}
    for key, limit in limits.items():
        if limit is None:
            continue
        if value.kind != "number":
            yield f"{where}: {key} compares a {value.kind}; allowed: equals"
        elif (why := not_allowed(value, limit)) is not None:
            yield f"{where}: {key} is {plain(limit)}, which {why}"
    if way.equals is None:
        return
    if value.kind == "text":
        yield f"{where}: equals compares a text; allowed: a number or a choice"
    elif (why := not_allowed(value, way.equals)) is not None:
        yield f"{where}: equals is {plain(way.equals)!r}, which {why}"


def _unknown(procedure: Procedure, value_id: str) -> str:
    known = [value.id for value in procedure.values]
    return f"{value_id!r}{did_you_mean(value_id, known)}; allowed: {_ids(procedure)}"


def _ids(procedure: Procedure) -> str:
    known = ", ".join(value.id for value in procedure.values)
    return f"{known} ([[values]])" if known else "none, as there is no [[values]]"
