"""Imports of history: CSV files of other systems, looked at first, then stored as ordinary events."""
