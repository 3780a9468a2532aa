"""The rules of `deploy doctor`, one module for each kind of thing that is looked at."""
