"""The tables, and all statements that read and write them."""
