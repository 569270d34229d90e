"""The store that the product draws itself."""
