"""Small pages that a command of ours serves for one person and for as long as it runs."""
