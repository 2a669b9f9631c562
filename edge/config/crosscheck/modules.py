"""Checks of the modules, and of the channels used on them."""

from collections.abc import Hashable, Iterator

from edge.config.model import Config
from edge.config.parts import module_parts
from edge.config.sections.lockers import GpioLockers
from edge.config.sections.locks import BccLocker, KerongLocker, RelayLocker
from edge.config.sections.pins import Contact, Output
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice
from edge.config.wiring import functions


def modules(config: Config, problems: Problems) -> None:
    """Add the problems of the modules of *config*, and of the channels on them, to *problems*."""
    for name, module in config.modules.items():
        if module.bus not in config.buses:
            known = ", ".join(sorted(config.buses)) or "a [buses.NAME], there is none yet"
            meant = did_you_mean(module.bus, config.buses)
            problems.add(f"modules.{name}.bus", f"is {module.bus!r}{meant}; allowed: {known}")
    note_twice(problems, list(_addresses(config)), "address", "each address once on a bus")
    parts = list(module_parts(config))
    for where, part in parts:
        _channel(config, where, part, problems)
    used: list[tuple[Hashable, str]] = [
        (part.place, f"{where}.{part.channel_key}") for where, part in parts
    ]
    note_twice(problems, used, "the", "each channel once")


def module_notes(config: Config) -> list[str]:
    """Return a note for each output that would stay on if the Pi failed while it is on."""
    notes, words = [], functions(config)
    for where, part in module_parts(config):
        what = words[part.place]
        registers = config.modules[part.module or ""].registers
        if isinstance(part, Contact) or registers.watchdog is not None:
            continue
        if where.endswith(".strike"):
            notes.append(
                f"{what} is on module {part.module}, which has no communication watchdog: if the "
                "Pi fails or the line breaks during a release, the strike stays as it is; use a "
                "module with a watchdog (docs/modules.md)"
            )
        elif where.endswith(".relay") and registers.flash_first is None:
            notes.append(
                f"{what} is on module {part.module}, which has neither a communication watchdog "
                "nor pulses that it times itself (flash_first): if the Pi fails or the line breaks "
                "during a pulse, the lock stays energised; use another module (docs/modules.md)"
            )
    return notes


def _addresses(config: Config) -> Iterator[tuple[Hashable, str]]:
    """Yield the address of each module and locker board, with the key that names it."""
    for name, module in config.modules.items():
        yield f"{module.address} of bus {module.bus}", f"modules.{name}.address"
    lockers = config.lockers
    if lockers is None or isinstance(lockers, GpioLockers):
        return
    first: dict[int, str] = {}
    for number, item in enumerate(lockers.locker):
        assert isinstance(item, BccLocker | KerongLocker | RelayLocker)
        first.setdefault(item.address, f"lockers.locker[{number}].address")
    for address, where in first.items():
        yield f"{address} of bus {lockers.bus}", where


def _channel(config: Config, where: str, part: Contact | Output, problems: Problems) -> None:
    """Report a channel of a module that is not there, or that the module does not have."""
    module = config.modules.get(part.module or "")
    if module is None:
        known = ", ".join(sorted(config.modules)) or "a [modules.NAME], there is none yet"
        meant = did_you_mean(part.module, config.modules)
        problems.add(f"{where}.module", f"is {part.module!r}{meant}; allowed: {known}")
        return
    is_input = isinstance(part, Contact)
    most = module.registers.inputs if is_input else module.registers.outputs
    if part.channel > most:
        allowed = f"1 to {most} (modules.{part.module})" if most else "another module: it has none"
        problems.add(f"{where}.{part.channel_key}", f"is {part.channel}; allowed: {allowed}")
