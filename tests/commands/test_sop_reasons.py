"""`gardu sop reasons`: the polite words, as reception reads them."""

from pathlib import Path

from edge.config.places import default_wording
from edge.sop.wording import load_wording
from tests.command_line import invoke


def test_every_reason_is_printed_with_both_wordings() -> None:
    """Every reason is printed with the Indonesian and English words of its file."""
    done = invoke(["sop", "reasons", "--file", str(default_wording())])
    assert done.exit_code == 0
    for reason, text in load_wording(default_wording()).reasons.items():
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{reason} ")]
        assert text.id in line
        assert text.en in line


def test_a_bad_file_is_said_and_ends_with_2(tmp_path: Path) -> None:
    """A bad file ends with 2, and with file, key and allowed values."""
    file = tmp_path / "wording.toml"
    file.write_text('[reasons.host-absent]\nid = "Maaf"\nen = ""\n', encoding="utf-8")
    done = invoke(["sop", "reasons", "--file", str(file)])
    assert done.exit_code == 2
    assert f"{file}: line 3: reasons.host-absent.en: is empty; allowed: polite words" in done.stderr
