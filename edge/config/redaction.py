"""Redaction: a config as it may leave the office, and the texts that must not.

Rules
-----
1. A value is shown only if its key is known: a password that stands under a wrong key is none of
   the keys that this module could hide by name.
2. Card numbers, and keys of invitations and requests, become counts.
3. Of a URL, user, password and the values of its query (cameras have passwords there) are removed.
4. Comments are left out: they may hold names.
5. The value of a key that names a secret's file is shown only if there is such a file: else it may
   be the secret itself.
6. It works on a config with mistakes too, because those are what is looked for.
"""

import re
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec.structs import fields

from edge.config.model import Broker, Config
from edge.config.sections.cameras import HttpCamera
from edge.config.sections.desk import Desk
from edge.config.sections.guests import Cards, Invitations
from edge.config.sections.requests import Requests

REMOVED = "(removed)"

_COUNTED = {(Cards, "visitor"), (Cards, "supervisor"), (Invitations, "keys"), (Requests, "keys")}
_URLS = {(Broker, "url"), (HttpCamera, "url")}
_FILES = {
    (Broker, "password_file"), (Broker, "key_file"), (HttpCamera, "password_file"),
    (Desk, "key_file"), (Desk, "pin_file"),
}  # fmt: skip
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[a-z_]{1,40}")
_VALUE = re.compile(r"=([^&;/]*)")
_LONGEST = 200


class Redacted(NamedTuple):
    """A config without secrets, and the secrets themselves, to be removed from other texts."""

    config: dict[str, Any]
    secrets: set[str]


def redact(raw: dict[str, Any], is_file: Callable[[str], bool]) -> Redacted:
    """Return the parsed TOML *raw* of a config without its secrets.

    :param is_file: returns True if a value is the name of a file that is there
    """
    secrets = set[str]()
    shown = _Redaction(secrets, is_file).value(Config, raw)
    return Redacted(shown if isinstance(shown, dict) else {}, secrets)


class _Redaction:
    def __init__(self, secrets: set[str], is_file: Callable[[str], bool]) -> None:
        self._secrets = secrets
        self._is_file = is_file

    def _struct(self, kind: type[msgspec.Struct], raw: dict[str, Any]) -> dict[str, Any]:
        hints = get_type_hints(kind, include_extras=True)
        known = {field.encode_name: field.name for field in fields(kind)}
        tag = kind.__struct_config__.tag_field
        shown = dict[str, Any]()
        for key, value in raw.items():
            if key == tag and value == kind.__struct_config__.tag:
                shown[key] = value
            elif key not in known:
                self._secrets.update(_texts({key: value}))
                name = key if _KEY.fullmatch(key) else REMOVED
                shown.setdefault("unknown keys", []).append(name)
            elif (kind, key) in _COUNTED:
                self._secrets.update(_texts(value))
                shown[key] = f"({len(value) if isinstance(value, list | dict) else 0} of them)"
            elif (kind, key) in _FILES and not (isinstance(value, str) and self._is_file(value)):
                shown[key] = _hidden(value, self._secrets)
            elif (kind, key) in _URLS:
                shown[key] = _url(value, self._secrets)
            else:
                shown[key] = self.value(hints[known[key]], value)
        return shown

    def value(self, kind: Any, raw: Any) -> Any:
        """Return *raw*, which should be of *kind*, without its secrets."""
        plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        if isinstance(raw, dict):
            chosen = _chosen(plain, raw)
            if chosen is not None:
                return self._struct(chosen, raw)
            item = get_args(plain)[1] if get_origin(plain) is dict else None
            return self._map(item, raw)
        if isinstance(raw, list):
            item = get_args(plain)[0] if get_origin(plain) in (list, tuple) else None
            return [self.value(item, one) for one in raw]
        if kind is None or isinstance(raw, bool | int | float):
            return raw if isinstance(raw, bool | int | float) else _hidden(raw, self._secrets)
        return str(raw)[:_LONGEST]

    def _map(self, item: Any, raw: dict[str, Any]) -> dict[str, Any]:
        """Return a table whose keys are names of the office's own choice."""
        shown = dict[str, Any]()
        for key, value in raw.items():
            if item is None or not _NAME.fullmatch(key):
                self._secrets.update(_texts({key: value}))
                shown[REMOVED] = REMOVED
            else:
                shown[key] = self.value(item, value)
        return shown


def _chosen(kind: Any, raw: dict[str, Any]) -> type[msgspec.Struct] | None:
    """Return the type of section that *raw* is; None if it is none."""
    arguments = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    structs = [a for a in arguments if isinstance(a, type) and issubclass(a, msgspec.Struct)]
    for struct in structs:
        tag = struct.__struct_config__
        if tag.tag_field is None or raw.get(tag.tag_field) == tag.tag:
            return struct
    return structs[0] if len(structs) == 1 else None


def _hidden(raw: Any, secrets: set[str]) -> str:
    secrets.update(_texts(raw))
    return REMOVED


def _url(value: Any, secrets: set[str]) -> str:
    if not isinstance(value, str):
        return _hidden(value, secrets)
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return _hidden(value, secrets)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    inner = parts.path + (f"?{parts.query}" if parts.query else "")
    values = [found[1] for found in _VALUE.finditer(inner)] + ([password or user] if user else [])
    secrets.update(text for one in values for text in (one, unquote(one)) if text)
    shown = f"{parts.scheme}://{f'{REMOVED}@' if user else ''}{host}{port}"
    return (shown + _VALUE.sub(f"={REMOVED}", inner))[:_LONGEST]


def _texts(raw: Any) -> Iterator[str]:
    """Yield every text in *raw*, also numbers as texts: a PIN may stand without quotes."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if not _KEY.fullmatch(key):
                yield key
            yield from _texts(value)
    elif isinstance(raw, list):
        for item in raw:
            yield from _texts(item)
    elif not isinstance(raw, bool):
        yield str(raw)
