"""An office whose files have the same hostile words in every text that people read."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from edge.config.places import default_config_folder

BEFORE, AFTER = "QX", "QY"
"""What stands before and after each hostile word, so that it is found in an output."""

_TEXTS = frozenset(
    {
        "title", "heading", "activity", "prose", "source", "office", "equipment", "output", "note",
        "place", "label", "ask", "answer", "name", "legal_basis", "warnings", "records",
        "qualifications", "related", "approved_by",
    }
)  # fmt: skip
_PROCEDURES = ("pimpinan", "eselon-2-3")
# The longest that the texts of some keys may be, characters.
_LONGEST = {"label": 40, "title": 60}


def build(folder: Path, word: str) -> Path:
    """Write an office's files with *word* in each text into *folder*; return the config."""
    from_folder = default_config_folder()
    sop = folder / "sop"
    (sop / "legal").mkdir(parents=True)
    for name in _PROCEDURES:
        for file in (f"{name}.toml", f"legal/{name}.toml"):
            _copy(from_folder / "sop" / file, sop / file, word)
    _copy(from_folder / "wording.toml", folder / "wording.toml", word)
    config = folder / "gardu.toml"
    _copy(from_folder / "gardu-hosts.toml", config, word, data=str(folder / "data"))
    return config


def _copy(source: Path, to: Path, word: str, data: str = "") -> None:
    raw = _marked(tomllib.loads(source.read_text(encoding="utf-8")), f"{BEFORE}{word}{AFTER}")
    if data:
        raw["checkpoint"] |= {"data": data, "sop": "sop", "wording": "wording.toml"}
    to.write_text(tomli_w.dumps(raw), encoding="utf-8")


def _marked(value: Any, mark: str, key: str = "") -> Any:
    if isinstance(value, dict):
        if {"id", "en"} <= value.keys():
            return {
                name: f"{text}{mark}" if isinstance(text, str) else _marked(text, mark, name)
                for name, text in value.items()
            }
        return {name: _marked(item, mark, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, mark, key) for item in value]
    if not isinstance(value, str) or key not in _TEXTS:
        return value
    return f"{value[: _LONGEST.get(key, 1000) - len(mark)]}{mark}"
