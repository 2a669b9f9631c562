"""Drivers: the only code that knows pin numbers, baud rates and frames."""
