"""What happened, as data: the catalogue, the envelope that stamps it, and redaction."""
