"""Root's commands leave no database that the service's user cannot use."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.failures import words_of
from office.database.reading import make_reading_engine
from office.database.schema import migrate, prepare
from office.database.sqlite_file import RootsFile
from tests.longer import slow
from tests.private.test_root import USER, as_user

pytestmark = pytest.mark.skipif(bool(os.geteuid()), reason="needs root")

_WRITE = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE own (n)')"


@pytest.fixture
def section(tmp_path: Path) -> DatabaseSection:
    """A database, not there yet, in a folder of the service's user."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, USER, USER)
    return DatabaseSection(url=f"sqlite:///{folder}/office.db")


def owners(section: DatabaseSection) -> set[int]:
    """Return who owns the files of the database."""
    return {path.lstat().st_uid for path in Path(section.file).parent.iterdir()}


def test_root_makes_it_for_the_folders_user(section: DatabaseSection) -> None:
    """The file, and those beside it while it is in use, are that user's alone."""
    engine = make_engine(section)
    migrate(engine, section)
    with engine.begin():
        assert owners(section) == {USER}
    assert Path(section.file).stat().st_mode & 0o777 == 0o600
    engine.dispose()
    again = make_engine(section)
    prepare(again, section)
    assert owners(section) == {USER}
    again.dispose()


def test_a_reader_leaves_no_file_of_roots(section: DatabaseSection, tmp_path: Path) -> None:
    """A process that only reads may be the first; a folder that is not there is no failure here."""
    with make_reading_engine(section).connect():
        assert owners(section) == {USER}
    make_reading_engine(DatabaseSection(url=f"sqlite:///{tmp_path}/none/office.db"))


def test_a_file_of_roots_is_refused_in_words(section: DatabaseSection) -> None:
    """An older version has left it: the words say what to do, and nothing is changed."""
    Path(section.file).touch()
    with pytest.raises(RootsFile, match=f"chown #{USER}: {section.file}"):
        make_engine(section)
    assert owners(section) == {0}


def test_a_link_is_not_followed(section: DatabaseSection, tmp_path: Path) -> None:
    """The folder's user cannot have a file of root's given away by a link."""
    secret = tmp_path / "secret"
    secret.touch()
    Path(section.file).symlink_to(secret)
    with pytest.raises(RootsFile):
        make_engine(section)
    Path(section.file).unlink()
    Path(section.file).symlink_to(tmp_path / "nothing")
    with pytest.raises((RootsFile, OSError)):
        make_engine(section)
    assert secret.stat().st_uid == 0
    assert not (tmp_path / "nothing").exists()


def test_roots_own_folder_is_roots(tmp_path: Path) -> None:
    """In a folder of its own root makes its own file."""
    section = DatabaseSection(url=f"sqlite:///{tmp_path}/office.db")
    prepare(make_engine(section), section)
    assert Path(section.file).stat().st_uid == 0


def test_the_words_name_the_owner(section: DatabaseSection) -> None:
    """Who cannot write a database is told whose it is."""
    Path(section.file).touch()
    os.chown(section.file, USER, USER)
    error = sqlite3.OperationalError("attempt to write a readonly database")
    words = words_of(OperationalError("BEGIN", None, error), section)
    assert words.endswith(f"the file may only be read: it belongs to #{USER}")


@slow
@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs setpriv (util-linux)")
def test_the_services_user_can_write_it(section: DatabaseSection) -> None:
    """After root's command the service's user opens the database and changes it."""
    for folder in Path(section.file).parent.parents:
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    engine = make_engine(section)
    migrate(engine, section)
    engine.dispose()
    subprocess.run(as_user(sys.executable, "-c", _WRITE, section.file), check=True)
