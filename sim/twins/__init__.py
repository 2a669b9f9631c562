"""The lobby's equipment as physical things: what current does, and what a hand does."""
