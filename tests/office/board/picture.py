"""Makes the picture of the office's page: ``python -m tests.office.board.picture FILE.png``."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from office.board.application import board_application
from office.board.context import Context, Settings
from office.board.roles import Role
from office.board.sessions import COOKIE
from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.reading import make_reading_engine
from office.database.schema import prepare
from office.database.users import UserRow, add_user
from pages.server import Server
from tests.office.board.lobbies import META, HandClock, fill, store
from tests.pages.chromium import browser


def picture(folder: Path, file: Path) -> None:
    """Fill a database in *folder*, let a fire break out, and write the board into *file*."""
    section = DatabaseSection(url=f"sqlite:///{folder}/office.db")
    engine = make_engine(section)
    prepare(engine, section)
    lobby, annex = fill(engine)
    fire = {"since": "2026-11-21T03:58:00.000Z", "visits": 2, "persons": 4}
    place = META | {"place": "Lobi gedung B"}
    duress = {"since": "2026-11-21T03:50:00.000Z", "detail": "panel 2"}
    store(
        engine,
        lobby.live("state/alarm/fire", fire),
        annex.live("meta", place),
        annex.live("state/alarm/duress", duress),
    )
    with engine.begin() as connection:
        add_user(connection, UserRow("perwira", Role.DUTY_OFFICER, "no hash", 0))
    settings = Settings(ZoneInfo("Asia/Jakarta"), 3600.0)
    context = Context(make_reading_engine(section), engine, settings, HandClock())
    cookie = context.gate.sessions.begin("perwira", context.now_ms)
    with Server(board_application(context)) as server, browser(height=720) as page:
        page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": server.url}])
        page.goto(server.url)
        page.wait_for_selector("#part-checkpoints")
        page.screenshot(path=file)


def main() -> None:
    """Make the picture that the command line names."""
    with TemporaryDirectory() as folder:
        picture(Path(folder), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
