"""Decides what policy documents allow, by evaluation: sizes, needs, what is too much, and the ways to more. No cloud is asked."""
