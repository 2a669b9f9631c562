"""The simulator: a lobby in its own process, met by the daemon only at the wire."""
