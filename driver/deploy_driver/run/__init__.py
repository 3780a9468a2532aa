"""Carries out a plan: checks everything, then goes step by step, and says how each ended."""
