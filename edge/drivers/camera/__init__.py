"""Cameras over HTTP and on the Pi's connector, and the stamping of stills."""
