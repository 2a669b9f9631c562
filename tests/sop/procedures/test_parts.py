"""Parts: expansion of steps, values of parameters, and clear answers to every slip."""

import tomllib
from pathlib import Path

import pytest

from edge.errors import ConfigError, ConfigUnavailable
from edge.sop.procedures.loading import (
    load_procedure,
    parse_procedure,
    part_files,
    parts_of,
    read_procedure,
)
from edge.sop.procedures.model import Step, Transition
from tests.sop.stand import CONFIG

ARCHIVE = CONFIG.parent / "sim/scenarios/days/arsip/sop"
SHIPPED = ("pimpinan", "eselon-2-3", "eselon-4-asn", "jatim")
PROCEDURE = """
id = "short"
version = "2.1"
title = { id = "Pendek", en = "Short" }
source = "none"
office = "none"

[[steps]]
number = 1
id = "only"
role = "Petugas"
station = "desk"
activity = "Menunggu"
title = "Wait"
source = "none"
"""
ASK = """
id = "ask"
title = { id = "Tanya", en = "Ask" }

[parameters.seconds]
about = "how long an answer may take, seconds"
default = 30

[parameters.late]
about = "where the visit goes without an answer"
default = "menunggu"

[parameters.stills]
about = "stills that are taken"
default = []

[parameters.refused]
about = "the reason of a refusal; none by default"
default = ""

[step]
timed_from = ["tanya", "menunggu"]

[[phases]]
id = "tanya"
do = ["still:desk", "{stills}"]
on = [
    { event = "button.done", to = "@then" },
    { event = "timeout", after_s = "{seconds}", to = "{late}" },
    { event = "button.refuse", to = "@refused", reason = "{refused}" },
]

[[phases]]
id = "menunggu"
on = [{ event = "button.done", to = "tanya" }]
"""
BYE = """
id = "bye"
title = { id = "Pamit", en = "Take leave" }

[parameters.event]
about = "the event that ends the visit"

[parameters.also]
about = "a second one; none by default"
default = ""

[step]
timed_from = ["pamit"]
extend_s = 60

[[phases]]
id = "pamit"
on = [
    { event = "{event}", to = "@then" },
    { event = "{also}", to = "@then" },
]
"""
BOTH = 'use = ["ask", "bye"]\nwith = { event = "button.leave" }\n'


def own(phase: str) -> str:
    """Return the key of a step that has one phase of its own."""
    return f'phases = [{{ id = "{phase}", on = [{{ event = "button.leave", to = "@next" }}] }}]\n'


class Folder:
    """A folder of procedures with parts of its own: the procedure short, the parts ask and bye."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "parts").mkdir()
        self.part("ask", ASK)
        self.part("bye", BYE)

    def part(self, name: str, text: str) -> None:
        """Write a part."""
        (self.path / "parts" / f"{name}.toml").write_text(text, encoding="utf-8")

    def short(self, rest: str) -> Path:
        """Write the procedure, whose step ends with *rest*; return its file."""
        file = self.path / "short.toml"
        file.write_text(PROCEDURE + rest, encoding="utf-8")
        return file

    def step(self, rest: str) -> Step:
        """Return the step, as it is loaded."""
        return load_procedure(self.short(rest)).steps[0]

    def problems(self, rest: str) -> list[str]:
        """Return the problems of the procedure, without the folder."""
        with pytest.raises(ConfigError) as caught:
            load_procedure(self.short(rest))
        return [line.replace(f"{self.path}/", "") for line in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of procedures."""
    return Folder(tmp_path)


def phases(step: Step) -> list[str]:
    """Return the ids of the phases, in order."""
    return [phase.id for phase in step.phases]


def ways(step: Step, phase: str) -> list[tuple[str, str]]:
    """Return event and target of each transition of *phase*."""
    return [(way.event, way.to) for way in step.phase(phase).on]


def test_parts_follow_each_other(folder: Folder) -> None:
    """A part leads to the part after it, the last one out of the step."""
    step = folder.step(BOTH)
    assert phases(step) == ["tanya", "menunggu", "pamit"]
    assert ways(step, "tanya")[0] == ("button.done", "pamit")
    assert ways(step, "pamit") == [("button.leave", "@next")]


def test_own_phases_follow_the_parts(folder: Folder) -> None:
    """An own phase with another id comes after the parts, which lead to it."""
    step = folder.step('use = "ask"\n' + own("end"))
    assert phases(step) == ["tanya", "menunggu", "end"]
    assert ways(step, "tanya")[0] == ("button.done", "end")


def test_an_own_phase_takes_the_place_of_a_parts(folder: Folder) -> None:
    """An own phase with the id of a part's phase is used in its place, the others stay."""
    step = folder.step(BOTH + own("menunggu"))
    assert phases(step) == ["tanya", "menunggu", "pamit"]
    assert ways(step, "menunggu") == [("button.leave", "@next")]


