"""Commands of `gardu office`, one module each."""
