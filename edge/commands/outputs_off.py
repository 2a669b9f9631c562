"""`gardu outputs-off` with typer, for its help and mistakes; the plain call goes by main.py."""

from edge.commands.options import ConfigOption
from edge.config.places import DEFAULT_CONFIG


def outputs_off(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Put every output on the Pi's pins at rest: locks, rings, strikes, lamps, buzzer.

    For the time when no daemon runs. Kernels of Raspberry Pi OS keep an output driven after its
    program was killed, unless dtparam=strict_gpiod is in /boot/firmware/config.txt: a lock would
    stay energised. systemd runs this command after every end of the daemon (ExecStopPost= in
    gardu.service). It uses the list of outputs that the daemon left in its runtime directory, or
    else the config. No output is switched on, also not for a moment.

    While the daemon runs, the pins are its own: each is then reported as busy. Ends with 0 if all
    outputs were put at rest, else with 1.
    """
    from edge.daemon.outputs_off import outputs_off as put

    put(config)
