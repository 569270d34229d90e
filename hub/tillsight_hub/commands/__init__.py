"""Commands: what a device is to do once, on its way there, and what came of it."""
