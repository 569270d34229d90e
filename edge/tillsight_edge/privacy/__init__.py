"""Whether the privacy split holds on this machine: tried from inside the sandboxes, as they run.

The modules need nothing but Python, so that they also work where something else is broken.
"""
