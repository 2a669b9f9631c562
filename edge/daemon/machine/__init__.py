"""The machine below the daemon: its power, heat, card and battery-backed clock."""
