"""`gardu sop diff`: the three ways to name a procedure."""

from pathlib import Path

import pytest

from edge.config.places import default_config_folder
from tests.command_line import invoke

SOP = default_config_folder() / "sop"


def test_ids_mean_the_files_of_the_folder() -> None:
    """An id means the file of that name in the folder, as for `gardu sop show`."""
    files = [str(SOP / f"{name}.toml") for name in ("pimpinan", "eselon-2-3")]
    by_id = invoke(["sop", "diff", "pimpinan", "eselon-2-3", "--folder", str(SOP)])
    assert by_id.exit_code == 0
    assert by_id.output == invoke(["sop", "diff", *files]).output
    assert "[-" in by_id.output


def test_a_file_and_an_id_may_be_mixed(tmp_path: Path) -> None:
    """A draft file can be compared with a procedure in force."""
    draft = tmp_path / "draft.toml"
    draft.write_bytes((SOP / "pimpinan.toml").read_bytes())
    done = invoke(["sop", "diff", "pimpinan", str(draft), "--folder", str(SOP)])
    assert done.exit_code == 0
    assert "nothing changes" in done.output


@pytest.mark.parametrize(
    ("name", "words"),
    [("bupati", "known: eselon-2-3"), ("no/such.toml", "no/such.toml"), ("pimpinan@3", "--config")],
)
def test_a_name_that_means_nothing_is_refused(name: str, words: str) -> None:
    """The refusal of an unknown name shows the name, and the known ones or the missing option."""
    done = invoke(["sop", "diff", name, "pimpinan", "--folder", str(SOP)])
    assert done.exit_code != 0
    assert words in done.output + str(done.exception)
