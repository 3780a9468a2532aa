"""What developers run to make files that are checked in; nothing here is installed."""
