"""Reports: what a place's people read on paper, with the numbers that the pages and the API tell."""
