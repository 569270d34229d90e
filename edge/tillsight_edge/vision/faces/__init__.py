"""What is read of faces, and how little of it is told."""
