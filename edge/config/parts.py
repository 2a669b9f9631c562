"""Finds the contacts and outputs of a config, on pins and on modules, by its structure.

So a new section with contacts needs no change here.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from edge.config.model import Config
from edge.config.sections.pins import Contact, DataLine, Output

Part = Contact | DataLine | Output


def wired_parts(value: Any, where: str = "") -> Iterator[tuple[str, Part]]:
    """Yield (key, part) of every contact and output in *value*, in the order of the file."""
    if isinstance(value, dict):
        children = [(f"{where}.{key}", item) for key, item in value.items()]
    elif isinstance(value, list):
        children = [(f"{where}[{number}]", item) for number, item in enumerate(value)]
    elif isinstance(value, msgspec.Struct):
        if isinstance(value, Contact | DataLine | Output):
            yield where, value
        names = value.__struct_fields__
        children = [(f"{where}.{name}" if where else name, getattr(value, name)) for name in names]
    else:
        return
    for key, item in children:
        yield from wired_parts(item, key)


def pin_parts(config: Config) -> Iterator[tuple[str, Part]]:
    """Yield (key, part) of every contact and output of *config* on a pin of the Pi."""
    return ((where, part) for where, part in wired_parts(config) if part.module is None)


def module_parts(
    config: Config, module: str | None = None
) -> Iterator[tuple[str, Contact | Output]]:
    """Yield (key, part) of every contact and output of *config* on a module.

    :param module: the name of the module; None: any
    """
    return (
        (where, part)
        for where, part in wired_parts(config)
        if not isinstance(part, DataLine)
        and part.module is not None
        and module in (None, part.module)
    )
