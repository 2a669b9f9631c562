"""Inputs of the core: one module for each kind of event, and the rules of routing."""
