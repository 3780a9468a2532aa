"""The Lambda's own code: shipped as it is, never imported by the program that deploys it."""
