"""The questions of `gardu init`: the same for the terminal and for a file of answers."""
