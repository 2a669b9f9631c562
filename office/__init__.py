"""The central office: its database of every checkpoint's records, and what it shows of them.

`edge` never imports it. Layers, top to bottom: commands → ingest, board, broker → database →
config.
"""
