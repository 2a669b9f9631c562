"""`gardu office home-assistant`: announces every checkpoint to Home Assistant."""

import asyncio
from typing import Annotated

import msgspec
import typer

from edge.commands.options import problems_printed, refuse, say
from office.commands.options import OfficeOption, log_to_stderr, stop_on_signals
from office.config import (
    DEFAULT_CONFIG,
    HomeAssistantSection,
    OfficeConfig,
    load_office_config,
)


def home_assistant(
    config: OfficeOption = DEFAULT_CONFIG,
    *,
    remove: Annotated[
        bool,
        typer.Option(
            "--remove",
            help="Delete every device that this office has announced, and end. Do so before the "
            "section is removed from the config, or its prefix is changed.",
        ),
    ] = False,
) -> None:
    """Announce every checkpoint to Home Assistant.

    It runs until SIGTERM or Ctrl-C; each checkpoint is a device. Home Assistant must use the same
    broker, with MQTT discovery on. It then shows alarms, persons and visits from the checkpoint's
    own topics. `gardu office run` starts this if the config has a [home_assistant] section.
    """
    with problems_printed():
        loaded = load_office_config(config)
    if loaded.home_assistant is None and not remove:
        refuse(f"{config}: has no [home_assistant] section; config/office.toml shows one")
    log_to_stderr()
    asyncio.run(_remove(loaded) if remove else _announce(loaded))


async def _announce(config: OfficeConfig) -> None:
    from office.database.reading import make_reading_engine
    from office.home_assistant.publisher import Publisher

    engine = make_reading_engine(config.database)
    await Publisher(config, engine).run(stop_on_signals())
    engine.dispose()


async def _remove(config: OfficeConfig) -> None:
    from edge.mqtt.reasons import BrokerUnavailable
    from office.home_assistant.publisher import Publisher

    section = config.home_assistant or HomeAssistantSection()
    whole = msgspec.structs.replace(config, home_assistant=section)
    try:
        count = await Publisher(whole, None).remove()
    except BrokerUnavailable as error:
        refuse(f"broker {config.broker.url}: {error.reason}. {error.reason.remedy}", code=1)
    say(f"{count} device(s) deleted below {section.prefix}/device")
