"""Shows events while a run goes on, and its result at the end."""
