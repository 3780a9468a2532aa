"""The rules about keys that never expire, about who vouches for an agent's token, and about the ExternalIds that the files say."""

from __future__ import annotations

from collections.abc import Iterator

from deploy_driver import remedies
from deploy_driver.assurance.findings.observed import InspectedExternalId, InspectedIssuer, InspectedKeys, SeenKeys
from deploy_driver.assurance.findings.rule import DoctorRule, Severity


def _root(keys: InspectedKeys, seen: SeenKeys) -> Iterator[str]:
    del keys
    if seen.root:
        yield "the root user has an access key"


def _users(keys: InspectedKeys, seen: SeenKeys) -> Iterator[str]:
    del keys
    yield from seen.of_users


def _unknown(issuer: InspectedIssuer, seen: None) -> Iterator[str]:
    del issuer, seen
    yield "IAM has no such identity provider"


def _unlisted(issuer: InspectedIssuer, seen: tuple[str, ...]) -> Iterator[str]:
    if issuer.audience not in seen:
        yield f"IAM takes its tokens for {', '.join(seen) or 'nobody'}, and those of agents are for {issuer.audience}"


def _shared(external_id: InspectedExternalId, seen: tuple[str, ...]) -> Iterator[str]:
    if seen:
        yield f"{', '.join(seen)} says the ExternalId {external_id.name} too"


RULES = (
    DoctorRule(
        "root-access-key",
        Severity.ERROR,
        "An account's root user has an access key.",
        "It may do everything, it does not expire, and no policy in the account limits it.",
        remedies.DELETE_ROOT_KEY,
        InspectedKeys,
        _root,
    ),
    DoctorRule(
        "access-keys-present",
        Severity.WARNING,
        "An IAM user of an account has an access key.",
        "It does not expire by itself: who finds it has a way in past the roles, their trust and their record.",
        remedies.ROLE_INSTEAD_OF_KEY,
        InspectedKeys,
        _users,
    ),
    DoctorRule(
        "issuer-unknown",
        Severity.ERROR,
        "IAM in the tools account does not know the identity provider whose tokens agents bring (`deploy:agentIssuer`).",
        "AWS takes no token of it: no such agent deploys or previews anything.",
        remedies.MAKE_ISSUER_KNOWN,
        InspectedIssuer,
        _unknown,
        absent=True,
    ),
    DoctorRule(
        "issuer-for-others",
        Severity.ERROR,
        "That identity provider does not list the audience of the agents' tokens (`deploy:agentAudience`).",
        "AWS takes none of them: no such agent deploys or previews anything.",
        remedies.LIST_AUDIENCE,
        InspectedIssuer,
        _unlisted,
    ),
    DoctorRule(
        "external-id-shared",
        Severity.ERROR,
        "Two accounts' files say the same ExternalId.",
        "What opens one account opens the other: a mix-up of accounts is no longer refused.",
        remedies.EXTERNAL_ID_EACH,
        InspectedExternalId,
        _shared,
    ),
)
