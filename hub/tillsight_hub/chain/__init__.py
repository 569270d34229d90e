"""The hierarchy as people change it: one place at a time, told beforehand what that means."""
