"""The program that one stack runs: settings choose, policies say, components build."""
