"""The record of a switch: ``switching.json`` under way, ``last-switch.json`` after its end."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from gardu_upgrade import durable


@dataclass(frozen=True)
class Switch:
    """A switch from one version to another.

    :ivar before: the version that was current; empty if there was none
    :ivar to: the version to switch to
    :ivar kept: the version that was the previous one before the switch; empty if there was none
    :ivar worked: True if the version *before* worked when the switch began
    :ivar step: ``trial``: *to* is being tried; ``back``: it failed, and *before* comes back
    :ivar trials: number of trials that were begun: each power cut ends one
    :ivar new_stream: True if the database may begin a new stream on the way (database.py)
    :ivar why: the reason of the failure, in words; empty if there is none
    :ivar when: when it began, or for the last switch when it ended (local time, ISO 8601)
    """

    before: str
    to: str
    kept: str = ""
    worked: bool = True
    step: str = "trial"
    trials: int = 0
    new_stream: bool = False
    why: str = ""
    when: str = ""


def write(path: Path, switch: Switch) -> None:
    """Write *switch* to *path*, durably."""
    durable.write(path, json.dumps(dataclasses.asdict(switch), indent=1) + "\n")


def read(path: Path) -> Switch | None:
    """Return the record in *path*; None if there is none.

    Fields that another version of this tool has added are left out.

    :raises ValueError: if it cannot be understood
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    try:
        known = {
            field.name: type(field.default)(found[field.name])
            for field in dataclasses.fields(Switch)
            if field.name in found and field.default is not dataclasses.MISSING
        }
        return Switch(before=str(found["before"]), to=str(found["to"]), **known)
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path} has no switch in it: {error}") from error
