"""Measurements of `deploy`, always as a ratio against what a user would otherwise do, side by side in one run."""
