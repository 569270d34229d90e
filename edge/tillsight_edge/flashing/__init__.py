"""The panel's firmware: which one is on it, and another one over its serial line."""
