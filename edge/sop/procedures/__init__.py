"""Procedure files: their model, loading, verification and comparison with the law."""
