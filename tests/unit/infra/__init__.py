"""Unit tests of infra: policies, names, settings, the handler."""
