"""`gardu init`: asks for an office's equipment and writes the config of its checkpoint."""
