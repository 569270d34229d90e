"""Scores of places and times, what they rest on, and how they compare."""
