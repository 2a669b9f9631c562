"""The polite words: every reason has them in both languages; incomplete files are refused."""

from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from edge.errors import ConfigError
from edge.sop.procedures.model import Text
from edge.sop.wording import Wording, load_wording, naming, published, reasons_of, without_words
from tests.sop.data_centre import PROCEDURE as DATA_CENTRE
from tests.sop.stand import PROCEDURES

GENERAL = '[reasons.a]\nid = "Maaf"\nen = "Sorry"\n'
TITLES = {"bupati": "Bupati", "wakil-bupati": "Wakil Bupati"}
WORDING = default_config_folder() / "wording.toml"


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_reason_that_a_guest_may_be_told_has_words(procedure: str) -> None:
    """No guest is turned away without "alasan yang tepat dan sopan"."""
    assert without_words([PROCEDURES[procedure]], load_wording(WORDING)) == []
    assert {"host-away", "host-absent"} <= set(reasons_of(PROCEDURES[procedure]))


def test_a_reason_of_a_refusal_without_words_is_noted_too() -> None:
    """Usual reasons of refusals, and those that the officer can choose."""
    wording = Wording(reasons={})
    assert (
        'procedure jatim: no words for the reason "dress-or-belongings"; add '
        "[reasons.dress-or-belongings] to the wording file"
        in without_words([PROCEDURES["jatim"]], wording)
    )
    chosen = [f'"{reason}"' for reason in DATA_CENTRE.refusals]
    lacking = " ".join(without_words([DATA_CENTRE], wording))
    assert [reason for reason in chosen if reason not in lacking] == []
    assert "guest-left" not in lacking


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
        (
            '[reasons.a]\nid = "{host} pergi"\nen = "Sorry"\n',
            "line 2: reasons.a.id: contains {host}; allowed only in [reasons.a.host]",
        ),
        (
            f'{GENERAL}[reasons.a.host]\nid = "Maaf"\nen = "the {{host}} is away"\n',
            "line 5: reasons.a.host.id: does not contain {host}; allowed: polite words with it",
        ),
        (
            f'{GENERAL}[reasons.a.host]\nid = "{{host}} pergi"\nen = " {{host}} "\n',
            "line 6: reasons.a.host.en: is only {host}; allowed: polite words with it",
        ),
        (
            f'{GENERAL}[reasons.a.host]\nid = "{{host}} {{guest}}"\nen = "the {{host}} is away"\n',
            "line 5: reasons.a.host.id: contains a brace that is not of {host}",
        ),
        (
            f'{GENERAL}[reasons.a.host]\nid = "{{host}} pergi"\nen = "the {{{{host}}}} is away"\n',
            "line 6: reasons.a.host.en: contains a brace that is not of {host}",
        ),
        (f'{GENERAL}[reasons.a.host]\nid = "{{host}} pergi"\n', "reasons.a.host.en"),
        (f'{GENERAL}[reasons.a.host]\nid = "{{host}}"\nen = "{{host}}"\nfr = "x"\n', "fr"),
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
    words = published(load_wording(WORDING), {})
    assert words["host-absent"]["id"].startswith("Mohon maaf")
    assert set(words["host-absent"]) == {"id", "en"}


def test_the_words_about_a_host_are_published_with_each_title() -> None:
    """The desk application shows finished words for the guest's host, and fills in nothing."""
    words = published(load_wording(WORDING), TITLES)
    assert words["host-absent"]["hosts"] == {
        host: {
            "id": f"Mohon maaf, Bapak/Ibu {title} sedang tidak berada di tempat.",
            "en": f"We are sorry, the {title} is not in the office at the moment.",
        }
        for host, title in TITLES.items()
    }
    assert set(words["no-identity"]) == {"id", "en"}
    assert "{" not in "".join(
        text for one in words.values() if "hosts" in one for text in one["hosts"]["bupati"].values()
    )


def test_every_reason_about_the_host_can_name_the_host() -> None:
    """All shipped reasons that speak of the official have words with the title."""
    for reason, text in load_wording(WORDING).reasons.items():
        speaks_of_host = "yang akan ditemui" in text.id
        assert (text.host is not None) == speaks_of_host, reason


def test_a_title_is_never_read_as_a_placeholder() -> None:
    """A title is put in as it is, in every place of the words."""
    text = Text(id="{host}, ya, {host}", en="the {host}")
    assert naming(text, "Asisten {host} I") == Text(
        id="Asisten {host} I, ya, Asisten {host} I", en="the Asisten {host} I"
    )
