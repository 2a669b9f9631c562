"""Programs that run inside of the Pi 3B, with the package's own Python."""
