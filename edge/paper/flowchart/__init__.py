"""The flow chart of an SOP."""
