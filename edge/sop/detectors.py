"""Metal detectors: their names as devices and in alarms.

The detector of ``[metal_detector]``, the only one of its checkpoint, has the name "" in events and
rules, and its device and alarms have no name behind them. Those of ``[metal_detectors.NAME]`` have:

=========================== ===================== ==========================
what                        the only one          the one called lobby
=========================== ===================== ==========================
device                      ``metal-detector``    ``metal-detector/lobby``
alarm of its contact        ``metal-detector``    ``metal-detector-lobby``
alarm of a tamper contact   ``detector-tamper``   ``detector-tamper-lobby``
alarm of a blocked beam     ``beam-blocked``      ``beam-blocked-lobby``
=========================== ===================== ==========================

A procedure writes ``metal-detector``: it means the alarm of the detector where the guest is.
"""

METAL_DETECTOR = "metal-detector"
"""The kind of device, and the alarm as procedures name it."""


def device_of(detector: str) -> str:
    """Return the name of *detector* as a device."""
    return f"{METAL_DETECTOR}/{detector}" if detector else METAL_DETECTOR


def alarm_of(detector: str, kind: str = METAL_DETECTOR) -> str:
    """Return the alarm of *kind* of *detector*, as in records and topics."""
    return f"{kind}-{detector}" if detector else kind


def event_of(detector: str, event: str) -> str:
    """Return *event* of *detector* as procedures can name it, such as ``detector.alarm:xray``."""
    return f"{event}:{detector}" if detector else event


def as_in_procedure(alarm: str) -> str:
    """Return *alarm* as procedures name it: that of any detector is ``metal-detector``."""
    return METAL_DETECTOR if alarm.startswith(f"{METAL_DETECTOR}-") else alarm
