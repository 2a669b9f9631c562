"""Checks of [sealing], and the notes about data that is stored without a key."""

from importlib.util import find_spec

from edge.config.model import Config
from edge.config.office_key import office_key
from edge.config.validation import Problems


def check_sealing(config: Config, problems: Problems) -> None:
    """Report an office key that has a typing error: what is sealed to it could not be opened."""
    if config.sealing is None:
        return
    try:
        office_key(config.sealing.office_key)
    except ValueError as error:
        problems.add(
            "sealing.office_key",
            f"{error}; allowed: a key as `gardu guestbook key new` or `key show` prints it",
        )


def check_sealing_library(config: Config, problems: Problems) -> None:
    """Add a problem if there is a key, but no library to seal with."""
    if config.sealing is not None and find_spec("nacl") is None:
        problems.add("sealing", "needs PyNaCl; install it: pip install 'gardu[sealing]'")


def sealing_notes(config: Config) -> list[str]:
    """Return what it means that personal data is stored without a key, if it is."""
    what = ["guests' details"] if config.guestbook.keep else []
    what += ["stills"] if config.cameras else []
    if config.sealing is not None or not what:
        return []
    stored = " and ".join(what)
    note = (
        f"sealing.office_key is missing: {stored} are stored unencrypted, and a person who takes "
        "this machine's storage can read them. `gardu guestbook key new`, on the office's "
        "computer, makes a key (docs/guestbook.md)."
    )
    return [note]
