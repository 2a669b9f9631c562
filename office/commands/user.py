"""`gardu office user`: the users of the office's page."""

import re
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from sqlalchemy import Connection

from edge.commands.options import problems_printed, refuse, say
from office.board.roles import Role
from office.commands.options import OfficeOption
from office.config import DEFAULT_CONFIG, load_office_config

app = typer.Typer(no_args_is_help=True)
T = TypeVar("T")

NameArgument = Annotated[str, typer.Argument(help="The user's name at the log-in.")]
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")


@app.callback()
def user() -> None:
    """Add, list and remove users of the page.

    docs/office-page.md has the roles.
    """


@app.command()
def add(
    name: NameArgument,
    *,
    role: Annotated[Role, typer.Option(help="What the user may open.")],
    config: OfficeOption = DEFAULT_CONFIG,
) -> None:
    """Add a user. The password is asked for twice and not shown; a script gives it on two lines."""
    from office.database.users import UserRow, add_user, user_named

    if not _NAME.fullmatch(name):
        refuse(f"{name}: a name has lower-case letters, digits, dots and dashes, at most 64")
    if _run(config, lambda connection: user_named(connection, name)) is not None:
        refuse(f"{name}: is there already; gardu office user password {name} sets the password")
    row = UserRow(name, role.value, _new_password(name), _now_ms())
    _run(config, lambda connection: add_user(connection, row))
    say(f"{name}: added as {role}")


@app.command("list")
def list_users(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """List the users with their roles."""
    from office.database.users import all_users

    found = _run(config, all_users)
    for one in found:
        say(f"{one.name}  {one.role}")
    if not found:
        say("there is no user yet: gardu office user add NAME --role administrator", err=True)


@app.command()
def password(name: NameArgument, *, config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Set the password of a user; screens that are logged in as that user are logged out."""
    from office.database.users import set_password, user_named

    if _run(config, lambda connection: user_named(connection, name)) is None:
        refuse(f"{name}: there is no such user", code=1)
    made = _new_password(name)
    _run(config, lambda connection: set_password(connection, name, made, _now_ms()))
    say(f"{name}: the password is set")


@app.command()
def remove(name: NameArgument, *, config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Remove a user; screens that are logged in as that user are logged out."""
    from office.database.users import remove_user

    if not _run(config, lambda connection: remove_user(connection, name)):
        refuse(f"{name}: there is no such user", code=1)
    say(f"{name}: removed")


def _new_password(name: str) -> str:
    """Ask for a password; return its hash."""
    from office.board.passwords import SHORTEST, hashed, weakness

    asked = f"Password of {name}, at least {SHORTEST} characters"
    chosen: str = typer.prompt(asked, hide_input=True, confirmation_prompt=True)
    if why := weakness(chosen, name):
        refuse(why)
    return hashed(chosen)


def _run(config: OfficeOption, act: Callable[[Connection], T]) -> T:
    """Return what *act* returns on a connection to the office's database."""
    from sqlalchemy.exc import DBAPIError

    from office.database.engine import make_engine
    from office.database.failures import words_of
    from office.database.schema import prepare

    with problems_printed():
        section = load_office_config(config).database
    engine = make_engine(section)
    try:
        prepare(engine, section)
        with engine.begin() as connection:
            return act(connection)
    except DBAPIError as error:
        refuse(f"database {words_of(error, section)}", code=1)
    finally:
        engine.dispose()


def _now_ms() -> int:
    from edge.clock import Clock

    return Clock.from_environment().now().wall_ms
