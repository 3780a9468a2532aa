"""What rots in the accounts: rules over facts that were read there, and what they found. Pure."""
