"""Wanted configuration: what every device is to be like, on its way there, and what the device says to it."""
