"""Laws are about values, not about time: on a busy machine an example may take as long as it takes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("laws", deadline=None, max_examples=60)
settings.load_profile("laws")
