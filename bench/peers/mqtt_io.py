"""mqtt-io from PyPI, in a virtual environment of its own (`make bench` makes ``.venv-bench``).

Its gpiozero module reaches the simulated pins as any gpiozero program does.
"""

import asyncio
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.bed import Bed
from bench.broker import HOST
from sim.stage.process import spawn, stop

PYTHON = Path(".venv-bench/bin/python").absolute()
TOPIC = "mqttio/input/door"
MISSING = "mqtt-io could not be installed here and is left out"

_CONFIG = """
mqtt:
  host: {host}
  port: {port}
  topic_prefix: mqttio
gpio_modules:
  - name: pins
    module: gpiozero
digital_inputs:
  - name: door
    module: pins
    pin: {pin}
    pullup: yes
    {mode}
"""
INTERRUPT = "interrupt: both"
POLL = "poll_interval: 0.01"


def version() -> str:
    """Return the installed version of mqtt-io; empty if it is not installed."""
    if not PYTHON.exists():
        return ""
    ask = "from importlib.metadata import version; print(version('mqtt-io'))"
    told = subprocess.run(  # noqa: S603 - our own interpreter
        [PYTHON, "-c", ask], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


@asynccontextmanager
async def mqtt_io(
    bed: Bed, pin: int, mode: str, environment: Mapping[str, str]
) -> AsyncIterator[Process]:
    """Run mqtt-io on *pin* in *mode*."""
    folder = bed.new_folder("mqtt-io")
    config = folder / "config.yml"
    text = _CONFIG.format(host=HOST, port=bed.port, pin=pin, mode=mode)
    config.write_text(text, encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = await spawn(
            str(PYTHON), "-m", "mqtt_io", str(config),
            environment=dict(environment), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        await stop(process)
        await asyncio.sleep(0)
