"""The simulator: a lobby in its own process; pins, ports and network link it to the daemon."""
