"""Nothing in a plan is believed before its signature holds: no byte of either file can be another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.bundle.seal import Sealed, canonical, seal, unseal
from deploy_driver.errors import ExitCode, RefusedError
from tests.fakes.plan_key import FakePlanKey
from tests.reviews import BUNDLE, DOCUMENT

KEY = FakePlanKey()
SEALED = seal(BUNDLE, DOCUMENT, KEY)


def refused(sealed: Sealed, key: FakePlanKey = KEY) -> bool:
    with pytest.raises(RefusedError) as caught:
        unseal(sealed, key)
    assert caught.value.exit_code is ExitCode.REFUSED
    return "signature" in str(caught.value)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def with_another(value: Any, path: tuple[str | int, ...]) -> Any:
    if path:
        first, *rest = path
        changed: Any = value.copy()
        changed[first] = with_another(value[first], tuple(rest))
        return changed
    return value + 1 if isinstance(value, int) else {"x": 1} if value == {} else f"{value or ''}x"


def test_the_plan_that_was_sealed_is_the_plan_that_is_opened() -> None:
    assert unseal(SEALED, KEY) == BUNDLE


@pytest.mark.parametrize("path", list(leaves(json.loads(canonical(BUNDLE)))), ids=lambda path: ".".join(map(str, path)))
def test_no_field_can_be_another(path: tuple[str | int, ...]) -> None:
    changed = with_another(json.loads(SEALED.content), path)
    content = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
    assert content != SEALED.content
    assert refused(replace(SEALED, content=content))


def test_no_byte_of_the_plan_can_be_another() -> None:
    for place in range(len(SEALED.content)):
        changed = bytearray(SEALED.content)
        changed[place] ^= 1
        assert refused(replace(SEALED, content=bytes(changed)))


def test_no_byte_of_the_signature_can_be_another() -> None:
    for place in range(len(SEALED.signature)):
        changed = bytearray(SEALED.signature)
        changed[place] ^= 1
        assert refused(replace(SEALED, signature=bytes(changed)))
    assert refused(replace(SEALED, signature=b""))


def test_another_key_s_signature_is_no_signature() -> None:
    other = FakePlanKey(b"somebody's")
    assert refused(seal(BUNDLE, DOCUMENT, other))
    assert unseal(seal(BUNDLE, DOCUMENT, other), other) == BUNDLE
