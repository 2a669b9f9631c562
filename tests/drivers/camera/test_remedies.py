"""Every error of the camera drivers brings a remedy."""

import ast
from pathlib import Path

import pytest

import edge.drivers.camera

MODULES = sorted(Path(edge.drivers.camera.__path__[0]).glob("*.py"))
ERRORS = {"DeviceUnavailable", "DeviceFault", "Undecided", "NoAnswer", "OldTls", "Untrusted"}


def raised(module: Path) -> list[ast.Call]:
    """Return the places of *module* that make an error of a device."""
    return [
        node
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_error_has_a_remedy(module: Path) -> None:
    """An error without a remedy leaves the technician alone with it."""
    for call in raised(module):
        assert len(call.args) == 2, f"{module.name}:{call.lineno}: {ast.unparse(call)}"


def test_the_errors_are_found() -> None:
    """The search above sees the errors of most modules."""
    assert sum(bool(raised(module)) for module in MODULES) >= 10
