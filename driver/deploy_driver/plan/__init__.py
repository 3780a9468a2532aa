"""Config and a selection become a plan: frozen data, made without touching anything."""
