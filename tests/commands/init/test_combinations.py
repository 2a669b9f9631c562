"""Any answers that are allowed: a config in which check finds nothing, or a clear refusal."""

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from edge.commands.init.answers import as_toml, examine, settle
from edge.commands.init.proposal import propose
from edge.commands.init.question import Item, Office, items
from edge.commands.init.questions.table import GROUPS
from edge.commands.init.surroundings import known_office
from edge.config.places import default_config_folder
from edge.config.toml_text import parse_toml
from edge.config.validation import Problems

SOP = default_config_folder() / "sop"
# Shrinking runs the slow composition thousands of times.
_BRIEF = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
CONFIG = Path("/nonexistent/gardu.toml")

# Answers beside the default and the listed ones, by the last part of the key.
_OTHERS: dict[str, list[Any]] = {
    "site": ["setda"],
    "modules": [["floor-2"], ["floor-2", "hall"], ["m-1", "m-2", "m-3", "m-4"]],
    "card_readers": [["desk", "exit"]],
    "hosts": [["a", "c"], ["c"]],
    "kinds": [["lansia"], ["lansia", "vip"]],
    "card_pool": ["vip", "visitor"],
    "cards": [["0100D3C177"]],
    "priority": [9],
    "aiphones": [["a", "b"]],
    "doors": [[], ["d", "e"]],
    "cameras": [["one", "two"]],
    "line": ["/dev/serial/by-id/usb-x", "/dev/serial/by-id/usb-y", "192.0.2.5", "192.0.2.5:4196"],
    "port": ["/dev/serial/by-id/usb-z", "/dev/ttyUSB0", "/dev/serial0"],
    "url": ["mqtts://b.example", "mqtt://127.0.0.1", "http://192.0.2.1/a", "rtsp://192.0.2.1/a"],
    "username": ["gardu"],
    "visitor": [["0100A4C101"], ["0100A4C101", "0100A4C102"]],
    "supervisor": ["0100A4C1FF"],
    "key": ["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    "count": [1, 2, 5, 17, 40, 999],
    "channels": [1, 16, 32],
    "locks": [2, 17, 50],
    "address": [3, 0],
    "pulse_s": [0.1, 3.0, 0.25],
    "opens": ["no", "06:00"],
    "quiet": ["21:00-06:00"],
}


@cache
def _office() -> Office:
    return known_office(CONFIG, SOP)


@st.composite
def _answers(draw: st.DrawFn) -> dict[str, Any]:
    """Answer each question in turn: mostly the default, or else another answer that is allowed."""
    answers: dict[str, Any] = {}
    daring = draw(st.integers(1, 6))
    for item in items(GROUPS, answers, _office()):
        default = item.question.default and item.question.default(item.asked)
        if default is not None and examine(item, default)[1]:
            default = None
        if default is not None and draw(st.integers(1, 6)) > daring:
            answers[item.key] = default
            continue
        found = [one for one in _possible(draw, item) if not examine(item, one)[1]]
        if found:
            answers[item.key] = draw(st.sampled_from(found))
        else:
            assume(default is not None)
            answers[item.key] = default
    return answers


def _possible(draw: st.DrawFn, item: Item) -> list[Any]:
    question = item.question
    found = list(_OTHERS.get(question.key, []))
    if question.kind is bool:
        found += [True, False]
    if question.choices is not None:
        names = list(question.choices(item.asked))
        found += [draw(st.lists(st.sampled_from(names), unique=True))] if names else []
        found += names
        found += [int(one) for one in names if one.isdecimal()]
    return found


@settings(_BRIEF, max_examples=60)
@given(answers=_answers())
def test_either_nothing_is_found_or_the_reason_is_named(answers: dict[str, Any]) -> None:
    """A refusal names what is too little, or a missing answer; never a problem of the writer's."""
    proposal = propose(answers, _office(), CONFIG, SOP, "wiring.svg")
    if not proposal.problems:
        assert proposal.config is not None
        return
    first = proposal.problems[0]
    assert "there is room for" in first or _answerable(first), (first, answers)


def _answerable(problem: str) -> bool:
    """Return True for problems that another answer mends, and that name it."""
    mended = (
        "no aiphone serves this procedure",
        "no aiphone serves the host",
        "no host names this aiphone",
        "no card reader serves station",
        "no camera has the purpose",
        "which no panel serves",
    )
    return any(words in problem for words in mended)


@settings(_BRIEF, max_examples=40)
@given(answers=_answers())
def test_saved_answers_are_the_same_when_they_are_read(answers: dict[str, Any]) -> None:
    """What --save-answers writes, --answers reads: every answer, and nothing is complained of."""
    text = as_toml(GROUPS, answers, _office())
    problems = Problems("answers.toml", text)
    assert settle(GROUPS, parse_toml(text, "answers.toml"), _office(), problems) == answers
    assert problems.lines == []
