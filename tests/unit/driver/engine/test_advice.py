"""The engine's advice, as it gives it, and what is shown in its place."""

from __future__ import annotations

import pytest

from deploy_driver.adapters.engine.advice import ours
from deploy_driver.adapters.engine.failures import Said, classify
from tests.typed import typed, wrong


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            (
                "Missing required configuration variable 'items:size'\n\tplease set a value using the command "
                "`pulumi config set items:size <value>`"
            ),
            (
                "Missing required configuration variable 'items:size'\n\tset it with "
                "`deploy config set items:size VALUE --stack dev`"
            ),
        ),
        (
            "please set a value using the command `pulumi config set --secret items:key <value>`",
            "set it with `deploy config set items:key --secret --stack dev`",
        ),
        (
            "it is protected. To unprotect it, run `pulumi state unprotect 'urn:x'`",
            "it is protected. To unprotect it, run `deploy exec --stack dev -- pulumi state unprotect 'urn:x'`",
        ),
        ("remove `protect` and run `pulumi up`", "remove `protect` and run `deploy up --stacks dev`"),
        ("no stack was found; run `pulumi login`", "no stack was found;"),
        ("creating S3 Bucket (b): `x` is no name", "creating S3 Bucket (b): `x` is no name"),
    ],
)
def test_what_is_advised_can_be_typed(said: str, shown: str) -> None:
    assert ours(said, "dev") == shown
    assert [wrong(words) for words in typed(shown)] == [""] * len(list(typed(shown)))


def test_a_failure_that_no_row_knows_is_shown_with_advice_of_ours() -> None:
    said = Said("resource x cannot be deleted, run `pulumi state unprotect x`")
    assert classify([said], "", 1, "dev").reason.endswith("run `deploy exec --stack dev -- pulumi state unprotect x`")


def test_a_failure_is_still_known_by_what_the_engine_said() -> None:
    locked = "the stack is currently locked by 1 lock(s). delete the lock file with `pulumi cancel`.\n  x/.pulumi/locks/a: created by me"
    assert classify([Said(locked)], "", 1, "dev").busy
