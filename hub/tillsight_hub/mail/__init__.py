"""Mail: written into the database with what it is about, and sent afterwards until it is taken."""
