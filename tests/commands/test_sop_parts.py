"""`gardu sop`: parts, whole texts, and procedures by id or by file."""

from pathlib import Path

from edge.config.places import default_config_folder
from edge.sop.procedures.loading import load_procedure, read_procedure
from tests.command_line import invoke

SOP = default_config_folder() / "sop"


def test_parts_are_listed_with_their_parameters(tmp_path: Path) -> None:
    """Who writes a procedure sees what there is to use, and the values that a step must give."""
    (tmp_path / "parts").mkdir()
    text = (SOP / "parts/meeting.toml").read_text(encoding="utf-8")
    (tmp_path / "parts/meeting.toml").write_text(text, encoding="utf-8")
    done = invoke(["sop", "parts", "--folder", str(tmp_path)])
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert done.exit_code == 0
    assert " own " in lines["meeting"]
    assert " own " not in lines["screening"]
    assert "back" in lines["waiting-room"]
    assert "required" in lines["waiting-room"]
    assert "reminder_s" in lines["meeting"]


def test_a_part_with_problems_is_named_and_the_others_are_listed(tmp_path: Path) -> None:
    """One bad part hides no other."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/meeting.toml").write_text("id = 1", encoding="utf-8")
    done = invoke(["sop", "parts", "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert "parts/meeting.toml: line 1: id: is 1" in done.stderr
    assert "waiting-room" in done.stdout


def test_expanded_prints_the_file_whole(tmp_path: Path) -> None:
    """What is printed is a procedure file without parts that behaves the same."""
    done = invoke(["sop", "show", "jatim", "--folder", str(SOP), "--expanded"])
    assert done.exit_code == 0
    assert "# part host-call\n[[steps.phases]]" in done.stdout
    file = tmp_path / "jatim.toml"
    file.write_text(done.stdout, encoding="utf-8")
    assert not read_procedure(file).files
    assert load_procedure(file).steps == load_procedure(SOP / "jatim.toml").steps


def test_ids_and_files_are_taken_alike(tmp_path: Path) -> None:
    """Show, verify and diff take an id of the folder or a file anywhere."""
    file = tmp_path / "pimpinan.toml"
    file.write_bytes((SOP / "pimpinan.toml").read_bytes())
    for name in ("pimpinan", str(file)):
        folder = ["--folder", str(SOP)]
        assert invoke(["sop", "show", name, "--form", "table", *folder]).exit_code == 0
        assert invoke(["sop", "show", name, "--expanded", *folder]).exit_code == 0
        verified = invoke(["sop", "verify", name, *folder])
        assert verified.exit_code == 0, verified.output
        assert invoke(["sop", "diff", name, "jatim", *folder]).exit_code == 0


def test_a_mistyped_id_is_explained() -> None:
    """The id that was meant, and those that there are."""
    for command in (["show", "pimpnan"], ["verify", "pimpnan"], ["diff", "pimpnan", "jatim"]):
        done = invoke(["sop", *command, "--folder", str(SOP)])
        assert done.exit_code == 2, done.output
        assert "no procedure 'pimpnan' (did you mean pimpinan?)" in done.stderr
