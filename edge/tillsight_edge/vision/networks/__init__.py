"""Networks: which there are, whether they are what they should be, and running them."""
