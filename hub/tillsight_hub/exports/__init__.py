"""Exports: scores and events as files, row by row, in the same columns whatever the format."""
