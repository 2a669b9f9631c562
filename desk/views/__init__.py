"""The pages of the desk, one module each: ``show`` returns the page, ``submit`` takes its form."""
