"""From a device's message to committed rows, exactly once: checks, one transaction, acknowledgements."""
