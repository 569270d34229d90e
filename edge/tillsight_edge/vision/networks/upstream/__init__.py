"""Networks of others that a site may prefer: how each takes a picture and what its output means."""
