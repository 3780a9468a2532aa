"""The rules about roles and the ceiling over them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deploy_driver import remedies
from deploy_driver.assurance.findings.observed import Document, InspectedBoundary, InspectedRole, SeenRole, Unseen
from deploy_driver.assurance.findings.policy_diff import differences, principals
from deploy_driver.assurance.findings.rule import DoctorRule, Severity
from deploy_driver.assurance.tokens import left_open

_UNIQUE_ID = re.compile(r"AWS:A[A-Z]{3}[A-Z0-9]{12,}")
"""A principal that is a unique id: `AROA…` of a role, `AIDA…` of a user (IAM User Guide, "IAM identifiers")."""


def _missing(role: InspectedRole, _: None) -> Iterator[str]:
    yield f"there is no role {role.name}"


def _unique_id(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    del role
    for principal in _ids(seen.trust):
        yield f"its trust names the unique id {principal.removeprefix('AWS:')}, which nobody has any more"


def _trust(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    changed = differences(role.trust, seen.trust)
    if changed and not _ids(seen.trust) and not any(left_open(seen.trust)):  # those have rules of their own
        yield f"its trust is not the derived one: {changed}"


def _tokens(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    del role
    if facts := list(left_open(seen.trust)):
        yield f"its trust {' and '.join(facts)}"


def _ids(trust: Document) -> list[str]:
    return [principal for principal in principals(trust) if _UNIQUE_ID.fullmatch(principal)]


def _recreated(role: InspectedRole, seen: SeenRole) -> Iterator[str | Unseen]:
    if isinstance(role.recorded_id, Unseen):
        yield role.recorded_id
    elif role.recorded_id != seen.unique_id:
        yield f"it is {seen.unique_id} now and was {role.recorded_id} when it was bootstrapped"


def _policy(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    changed = differences(role.policy, seen.inline.get(role.name, {}))
    if role.name not in seen.inline:
        yield f"its inline policy {role.name} is gone"
    elif changed:
        yield f"its inline policy is not the derived one: {changed}"
    yield from (f"it has a further inline policy {name}" for name in seen.inline if name != role.name)
    yield from (f"the managed policy {arn} is attached to it" for arn in seen.attached)


def _no_boundary(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    if not seen.boundary:
        yield f"no boundary is over it; it should be {role.boundary}"


def _another_boundary(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    if seen.boundary and seen.boundary != role.boundary:
        yield f"its boundary is {seen.boundary}; it should be {role.boundary}"


def _session(role: InspectedRole, seen: SeenRole) -> Iterator[str]:
    if seen.max_session < role.max_session:
        yield f"its MaxSessionDuration is {seen.max_session} s; the configuration needs {role.max_session} s"


def _boundary_missing(boundary: InspectedBoundary, _: None) -> Iterator[str]:
    yield f"there is no policy {boundary.name}"


def _boundary(boundary: InspectedBoundary, seen: Mapping[str, object]) -> Iterator[str]:
    changed = differences(boundary.document, seen)
    if changed:
        yield f"it is not the derived one: {changed}"


RULES = (
    DoctorRule(
        "role-missing",
        Severity.ERROR,
        "A role that the program made is gone.",
        "Nobody can deploy or look at this stack; whoever may make roles can make one of that name with other rights.",
        remedies.AGAIN_AS_PROGRAM_SAYS,
        InspectedRole,
        _missing,
        absent=True,
    ),
    DoctorRule(
        "role-recreated",
        Severity.WARNING,
        "A role has another unique id than when it was bootstrapped: it was deleted and made again.",
        "Somebody else made this role. Policies elsewhere that name the old one do not mean it any more.",
        remedies.ROLE_RECREATED,
        InspectedRole,
        _recreated,
    ),
    DoctorRule(
        "trust-holds-unique-id",
        Severity.ERROR,
        "A role's trust names a unique id (AROA…, AIDA…) where a role or user stood that is gone.",
        "Nobody can enter this role that way any more, also not a new role of the same name.",
        remedies.TRUST_BY_NAME,
        InspectedRole,
        _unique_id,
    ),
    DoctorRule(
        "trust-edited-by-hand",
        Severity.ERROR,
        "A role's trust means something else than the derived one.",
        "Somebody may enter this role who should not, or nobody who should.",
        remedies.TRUST_EDITED,
        InspectedRole,
        _trust,
    ),
    DoctorRule(
        "trust-takes-any-token",
        Severity.ERROR,
        "A role's trust takes tokens of an identity provider without naming their subject and their audience.",
        "Whoever gets any token of that provider, another job or another tenant of it, may enter this role.",
        remedies.TRUST_EDITED,
        InspectedRole,
        _tokens,
    ),
    DoctorRule(
        "policy-edited-by-hand",
        Severity.ERROR,
        "A role's policies mean something else than the derived one, or there are more of them.",
        "The role may do more than this stack needs, or less than a run needs.",
        remedies.POLICY_EDITED,
        InspectedRole,
        _policy,
    ),
    DoctorRule(
        "boundary-missing-from-role",
        Severity.ERROR,
        "A role has no permissions boundary.",
        "A mistake in the role's policy is no longer caught: nothing caps what it can be given.",
        remedies.AGAIN_AS_PROGRAM_SAYS,
        InspectedRole,
        _no_boundary,
    ),
    DoctorRule(
        "boundary-replaced",
        Severity.ERROR,
        "A role has another permissions boundary than its account's.",
        "Another ceiling may allow what ours denies: IAM, the trail, entering further roles.",
        remedies.AGAIN_AS_PROGRAM_SAYS,
        InspectedRole,
        _another_boundary,
    ),
    DoctorRule(
        "session-shorter-than-configured",
        Severity.WARNING,
        "A role's MaxSessionDuration is below the configured session duration.",
        "AWS refuses every session that asks for the configured duration: the next run stops before it begins.",
        remedies.SESSION_TOO_SHORT,
        InspectedRole,
        _session,
    ),
    DoctorRule(
        "boundary-policy-missing",
        Severity.ERROR,
        "The managed policy that is an account's boundary is gone.",
        "No role can be made or changed under it, and whoever may make policies can make another one of that name.",
        remedies.AGAIN_AS_PROGRAM_SAYS,
        InspectedBoundary,
        _boundary_missing,
        absent=True,
    ),
    DoctorRule(
        "boundary-edited-by-hand",
        Severity.ERROR,
        "The boundary policy means something else than the derived one.",
        "The ceiling over every role of the account has been moved.",
        remedies.BOUNDARY_EDITED,
        InspectedBoundary,
        _boundary,
    ),
)
