"""Test folders in memory: a sync of a disk takes milliseconds, and stores make thousands.

What a disk may lose is tested on disks of our own (tests/faults/powercut).
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")
_ENOUGH = 2**30  # free bytes


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of this test: in memory where there is enough."""
    enough = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    place = _MEMORY if enough else tmp_path_factory.getbasetemp()
    with tempfile.TemporaryDirectory(
        prefix="gardu-test-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)
