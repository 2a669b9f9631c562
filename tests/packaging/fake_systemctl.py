"""A systemctl that acts on a small folder: the state of one unit, and each version's behaviour.

The folder ``machine`` beside it has ``state.json`` and ``opt``; the file ``behaviour`` of the
current version has what its daemon does: ``ready``, ``dies`` (after READY), ``refuses`` (ends with
78), ``crashes`` (systemd restarts it for ever), ``hangs`` (never READY) or ``migrates`` (READY
after a long migration).
"""

import json
import os
import sys
import uuid
from pathlib import Path

LONG = 20


def main(folder: Path, words: list[str]) -> None:
    """Run one command."""
    verb = next(word for word in words if not word.startswith("-"))
    with (folder / "commands").open("a") as log:
        log.write(f"{verb}\n")
    state = json.loads((folder / "state.json").read_text())
    match verb:
        case "show":
            state = shown(folder, state)
            for name, value in state.items():
                print(f"{name}={value}")
        case "start":
            state = {
                **state,
                "ActiveState": "activating",
                "SubState": "start",
                "Looks": 0,
                "InvocationID": uuid.uuid4().hex,
                "StatusText": "",
                "Result": "success",
            }
        case "stop":
            state |= {"ActiveState": "inactive", "SubState": "dead", "StatusText": ""}
    part = folder / "state.part"
    part.write_text(json.dumps(state))
    part.rename(folder / "state.json")


def shown(folder: Path, state: dict[str, object]) -> dict[str, object]:
    """Return the state after one more look at the daemon of the current version."""
    if state["ActiveState"] in ("inactive", "failed") or "Looks" not in state:
        return state
    looks = int(str(state["Looks"])) + 1
    behaviour = (folder / "opt" / "current" / "behaviour").read_text().strip()
    ready = {"ActiveState": "active", "SubState": "running", "StatusText": "ready"}
    ended = {"ActiveState": "activating", "SubState": "auto-restart", "Result": "signal",
             "InvocationID": uuid.uuid4().hex}  # fmt: skip
    failed = {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code",
              "ExecMainStatus": "78", "StatusText": "ended: gardu.toml: unknown key"}  # fmt: skip
    found = {
        "ready": ready,
        "dies": ready if looks <= 2 else ended,
        "refuses": failed,
        "crashes": ended,
        "hangs": {},
        "migrates": ready if looks > LONG else {"StatusText": "migrating the database"},
    }
    return {**state, "Looks": looks, **found[behaviour]}


if __name__ == "__main__":
    main(Path(os.environ["FAKE_SYSTEMD"]), sys.argv[1:])