def test_values_take_the_place_of_placeholders(folder: Folder) -> None:
    """A value keeps its kind: a number stays a number, a list is joined into the list."""
    step = folder.step(
        'use = "ask"\nwith = { seconds = 5, stills = ["still:alarm"], refused = "no-entry" }'
    )
    asked = step.phase("tanya")
    assert asked.do == ("still:desk", "still:alarm")
    assert asked.on[1:] == (
        Transition(event="timeout", after_s=5, to="menunggu"),
        Transition(event="button.refuse", to="@refused", reason="no-entry"),
    )


def test_an_empty_value_leaves_its_key_out(folder: Folder) -> None:
    """Without a value there is no reason, and no transition without an event."""
    step = folder.step(BOTH)
    assert step.phase("tanya").on[2] == Transition(event="button.refuse", to="@refused")
    assert len(step.phase("pamit").on) == 1


def test_phases_of_parts_that_are_not_reached_are_left_out(folder: Folder) -> None:
    """A value may lead past a phase; the step does without it, also in the keys of the step."""
    step = folder.step('use = "ask"\nwith = { late = "@next" }')
    assert phases(step) == ["tanya"]
    assert step.timed_from == ("tanya",)


def test_keys_for_the_step_are_joined_and_give_way_to_its_own(folder: Folder) -> None:
    """Lists of several parts are joined; a key that the step has itself stays."""
    joined = folder.step(BOTH)
    assert (joined.timed_from, joined.extend_s) == (("tanya", "menunggu", "pamit"), 60)
    assert folder.step('timed_from = "pamit"\n' + BOTH).timed_from == "pamit"


def test_a_part_uses_parts_and_gives_them_values(folder: Folder) -> None:
    """A part of parts: its own parameters go into the values of the parts that it uses."""
    folder.part(
        "both",
        """
id = "both"
title = { id = "Tanya lalu pamit", en = "Ask, then take leave" }
use = ["ask", "bye"]
with = { event = "button.{button}", refused = "{why}" }

[parameters.button]
about = "the button that ends the visit"

[parameters.why]
about = "the reason of a refusal"
default = "no-entry"
""",
    )
    step = folder.step('use = "both"\nwith = { button = "leave" }')
    assert ways(step, "pamit") == [("button.leave", "@next")]
    assert step.phase("tanya").on[2].reason == "no-entry"


def test_the_digest_covers_the_parts(folder: Folder) -> None:
    """A changed part makes another version, a comment in it does not."""
    file = folder.short(BOTH)
    before = load_procedure(file).version
    folder.part("ask", "# A comment.\n" + ASK)
    assert load_procedure(file).version == before
    folder.part("ask", ASK.replace("default = 30", "default = 31"))
    assert load_procedure(file).version != before


def test_the_whole_text_needs_no_other_file(folder: Folder) -> None:
    """The text that is stored gives the same procedure, without any part."""
    file = folder.short(BOTH)
    written = read_procedure(file)
    assert parse_procedure(written.text, "stored") == load_procedure(file)
    assert set(written.origins.values()) == {"ask", "bye"}
    assert "use" not in tomllib.loads(written.text)["steps"][0]


def test_a_file_without_parts_is_its_own_text(folder: Folder) -> None:
    """Without parts the text stays as it is written, with its comments."""
    rest = own("end") + "# Mine.\n"
    assert read_procedure(folder.short(rest)).text == PROCEDURE + rest


def test_an_offices_part_takes_the_place_of_gardus(folder: Folder) -> None:
    """A part of the same name in the office's folder is used; the others come with Gardu."""
    folder.part("meeting", ASK.replace('"ask"', '"meeting"'))
    assert phases(folder.step('use = "meeting"')) == ["tanya", "menunggu"]
    assert part_files(folder.path)["screening"] == CONFIG / "sop/parts/screening.toml"
    folder.short('use = ["meeting", "card-out"]')
    assert parts_of(folder.path, ["short", "absent"]) == sorted(
        [CONFIG / "sop/parts/card-out.toml", folder.path / "parts/meeting.toml"]
    )


