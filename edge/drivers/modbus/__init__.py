"""Modbus: requests, their framing on serial lines and in TCP, and the modules that are polled."""
