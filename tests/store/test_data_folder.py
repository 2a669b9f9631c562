"""The data folder: it must exist, and root leaves no files in another user's."""

import os
import pwd
from pathlib import Path

import pytest

from edge.errors import StoreError
from edge.store.data_folder import LOCK, FolderLock, require
from tests.daemon.test_run import config_file, start

NOBODY = pwd.getpwnam("nobody").pw_uid


def test_a_missing_folder_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    """The sentence names folder, key and command; a folder that exists passes."""
    missing = tmp_path / "data"
    with pytest.raises(StoreError, match=rf"key data .*: install -d -m 0700 {missing}"):
        require(missing)
    require(tmp_path)


def test_the_daemon_makes_no_data_folder(tmp_path: Path) -> None:
    """`gardu run` with a wrong path ends with the sentence, and leaves no folder behind."""
    config = config_file(tmp_path)
    (tmp_path / "data").rmdir()
    with start(config) as daemon:
        _, words = daemon.communicate()
    assert daemon.returncode == 1
    assert f"gardu: the data folder {tmp_path / 'data'} is not there" in words
    assert "Traceback" not in words
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(bool(os.geteuid()), reason="needs root")
def test_root_leaves_no_file_in_the_folder_of_another_user(tmp_path: Path) -> None:
    """Root by hand is refused before any file is made there, with the command to type."""
    config = config_file(tmp_path)
    os.chown(tmp_path / "data", NOBODY, -1)
    with pytest.raises(StoreError, match=r"belongs to nobody: .* sudo -u nobody"):
        FolderLock(tmp_path / "data")
    with start(config) as daemon:
        _, words = daemon.communicate()
    assert (daemon.returncode, "sudo -u nobody" in words) == (1, True)
    assert not (tmp_path / "data" / LOCK).exists()
