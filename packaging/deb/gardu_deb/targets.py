"""Targets of the package: a Debian suite and an architecture each (targets.toml)."""

import sys
import tomllib
from pathlib import Path
from typing import NamedTuple, Self

_TARGETS = tomllib.loads(Path(__file__).with_name("targets.toml").read_text(encoding="utf-8"))
SUITES: tuple[str, ...] = tuple(_TARGETS["suites"])
ARCHITECTURES: tuple[str, ...] = tuple(_TARGETS["architectures"])


class Target(NamedTuple):
    """One package: a suite, an architecture, and how Python names them."""

    suite: str
    architecture: str
    python: str
    """The suite's version of Python, as in 3.13."""
    platform: str
    """The platform tag of its wheels, as in aarch64-manylinux_2_36."""

    @classmethod
    def named(cls, suite: str, architecture: str) -> Self:
        """Return the target of that name.

        Raises ValueError, with the allowed names, if there is no such suite or architecture.
        """
        for kind, name, known in (
            ("suite", suite, SUITES),
            ("architecture", architecture, ARCHITECTURES),
        ):
            if name not in known:
                raise ValueError(f"no {kind} {name!r}; known are {', '.join(known)}")
        facts = _TARGETS["suites"][suite]
        machine = _TARGETS["architectures"][architecture]
        return cls(suite, architecture, facts["python"], f"{machine}-{facts['libc']}")

    def __str__(self) -> str:
        """Return the target as people name it, as in "trixie arm64"."""
        return f"{self.suite} {self.architecture}"


if __name__ == "__main__":
    # For debian/rules: the Python of a suite.
    print(_TARGETS["suites"][sys.argv[1]]["python"])
