"""The one sequence of bytes that a bundle is, sealed with the plan key: nothing in it is believed before its signature holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter, ValidationError

from deploy_driver import remedies
from deploy_driver.bundle.model import FORMAT, Bundle
from deploy_driver.errors import RefusedError
from deploy_driver.ports import PlanKey


def canonical(bundle: Bundle) -> bytes:
    """JSON with sorted keys, no white space, ASCII only: equal bundles are equal bytes."""
    text = json.dumps(asdict(bundle), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def parse(content: bytes) -> Bundle:
    """The bundle that these bytes are. Raises RefusedError for bytes that `canonical` would not have written."""
    try:
        form = json.loads(content).get("format")
        if form == FORMAT:
            bundle = TypeAdapter(Bundle).validate_json(content, strict=True)
            if canonical(bundle) == content:
                return bundle
        why = f"format {form!r}, and this deploy reads {FORMAT}" if form != FORMAT else "not in canonical form"
    except (ValueError, AttributeError, RecursionError, ValidationError) as error:
        why = str(error).splitlines()[0]
    raise RefusedError(
        f"the reviewed plan cannot be read: {why}",
        where="plan.json",
        remedy=remedies.SAVE_AGAIN,
    )


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
            remedy=remedies.AS_SAVED,
        )
    return parse(sealed.content)
