"""The pages, one module each: ``show`` returns the page."""
