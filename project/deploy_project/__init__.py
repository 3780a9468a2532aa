"""What the driver and the program both have to know of a project: pure, imported by either side."""
