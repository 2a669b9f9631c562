"""Modules far away: inputs and outputs on a bus, by Modbus.

Each kind of module is a row of :data:`MODELS`; every value of a row is also a key of the section,
which is used instead. Sources of the rows: the makers' register tables, as read in 2026; none has
been tried on the module itself yet (docs/modules.md says what to verify).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.values import Name, Section

Model = Literal[
    "generic", "icp-das-m7000", "wago-750", "waveshare-io-8ch", "waveshare-relay",
    "waveshare-relay-d",
]  # fmt: skip
ModuleAddress = Annotated[int, Meta(ge=0, le=255, description="a Modbus address from 0 to 255")]
Register = Annotated[int, Meta(ge=0, le=0xFFFF, description="an address from 0 to 65535 (0xFFFF)")]
Count = Annotated[int, Meta(ge=0, le=64, description="a number of channels from 0 to 64")]
WatchdogSeconds = Annotated[float, Meta(ge=0.5, le=25, description="seconds from 0.5 to 25")]
InputFunction = Literal[1, 2, 3, 4]
OutputFunction = Literal[5, 15]


class Watchdog(Section, frozen=True, kw_only=True):
    """How a module's own communication watchdog is set: it switches the outputs off by itself.

    :ivar register: the holding register of the time-out
    :ivar unit_s: the register's unit, seconds
    :ivar enable_coil: the coil that enables it, if it has one
    :ivar start_register: the register to which 1 is written to start it, if it has one
    :ivar running_register: the register that reads 1 while it runs, if it has one
    :ivar stop_register: the register to which ``stop_value`` is written to stop it; a running
        watchdog can then be set again
    :ivar stop_value: the value for ``stop_register``
    :ivar clear_coil: the coil to which 1 is written so that outputs work again after a time-out
    """

    register: Register
    unit_s: Annotated[float, Meta(ge=0.001, le=1, description="seconds from 0.001 to 1")] = 0.1
    enable_coil: Register | None = None
    start_register: Register | None = None
    running_register: Register | None = None
    stop_register: Register | None = None
    stop_value: Register = 0
    clear_coil: Register | None = None


class Registers(msgspec.Struct, frozen=True, kw_only=True):
    """The register table of a kind of module.

    :ivar inputs: number of inputs; *outputs*: number of outputs
    :ivar input_function: the function that reads inputs; 3 and 4 read them as bits of registers
    :ivar input_first: address of the first input
    :ivar output_function: the function that writes outputs; 15 writes several at once
    :ivar output_first: address of the first output; *output_read_first*: where they are read
    :ivar flash_first: address of the first output in the area where a write switches on for a
        number of tenths of a second, timed by the module; None: it has no such area
    """

    inputs: int = 8
    outputs: int = 8
    input_function: InputFunction = 2
    input_first: int = 0
    output_function: OutputFunction = 15
    output_first: int = 0
    output_read_first: int | None = None
    flash_first: int | None = None
    watchdog: Watchdog | None = None


MODELS: dict[Model, Registers] = {
    "generic": Registers(),
    # tM, M-7000: digital inputs at 10033, outputs at 00001, watchdog at 40489, 00261 and 00270.
    "icp-das-m7000": Registers(
        input_first=0x0020,
        watchdog=Watchdog(register=0x01E8, enable_coil=0x0104, clear_coil=0x010D),
    ),
    # 750-352 and other couplers: the alternative watchdog, which every request feeds.
    "wago-750": Registers(
        output_read_first=0x0200,
        watchdog=Watchdog(
            register=0x1000,
            start_register=0x100A,
            running_register=0x1006,
            stop_register=0x1008,
            stop_value=0x55AA,
        ),
    ),
    "waveshare-io-8ch": Registers(),
    # Modbus RTU Relay 8, 16 or 32 channels; Modbus POE ETH Relay by TCP.
    "waveshare-relay": Registers(inputs=0, flash_first=0x0200),
    "waveshare-relay-d": Registers(flash_first=0x0200),
}


class Module(Section, frozen=True, kw_only=True):
    """One module; keys that are left out have the values of its model.

    :ivar driver: its model; ``generic``: any, by the keys below
    :ivar bus: the [buses.NAME] that it is on
    :ivar address: its Modbus address ("unit" over TCP)
    :ivar inputs: number of its inputs
    :ivar outputs: number of its outputs
    :ivar input_function: the Modbus function that reads inputs; 3 and 4 read bits of registers
    :ivar input_first: address of input 1
    :ivar output_function: the function that writes outputs; 15: several at once, 5: one by one
    :ivar output_first: address of output 1
    :ivar output_read_first: address at which output 1 is read back, if it is another
    :ivar flash_first: address of output 1 in the area of pulses that the module times itself
    :ivar inverted: its inputs read on while their contact is open
    :ivar watchdog: its communication watchdog, where the model has none of its own in the table
    :ivar watchdog_s: time-out of that watchdog
    """

    driver: Model = "generic"
    bus: Name
    address: ModuleAddress = 1
    inverted: bool = False
    inputs: Count | None = None
    outputs: Count | None = None
    input_function: InputFunction | None = None
    input_first: Register | None = None
    output_function: OutputFunction | None = None
    output_first: Register | None = None
    output_read_first: Register | None = None
    flash_first: Register | None = None
    watchdog: Watchdog | None = None
    watchdog_s: WatchdogSeconds = 2.0

    @property
    def registers(self) -> Registers:
        """Its register table: that of its model with this section's keys."""
        model = MODELS[self.driver]
        own: dict[str, Any] = {
            name: value
            for name in model.__struct_fields__
            if (value := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(model, **own)
