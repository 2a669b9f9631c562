"""`gardu doctor`: looks at every device and at the machine, and says what to try."""
