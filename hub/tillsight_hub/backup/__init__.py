"""Backup and restore of a whole hub: database, authority, configuration, in one file that checks itself."""
