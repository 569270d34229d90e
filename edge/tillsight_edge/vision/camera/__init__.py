"""From a camera to frames in memory, and whether the camera sees anything."""
