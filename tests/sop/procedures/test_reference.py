"""docs/procedures-reference.md: every key and word of procedure files, as the loader has them."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from edge.config.validation import Problems, convert
from edge.sop.procedures.deeds import DEEDS
from edge.sop.procedures.legal_text import LegalText
from edge.sop.procedures.model import Phase, Procedure, Step, Transition
from edge.sop.procedures.parts import STEP_KEYS, Part
from edge.sop.procedures.reference import _SECTIONS, reference
from edge.sop.procedures.vocabulary import EVENTS, NEEDS, TARGETS, VERBS

PAGE = Path(__file__).parents[3] / "docs" / "procedures-reference.md"

# A file of each kind in which every table has a key that is none.
PROCEDURE = """
unknown = 1
steps = [{ unknown = 1, phases = [{ unknown = 1, on = [{ unknown = 1 }] }] }]
values = [{ unknown = 1 }]
hours = [{ unknown = 1 }]
lanes = [{ unknown = 1 }]
duties = [{ unknown = 1 }]
approval = { unknown = 1 }
"""
PART = "unknown = 1\nparameters = { one = { unknown = 1 } }"
LEGAL = "unknown = 1\nrows = [{ unknown = 1 }]"


def rows(section: str) -> dict[str, list[str]]:
    """Return the cells of the table under the heading *section*, by the first of them."""
    text = reference().split(f"\n### {section}\n")[1].split("\n### ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


def test_the_page_is_up_to_date() -> None:
    """After a change: python -m edge.sop.procedures.reference > docs/procedures-reference.md."""
    assert PAGE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize(
    ("section", "words"),
    [("Targets", TARGETS), ("Events", EVENTS), ("Actions", VERBS), ("Needs", NEEDS)],
)
def test_each_word_is_on_the_page_with_its_meaning(section: str, words: dict[str, object]) -> None:
    """A writer chooses from these tables; a word without a meaning would be a guess."""
    found = rows(section)
    assert set(words) <= set(found)
    assert all(meaning for meaning, *_ in found.values())


def test_each_deed_is_on_the_page_in_both_languages() -> None:
    """An office chooses the deeds of its law from this table."""
    found = rows("Deeds")
    assert {name: (deed.text.id, deed.text.en) for name, deed in DEEDS.items()} == {
        name: (indonesian, english) for name, (indonesian, english, _) in found.items()
    }
    assert found["host-answered"][2] == "`aiphone.accept`, `aiphone.decline`"
    assert found["guest-greeted"][2].strip() == ""


@pytest.mark.parametrize(
    ("kind", "text", "sections"),
    [
        (
            Procedure,
            PROCEDURE,
            [
                "The file", "`[[steps]]`", "`[[steps.phases]]`", "A transition in `on`",
                "`[[values]]`", "`hours`", "`lanes`", "`[[duties]]`", "`[approval]`",
            ],
        ),
        (Part, PART, ["A part", "`[parameters.NAME]` of a part"]),
        (LegalText, LEGAL, ["A legal text", "`[[rows]]` of a legal text"]),
    ],
)  # fmt: skip
def test_each_key_that_the_loader_takes_is_on_the_page(
    kind: type[msgspec.Struct], text: str, sections: list[str]
) -> None:
    """The page is complete: the keys that the loader names as allowed are in the tables."""
    problems = Problems("file")
    convert(kind, tomllib.loads(text), "", problems)
    named = [re.search(r"no key here; allowed: (.*)", line) for line in problems.lines]
    allowed = {frozenset(found[1].split(", ")) for found in named if found}
    assert len(allowed) == len(sections)
    assert {frozenset(rows(section)) for section in sections} == allowed
    assert all(meaning[0] for section in sections for meaning in rows(section).values())


def test_the_keys_of_a_step_that_a_part_can_have_are_named() -> None:
    """A part with another key is refused, so its writer must know them."""
    (meaning,) = rows("A part")["step"]
    assert set(re.findall(r"`(\w+)`", meaning)) == set(STEP_KEYS)


def test_the_page_speaks_to_a_writer_of_procedures() -> None:
    """No module and no markup of the code: the reader edits TOML, not Python."""
    text = reference()
    assert re.findall(r"\w+\.py\b|:\w+:`|``", text) == []


def test_a_key_with_words_of_its_own_leads_to_their_table() -> None:
    """From `do` to the actions, from `needs` to the needs: one click."""
    assert "[Actions](#actions)" in rows("`[[steps.phases]]`")["do"][0]
    assert "[Deeds](#deeds)" in rows("`[[rows]]` of a legal text")["demands"][0]


def test_each_link_to_an_explanation_is_of_a_word_or_key_that_exists() -> None:
    """A renamed word does not lose its explanation in silence."""
    kinds = (Procedure, Step, Phase, Transition)
    keys = {key for kind in kinds for key in kind.__struct_encode_fields__}
    assert set(_SECTIONS) <= {*EVENTS, *NEEDS, *VERBS, "value.ID", *keys}
