"""The published JSON Schemas, held to the letter: what a schema does not name must not be in a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[1] / "docs" / "reference" / "schemas"


def validator(name: str) -> Draft202012Validator:
    """For readers new keys are allowed; here every key must be described."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def problems(name: str, result: Any) -> list[str]:
    """What is wrong with a result, and where."""
    return [f"{error.json_path}: {error.message[:200]}" for error in validator(name).iter_errors(result)]


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return (
        {**closed, "additionalProperties": False}
        if isinstance(schema.get("properties"), dict) and "type" in schema
        else closed
    )
