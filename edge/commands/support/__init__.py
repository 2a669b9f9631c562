"""Support bundle: collects what is needed to find a fault, without secrets or persons."""
