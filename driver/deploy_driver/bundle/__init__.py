"""A reviewed plan as data: what was seen, and everything that it depends on; pure."""
