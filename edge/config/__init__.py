"""The config of one checkpoint: its types with units and ranges, its loading and its checks."""
