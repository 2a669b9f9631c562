"""The soak: faults again and again, and a checker that finds every record lost in them."""
