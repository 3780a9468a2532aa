"""The emulator's private names that the corrections use without replacing them, taken in one place.

A store is one object for the life of the process; a restored state is loaded into it. Roles, users,
instance profiles and identity providers are kept per account (`get_scoped(account, None, name)`), sessions by access key.
"""
# ruff: noqa: SLF001 -- the emulator has no other door; replace.check_version pins what stands behind this one

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator, persistence
from ministack.services import apigateway, cloudtrail, iam, kms, lambda_svc, s3, sts

Answer = tuple[int, dict[str, Any], bytes]
"""Status, headers and body."""

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Answer]]
"""A service's handler: method, path, headers in lower case, body, and query parameters as lists."""

States = Mapping[str, Callable[[], Any]]
"""How each service's state is got, by the name of its file."""

ROLES: Any = iam._roles
USERS: Any = iam._users
ACCESS_KEYS: Any = iam._access_keys
INSTANCE_PROFILES: Any = iam._instance_profiles
IDENTITY_PROVIDERS: Any = iam._oidc_providers
SESSIONS: dict[str, dict[str, Any]] = sts._sessions
HTTP_APIS: Any = apigateway._apis
TRAILS: Any = cloudtrail._trails
TRAIL_TAGS: Any = cloudtrail._trail_tags
BUCKETS: Any = s3._buckets
BUCKET_POLICIES: Any = s3._bucket_policies

save_each = persistence.save_all
query_answer = iam._xml
query_error = iam._error
s3_error = s3._error
moment_in = iam._future
caller_identity = sts._caller_identity
credential_error = sts._credential_error_response
session_tags = sts._session_tags
session_policies = sts._session_policies
http_api_not_found = apigateway._http_api_not_found
http_api_error = apigateway._apigw_error
integrated_function = apigateway._extract_lambda_ref_from_integration_uri
function_record = lambda_svc._get_func_record_for_ref_in_scope


def role(account: str, name: str) -> dict[str, Any] | None:
    """A role of an account."""
    found: dict[str, Any] | None = ROLES.get_scoped(account, None, name)
    return found


def policies_of(kind: str, account: str, name: str) -> tuple[list[Any], list[Any] | None]:
    """The parsed policies of a `role` or `user`, and its permissions boundary (None when it has none)."""
    gather = iam_evaluator._gather_role_policies if kind == "role" else iam_evaluator._gather_user_policies
    limits = iam_evaluator._permissions_boundary(ROLES if kind == "role" else USERS, name, account)
    return gather(name, account), limits[0] if limits else None


def key_of(name: str) -> dict[str, Any] | None:
    """The key of this account and region behind an id, ARN or alias."""
    found: dict[str, Any] | None = kms._resolve_key(name)
    return found


def key_id_in(ciphertext: str) -> str:
    """The id of the key that a ciphertext (base64) was made with; empty when it carries none."""
    return str(iam_actions._kms_key_id_from_ciphertext(ciphertext))


def aliases_of(key_id: str) -> list[str]:
    """The names (`alias/…`) of this account's and region's aliases of a key."""
    return [str(arn).rpartition(":")[2] for arn, target in kms._aliases.items() if target == key_id]


def api_tags(api_id: str) -> Any:
    """The tags of an HTTP API of this account and region, None when there is no such API."""
    return apigateway._api_tags.get(apigateway._api_arn(api_id))


def carrier_of_tags(arn: str) -> dict[str, Any] | None:
    """The record of the HTTP API or stage with this ARN in this account and region, None when there is none."""
    _, _, path = arn.partition("::/apis/")
    api_id, _, stage = path.partition("/stages/")
    found: dict[str, Any] | None = apigateway._stages.get(api_id, {}).get(stage) if stage else HTTP_APIS.get(api_id)
    return found


def tags_of(arn: str) -> dict[str, str]:
    """The tags that the tagging operations keep for an HTTP API or stage of this account and region."""
    return dict(apigateway._api_tags.get(arn, {}))


def route_keys(api_id: str) -> set[str]:
    """The keys of the routes of an HTTP API of this account and region."""
    return {route["routeKey"] for route in apigateway._routes.get(api_id, {}).values()}


def all_api_tags() -> list[tuple[str, dict[str, str]]]:
    """The ARNs of all HTTP APIs and stages of this account and region that carry tags, and those tags."""
    return [(str(arn), dict(tags)) for arn, tags in apigateway._api_tags.items()]


def mapped_function(path: str) -> str | None:
    """The ARN of the function of the event source mapping that a path ends with, None when there is no such mapping."""
    mapping = lambda_svc._esms.get(path.rstrip("/").rpartition("/")[2])
    return str(mapping["FunctionArn"]) if mapping else None


def mapping_tags(mapping: str) -> dict[str, str] | None:
    """The tags of the event source mapping with this id, None when there is no such mapping."""
    found = lambda_svc._esms.get(mapping)
    return dict(found.get("Tags", {})) if found else None


def first_match(ctx: Any, statements: list[Any], effect: str) -> Any:
    """The first parsed statement of that effect that applies to a request, None when none does."""
    return iam_evaluator._first_match(ctx, statements, effect)


def condition_value(key: str, ctx: Any) -> Any:
    """The value of a condition key in a request, None when it has none."""
    return iam_evaluator._resolve_condition_key(key, ctx)


def new_keys() -> dict[str, str]:
    """Fresh temporary credentials, as a session keeps them."""
    return {
        "AccessKeyId": iam._gen_session_access_key(),
        "SecretAccessKey": iam._gen_secret(),
        "SessionToken": iam._gen_session_token(),
    }


def register(session: dict[str, Any]) -> None:
    """Make a session's credentials valid."""
    sts.register_session(session["AccessKeyId"], session)


def state_folder() -> Path:
    """Where the services' states are kept."""
    return Path(persistence.STATE_DIR)


def states() -> States:
    """Every service that has a state now."""
    found: States = importlib.import_module("ministack.app")._build_persistence_save_dict()
    return found


@contextmanager
def saving_to(folder: Path) -> Iterator[None]:
    """Save to another folder, the functions' code included."""
    kept = persistence.STATE_DIR, lambda_svc.CODE_BLOB_DIR
    persistence.STATE_DIR, lambda_svc.CODE_BLOB_DIR = str(folder), str(folder / "lambda-blobs")
    try:
        yield
    finally:
        persistence.STATE_DIR, lambda_svc.CODE_BLOB_DIR = kept
