"""Button panels: one adapter a file, each a `ButtonPanel`."""
