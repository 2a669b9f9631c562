"""The page of a simulated lobby: everything to see, press and hold, in a browser."""
