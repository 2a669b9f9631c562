"""Each error of each driver has a remedy of its own, in whole sentences."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge.drivers

FOLDER = Path(edge.drivers.__file__).parent
ERRORS = {"DeviceUnavailable", "DeviceFault", "ModuleUnavailable"}


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Yield place and call of every device error that a driver makes."""
    for path in sorted(FOLDER.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        kinds = ERRORS | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            and any(isinstance(base, ast.Name) and base.id in ERRORS for base in node.bases)
            and not any(getattr(part, "name", "") == "__init__" for part in node.body)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in kinds:
                yield f"{path.relative_to(FOLDER)}:{node.lineno}", node


@pytest.mark.parametrize(("place", "call"), [pytest.param(*one, id=one[0]) for one in raised()])
def test_an_error_has_a_remedy(place: str, call: ast.Call) -> None:
    """A technician gets a first step for each error, not only its name."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "remedy"]
    assert len(call.args) == 2 or named, f"{place}: no remedy"
    remedy = (named or call.args[1:])[0]
    if isinstance(remedy, ast.Constant):
        assert str(remedy.value).endswith((".", "?")), f"{place}: no whole sentence"
