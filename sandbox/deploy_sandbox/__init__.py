"""Four AWS accounts on your own machine."""
