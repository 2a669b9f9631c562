"""Passwords of the page's users: their Argon2 hashes, and which are too weak."""

import argon2

SHORTEST, LONGEST = 10, 200
_hasher = argon2.PasswordHasher()
_FEWEST_CHARACTERS = 5
# Of no user: compared for a name that is not there, so that the time of the answer is the same.
_OF_NO_USER = _hasher.hash("")


def weakness(password: str, name: str) -> str:
    """Return why *password* is too weak for the user *name*; empty if it is not."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len(set(password)) < _FEWEST_CHARACTERS:
        return f"a password has at least {_FEWEST_CHARACTERS} different characters"
    if name in password.lower():
        return "a password does not contain the user's name"
    return ""


def hashed(password: str) -> str:
    """Return the Argon2 hash of *password*."""
    return _hasher.hash(password)


def matches(known: str | None, password: str) -> bool:
    """Return True if *known* is the hash of *password*; None: of no user, which takes as long."""
    try:
        return _hasher.verify(known or _OF_NO_USER, password[: LONGEST + 1]) and known is not None
    except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
        return False
