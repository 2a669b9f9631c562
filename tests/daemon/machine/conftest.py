"""Fixtures of the machine's tests."""

from pathlib import Path

import pytest

from tests.daemon.machine.fake_sys import FakeSys


@pytest.fixture
def sys(tmp_path: Path) -> FakeSys:
    """Give a folder like /sys."""
    return FakeSys(tmp_path / "sys")
