"""Actions: what was done, and what happened, at a place; with who is answerable and what came of it."""
