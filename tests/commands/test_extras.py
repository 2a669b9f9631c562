"""Commands without the packages of the extras; the table that names the extra of a module."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from edge.commands.app import COMMANDS
from edge.commands.extras import EXTRAS, missing_library
from tests.bare_commands import CASES, HIDE, Case, fault, prepare
from tests.forks import Forks

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


NAMES = ["", "run", "sim", "desk", "office", "watch", *COMMANDS]
LOAD = f"{HIDE}\nfrom edge.commands.app import app_for\n" + "".join(
    f"app_for([{name!r}])\n" for name in NAMES
)


@pytest.fixture(scope="module")
def loaded() -> Iterator[Forks]:
    """A process without extras that has imported all commands."""
    with Forks(LOAD) as forks:
        yield forks


@pytest.mark.parametrize("case", CASES, ids=[case.words or "nothing" for case in CASES])
def test_without_extras_a_command_works_or_names_one(
    case: Case, tmp_path: Path, loaded: Forks
) -> None:
    """No traceback and no wrong complaint about options: the answer is what to install."""

    def run(code: str, words: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
        return loaded.run(code, *words, folder=folder)

    assert fault(case, tmp_path, prepare(tmp_path), run=run) == ""


def test_without_extras_every_command_is_loaded() -> None:
    """The module of each command is imported for its help: no import of it needs an extra."""
    ran = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_command_has_a_case() -> None:
    """A new command must be run without extras too."""
    assert {*COMMANDS, "run", "sim", "desk", "office", "watch"} <= {
        case.words.split()[0] for case in CASES if case.words
    }


def test_the_table_of_extras_is_that_of_the_package() -> None:
    """Each module belongs to a package that its extra installs (markupsafe comes with jinja2)."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    known = packages_distributions()
    for module, extra in EXTRAS.items():
        names = {name.lower() for name in known.get(module, [])} | {module.replace("_", "-")}
        wanted = {re.split("[>[]", line)[0].lower() for line in extras[extra]} | {"markupsafe"}
        assert names & wanted, module
    signs = ("invitations", "signatures")
    small = ("pi", "lgpio", "stills", "video", *signs, "print", "report", "sim")
    lines = [line for extra in small for line in extras[extra] if "gardu" not in line]
    brought = {line.partition(">")[0] for line in lines}
    named = {module for module, extra in EXTRAS.items() if extra in small}
    assert len(brought) == len(named - {"markupsafe"})


def test_any_other_missing_module_is_a_bug() -> None:
    """Only a library of an extra is explained; a missing module of ours keeps its traceback."""
    assert missing_library(ModuleNotFoundError("no", name="edge.nonsense")) is None
    words = missing_library(ModuleNotFoundError("no", name="PIL.Image"))
    assert words == "this needs PIL, which is not installed: pip install 'gardu[stills]'"
