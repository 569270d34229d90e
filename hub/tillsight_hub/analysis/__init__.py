"""Analysis: files of events through the same cleaning, counting and scoring as a running hub."""
