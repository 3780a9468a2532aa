"""The resources of every real stack file against AWS Foundational Security Best Practices."""
