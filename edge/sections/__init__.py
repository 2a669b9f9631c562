"""The sections of the config that describe equipment: one noun, one module."""
