"""Proves who may enter and what he can do there: cases, how they were decided, and the report of all of them."""
