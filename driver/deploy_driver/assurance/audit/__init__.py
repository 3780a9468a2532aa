"""The record of one run, put together from the trails of all its accounts: pure, but for the port that it asks.

`gather` asks the trails, `join` makes the picture: both sides of every entrance by their shared event id, the run's calls
account by account, and what is missing or wrong.
"""
