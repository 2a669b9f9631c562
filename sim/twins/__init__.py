"""The lobby's equipment as physical things: the effects of current and of people's hands."""
