"""All tests, in their order: the first needs a guest without Gardu, the last removes it."""

from virtual_pi.rows import camera, clock, data, life, package, pins, serial, watchdog

ROWS = (
    *package.FIRST,
    *pins.ROWS,
    *serial.ROWS,
    *camera.ROWS,
    *life.ROWS,
    *data.ROWS,
    *watchdog.ROWS,
    *clock.ROWS,
    *data.COUNT,
    *package.LAST,
)
