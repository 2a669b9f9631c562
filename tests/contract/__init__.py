"""The contract of every driver of a capability: one suite a capability, one bench a driver."""
