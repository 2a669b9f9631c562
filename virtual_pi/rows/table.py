"""All tests, in their order: the first needs a guest without Gardu, the last removes it."""

from virtual_pi.rows import (
    camera,
    clock,
    crash_images,
    data,
    drivers,
    life,
    package,
    pins,
    power_cuts,
    raspi3b,
    read_only,
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
    *crash_images.ROWS,
    *power_cuts.ROWS,
    *data.COUNT,
    *raspi3b.ROWS,
    *read_only.ROWS,
    *package.LAST,
)
