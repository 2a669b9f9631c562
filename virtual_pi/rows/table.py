"""All tests, in their order: the first needs a guest without Gardu, the last removes it."""

from virtual_pi.rows import (
    camera,
    clock,
    data,
    drivers,
    life,
    package,
    pins,
    serial,
    upgrade,
    watchdog,
)

ROWS = (
    *package.FIRST,
    *pins.ROWS,
    *serial.ROWS,
    *camera.ROWS,
    *life.ROWS,
    *data.ROWS,
    *watchdog.ROWS,
    *clock.ROWS,
    *drivers.ROWS,
    *upgrade.ROWS,
    *data.COUNT,
    *package.LAST,
)
