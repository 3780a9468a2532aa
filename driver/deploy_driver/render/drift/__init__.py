"""What drifted, in every form that somebody reads."""
