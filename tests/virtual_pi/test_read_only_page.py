"""The commands that the virtual Pi takes from docs/read-only-root.md."""

import pytest

from virtual_pi import read_only
from virtual_pi.site import REPOSITORY


def test_the_page_has_the_commands() -> None:
    """The commands run as written, with the device of the test and a stop at the first error."""
    page = read_only.PAGE.read_text("utf-8")
    script = read_only.commands(page, "/dev/vdb").splitlines()
    assert script[:2] == ["set -e", "DATA=/dev/vdb"]
    assert any("mkfs.ext4" in line and "gardu-data" in line for line in script)
    assert "systemctl start gardu" in read_only.commands_back(page)


def test_every_unit_of_the_page_is_shipped() -> None:
    """Each mount unit that the page enables lies in systemd/read-only-root."""
    page = read_only.PAGE.read_text("utf-8")
    enabled = next(line for line in page.splitlines() if line.startswith("sudo systemctl enable "))
    shipped = {path.name for path in (REPOSITORY / "systemd/read-only-root").iterdir()}
    assert set(enabled.split()[3:]) == {name for name in shipped if name.endswith(".mount")}


@pytest.mark.parametrize("find", [lambda page: read_only.commands(page, "/dev/vdb"),
                                  read_only.commands_back])  # fmt: skip
def test_a_page_without_commands(find: object) -> None:
    """A page that lost its commands is an error, not an empty test."""
    assert callable(find)
    with pytest.raises(ValueError, match="commands"):
        find("# Read-only root\n")
