"""`gardu schema`: prints the schemas that are part of Gardu."""

import pytest

from edge.config.places import default_config_folder
from tests.command_line import invoke


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("config", "gardu.schema.json"),
        ("procedure", "procedure.schema.json"),
        ("legal", "legal.schema.json"),
    ],
)
def test_it_prints_the_schema_of_each_kind(kind: str, file: str) -> None:
    """The output is the file, byte by byte: it can be written over it."""
    done = invoke(["schema", kind])
    assert done.exit_code == 0
    text = (default_config_folder() / "schema" / file).read_text(encoding="utf-8")
    assert done.stdout == text


def test_an_unknown_kind_is_refused() -> None:
    """The answer names the kinds."""
    done = invoke(["schema", "sop"])
    assert done.exit_code == 2
    assert "config" in done.output
    assert "procedure" in done.output
    assert "legal" in done.output
