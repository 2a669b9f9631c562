"""`gardu watch`: the central office on a terminal, without a database."""
