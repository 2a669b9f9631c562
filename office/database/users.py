"""Users of the page and their sessions, in the database.

SQLite does not delete a user's sessions by itself: every function that must does it.
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from office.database.tables import sessions, users

# Sessions of one user, at most; the ones that end first are ended for a new one.
MOST_SESSIONS = 50


class UserRow(NamedTuple):
    """A user: its role, the Argon2 hash of its password, and when that was set."""

    name: str
    role: str
    password: str
    changed_ms: int


class SessionUser(NamedTuple):
    """The user of a session."""

    name: str
    role: str


def all_users(connection: Connection) -> list[UserRow]:
    """Return the users by name."""
    query = select(users.c.name, users.c.role, users.c.password, users.c.changed_ms)
    return [UserRow(*row) for row in connection.execute(query.order_by(users.c.name))]


def user_named(connection: Connection, name: str) -> UserRow | None:
    """Return the user *name*; None if there is none."""
    query = select(users.c.name, users.c.role, users.c.password, users.c.changed_ms)
    row = connection.execute(query.where(users.c.name == name)).first()
    return None if row is None else UserRow(*row)


def add_user(connection: Connection, user: UserRow) -> None:
    """Add *user*, whose name is not there."""
    connection.execute(insert(users).values(user._asdict()))


def set_password(
    connection: Connection, name: str, password: str, at_ms: int, *, end_sessions: bool = True
) -> None:
    """Set the hash of the password of *name*, and end its sessions."""
    change = update(users).where(users.c.name == name)
    connection.execute(change.values(password=password, changed_ms=at_ms))
    if end_sessions:
        connection.execute(delete(sessions).where(sessions.c.user == name))


def remove_user(connection: Connection, name: str) -> bool:
    """Remove the user *name* and its sessions; return False if there is none."""
    connection.execute(delete(sessions).where(sessions.c.user == name))
    return connection.execute(delete(users).where(users.c.name == name)).rowcount > 0


def begin_session(
    connection: Connection, key: bytes, user: str, now_ms: int, until_ms: int
) -> None:
    """Add a session; those that have ended are deleted, and the oldest ones of too many."""
    connection.execute(delete(sessions).where(sessions.c.until_ms <= now_ms))
    own = select(sessions.c.key).where(sessions.c.user == user)
    newest = own.order_by(sessions.c.until_ms.desc()).limit(MOST_SESSIONS - 1)
    kept = list(connection.scalars(newest))
    connection.execute(delete(sessions).where(sessions.c.user == user, sessions.c.key.not_in(kept)))
    connection.execute(insert(sessions).values(key=key, user=user, until_ms=until_ms))


def session_user(connection: Connection, key: bytes, now_ms: int) -> SessionUser | None:
    """Return the user of the session *key*; None if there is none, or if it has ended."""
    query = (
        select(users.c.name, users.c.role)
        .join(sessions, sessions.c.user == users.c.name)
        .where(sessions.c.key == key, sessions.c.until_ms > now_ms)
    )
    row = connection.execute(query).first()
    return None if row is None else SessionUser(*row)


def end_session(connection: Connection, key: bytes) -> None:
    """End the session *key*, if there is one."""
    connection.execute(delete(sessions).where(sessions.c.key == key))
