"""Types of the config sections: one noun, one module."""
