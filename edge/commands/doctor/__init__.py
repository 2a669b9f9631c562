"""`gardu doctor`: examines every device and the machine, and suggests remedies."""
