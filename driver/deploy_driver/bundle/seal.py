"""Seals a bundle with the plan key, and opens a sealed one: nothing in it is believed before its signature holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from deploy_driver.bundle.canonical import canonical, parse
from deploy_driver.bundle.model import Bundle
from deploy_driver.errors import RefusedError
from deploy_driver.ports import PlanKey


@dataclass(frozen=True)
class Sealed:
    """What a folder holds: the bundle's bytes, the signature over them, and the page that people read."""

    content: bytes
    signature: bytes
    document: bytes


def seal(bundle: Bundle, document: bytes, key: PlanKey) -> Sealed:
    """Sign the bundle. Raises NotReadyError when this caller may not."""
    content = canonical(bundle)
    return Sealed(content, key.sign(hashlib.sha256(content).digest()), document)


def unseal(sealed: Sealed, key: PlanKey) -> Bundle:
    """The bundle, its signature verified by the key of the settings.

    Raises RefusedError when it does not hold, NotReadyError when the key cannot be asked.
    """
    if not key.verify(hashlib.sha256(sealed.content).digest(), sealed.signature):
        raise RefusedError(
            "this is not what was reviewed; nothing was touched",
            detail=["signature: plan.json and plan.sig do not belong together, or another key has signed"],
            remedy="take the files as `deploy preview --save` wrote them; or preview again and have that reviewed",
        )
    return parse(sealed.content)
