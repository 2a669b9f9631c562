"""The polite words: every reason has them in both languages; incomplete files are refused."""

from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from edge.errors import ConfigError
from edge.sop.wording import load_wording, published, reasons_of, without_words
from tests.sop.stand import PROCEDURES

WORDING = default_config_folder() / "wording.toml"


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_reason_that_a_guest_may_be_told_has_words(procedure: str) -> None:
    """No guest is turned away without "alasan yang tepat dan sopan"."""
    assert without_words([PROCEDURES[procedure]], load_wording(WORDING)) == []
    assert {"host-away", "host-absent"} <= set(reasons_of(PROCEDURES[procedure]))


def test_what_lacks_words_is_said_with_what_to_add(tmp_path: Path) -> None:
    """One line per reason: the procedure, the reason and the entry to add."""
    file = tmp_path / "wording.toml"
    file.write_text('[reasons.host-absent]\nid = "Maaf"\nen = "Sorry"\n', encoding="utf-8")
    lacking = without_words([PROCEDURES["jatim"]], load_wording(file))
    assert (
        'procedure jatim: no words for the reason "no-answer"; add [reasons.no-answer] to the '
        "wording file"
    ) in lacking
    assert not [line for line in lacking if "host-absent" in line]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[reasons.a]\nid = "Maaf"\n', "en"),
        ('[reasons.a]\nid = "Maaf"\nen = " "\n', "is empty; allowed: polite words"),
        ('[reasons.a]\nid = "Maaf"\nen = "Sorry"\nfr = "x"\n', "fr"),
        ('[reasons."A B"]\nid = "Maaf"\nen = "Sorry"\n', "lower-case"),
        ("[reasons\n", "wording.toml"),
    ],
)
def test_a_wording_file_that_is_not_right_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    """Each problem names file and key."""
    file = tmp_path / "wording.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_wording(file)
    assert problem in "\n".join(caught.value.problems)


def test_the_words_are_published_by_reason() -> None:
    """The desk application reads them in ``meta``."""
    words = published(load_wording(WORDING))
    assert words["host-absent"]["id"].startswith("Mohon maaf")
    assert set(words["host-absent"]) == {"id", "en"}
