"""One run in full: as text, as data, and as a page."""
