"""The command `deploy`: one verb per file, one composition root, one exit."""
