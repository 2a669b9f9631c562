"""What every driver of a capability promises: one suite a capability, one bench a driver."""
