"""The one sequence of bytes that a bundle is, so that there is something to sign; and the bundle that such bytes are."""

from __future__ import annotations

import json
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from deploy_driver.bundle.model import FORMAT, Bundle
from deploy_driver.errors import RefusedError


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
        remedy="save the preview again with this deploy, and have that reviewed",
    )
