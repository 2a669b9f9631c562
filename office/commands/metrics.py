"""`gardu office metrics`: numbers for Prometheus."""

import asyncio

from edge.commands.options import problems_printed, refuse
from office.commands.options import OfficeOption, log_to_stderr, stop_on_signals
from office.config import DEFAULT_CONFIG, OfficeConfig, load_office_config


def metrics(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Serve numbers for Prometheus.

    It runs until SIGTERM or Ctrl-C. They are at /metrics of the address and port of [metrics],
    computed from the database at each request: they cost nothing while no program asks. `gardu
    office run` starts this if the config has that section.
    """
    with problems_printed():
        loaded = load_office_config(config)
    if loaded.metrics is None:
        refuse(f"{config}: has no [metrics] section; config/office.toml shows one")
    log_to_stderr()
    asyncio.run(_serve(loaded))


async def _serve(config: OfficeConfig) -> None:
    from edge.clock import Clock
    from office.database.reading import make_reading_engine
    from office.metrics.collector import OfficeCollector
    from office.metrics.server import served

    assert config.metrics is not None
    stop = stop_on_signals()
    engine = make_reading_engine(config.database)
    clock = Clock.from_environment()
    with served(OfficeCollector(engine, config.database, config.metrics, clock), config.metrics):
        await stop.wait()
    engine.dispose()
