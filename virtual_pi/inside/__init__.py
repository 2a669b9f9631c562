"""Programs of the guest: they are copied into its root, and need only the standard library."""