SLIPS: dict[str, tuple[str, str]] = {
    "no such part": (
        'use = ["asks", "bye"]\nwith = { event = "button.done" }',
        (
            "short.toml: line 16: steps[0].use: 'asks' is no part (did you mean ask?); "
            "allowed: approval-call, ask, ask-again, bye, card-and-belongings-back"
        ),
    ),
    "no such parameter": (
        'use = "ask"\nwith = { secnds = 5 }',
        (
            "short.toml: line 17: steps[0].with.secnds: is no parameter of its parts (did you mean "
            "seconds?); allowed: late, refused, seconds, stills"
        ),
    ),
    "values without parts": (
        "with = { seconds = 5 }\n" + own("end"),
        "short.toml: line 16: steps[0].with: has values for parts, but use names none",
    ),
    "a value is missing": (
        'use = "bye"',
        "short.toml: line 8: steps[0].with.event: is missing: the event that ends the visit",
    ),
    "a value of another kind": (
        'use = "ask"\nwith = { seconds = "soon" }',
        "short.toml: line 17: steps[0].with.seconds: is 'soon'; allowed for the part ask: a number",
    ),
    "a value that a phase cannot have": (
        'use = "bye"\nwith = { event = "timeout" }',
        'parts/bye.toml: line 16: phases[0]: step only, phase pamit, on "timeout": timeout and',
    ),
    "two parts with one phase": (
        'use = ["ask", "ask-again"]',
        "short.toml: line 16: steps[0].use: phase tanya is in the parts ask and ask-again; allowed",
    ),
    "neither parts nor phases": (
        "",
        "short.toml: line 8: steps[0]: step only: has no phases; allowed: phases, or",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_step_is_named(folder: Folder, slip: str) -> None:
    """Which file, line and key, and what is allowed."""
    folder.part("ask-again", ASK.replace('"ask"', '"ask-again"'))
    rest, begin = SLIPS[slip]
    found = folder.problems(rest)
    assert any(line.startswith(begin) for line in found), found


PART_SLIPS: dict[str, tuple[str, str, str]] = {
    "a wrong value": (
        'id = "tanya"\n',
        'id = "tanya"\nlamp = "blue"\n',
        (
            "parts/ask.toml: line 26: phases[0].lamp: is 'blue'; allowed: off, on, slow, fast "
            "(used by step only of short.toml)"
        ),
    ),
    "an unknown key": (
        'id = "tanya"\n',
        'id = "tanya"\nlamps = "on"\n',
        "parts/ask.toml: line 26: phases[0].lamps: is no key here (did you mean lamp?)",
    ),
    "an unknown placeholder": (
        '"{seconds}"',
        '"{second}"',
        (
            "parts/ask.toml: line 29: phases[0].on[1].after_s: {second} is no parameter (did you "
            "mean seconds?); allowed: late, refused, seconds, stills"
        ),
    ),
    "an unknown key for the step": (
        "timed_from",
        "standard_s = 5\ntimed_from",
        "parts/ask.toml: line 22: step.standard_s: is no key for a step; allowed: timed_from",
    ),
    "another id than its file": (
        'id = "ask"',
        'id = "asks"',
        "parts/ask.toml: line 2: id: is 'asks'; allowed: 'ask', as the file is called",
    ),
    "no TOML": ("[step]", "[step", "parts/ask.toml: is not valid TOML: line 21"),
    "itself": (
        'id = "ask"',
        'id = "ask"\nuse = "bye"',
        "parts/ask.toml: line 3: use: the part uses itself (ask -> bye -> ask)",
    ),
}


@pytest.mark.parametrize("slip", PART_SLIPS)
def test_a_slip_in_a_part_is_named(folder: Folder, slip: str) -> None:
    """The part's file and line, and the step that used it."""
    old, new, begin = PART_SLIPS[slip]
    assert old in ASK
    folder.part("ask", ASK.replace(old, new, 1))
    if slip == "itself":
        folder.part("bye", BYE.replace('id = "bye"', 'id = "bye"\nuse = "ask"'))
    found = folder.problems('use = "ask"')
    assert any(line.startswith(begin) for line in found), found


def test_a_part_that_cannot_be_read_is_tried_again(folder: Folder) -> None:
    """A card that gives no answer now is another matter than a wrong file."""
    (folder.path / "parts/ask.toml").unlink()
    (folder.path / "parts/ask.toml").mkdir()
    with pytest.raises(ConfigUnavailable, match=r"parts/ask\.toml"):
        load_procedure(folder.short('use = "ask"'))


@pytest.mark.parametrize("name", sorted(part_files(CONFIG / "sop")))
def test_every_shipped_part_is_used_by_a_shipped_procedure(name: str) -> None:
    """A part that no procedure uses would be in no test."""
    examples = CONFIG / "sop/examples"
    found = [
        *parts_of(CONFIG / "sop", SHIPPED),
        *parts_of(examples, sorted(path.stem for path in examples.glob("*.toml"))),
        *parts_of(ARCHIVE, ["arsip"]),
    ]
    assert CONFIG / f"sop/parts/{name}.toml" in found


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_procedures_are_mostly_the_law(name: str) -> None:
    """Below 200 lines each, so that an office reads its own SOP in them."""
    lines = (CONFIG / f"sop/{name}.toml").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
