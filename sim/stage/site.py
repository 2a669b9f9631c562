"""The site of a simulation: its records and topics are marked as simulated by their site."""

from pathlib import Path

import tomli_w

from edge.config.toml_text import read_toml

_MARK = "sim-"
# The longest name of a site.
_LONGEST = 64


def simulated(site: str) -> str:
    """Return the name under which the simulation of *site* publishes: ``sim-`` before it."""
    return site if site.startswith(_MARK) else f"{_MARK}{site}"[:_LONGEST].rstrip("-")


def write_config(source: Path, site: str, folder: Path) -> Path:
    """Write the config *source* with another *site* into *folder*; return its file.

    World and daemon both read it: an invitation names the site. A client id of the broker section
    is the real checkpoint's, which a second client would throw off the broker: it is left out.
    """
    raw = read_toml(source)
    checkpoint = {**raw["checkpoint"], "site": site}
    checkpoint["sop"] = str((source.parent / checkpoint.get("sop", "sop")).absolute())
    if checkpoint.get("wording"):
        checkpoint["wording"] = str((source.parent / checkpoint["wording"]).absolute())
    broker = {key: value for key, value in raw.get("broker", {}).items() if key != "client_id"}
    written = folder / "checkpoint.toml"
    text = tomli_w.dumps({**raw, "checkpoint": checkpoint, "broker": broker})
    written.write_text(text, encoding="utf-8")
    return written
