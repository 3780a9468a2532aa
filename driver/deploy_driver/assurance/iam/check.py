"""Everything that is wrong with the roles of some stacks: too little, too much, too far, too big."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from deploy_driver.assurance.iam import escalation, guarded, minimal, reading, sizes, strangers
from deploy_driver.assurance.iam.evaluate import Request, decide
from deploy_driver.assurance.iam.finding import Finding, Rule
from deploy_driver.assurance.iam.holders import Documents, Role
from deploy_project.seam import kind_of


def check(
    stacks: Mapping[str, Documents], roles: Sequence[Role], access_states: Sequence[Request] = ()
) -> list[Finding]:
    """The findings about `stacks` (name and documents), in their order.

    `roles` are the roles of every stack of the project: what one reaches of another is found by asking for what the
    other needs. `access_states` are what no role may touch (`deploy_driver.assurance.iam.guarded`). Raises PolicyError
    for a policy that cannot be decided.
    """
    found: list[Finding] = []
    for stack, documents in stacks.items():
        for role in roles:
            if role.stack == stack:
                found += [*_of_role(role, roles), *guarded.reaches(role, access_states)]
        found += _sizes(stack, documents)
    return found


def missing(role: Role) -> Iterator[Finding]:
    """Every need that the role's policies together refuse; once for each call, with the first request refused."""
    for need in role.needs:
        for request in need.requests:
            decision = decide(request, role.layers_for(need))
            if not decision.allowed:
                fact = f"{need.operation} ({need.phase} {need.type}) asks for {request}: {decision.reason}"
                yield Finding(Rule.MISSING, role.stack, role.name, role.layers.identity.name, fact)
                break


def _of_role(role: Role, roles: Sequence[Role]) -> Iterator[Finding]:
    yield from missing(role)
    yield from minimal.surplus(role)
    yield from strangers.reaches(role, roles)
    if role.only_reads:
        yield from reading.wrong(role, roles)
    for path in escalation.catalogue():
        found = escalation.is_open(path, role, roles)
        if found:
            fact = f"{path.id}: {path.name.lower()}, by {' and '.join(map(str, found.allowed))}"
            yield Finding(Rule.ESCALATION, role.stack, role.name, role.layers.identity.name, fact)


def _sizes(stack: str, documents: Documents) -> Iterator[Finding]:
    for name, document in documents.items():
        size = sizes.size(name, document)
        if size.too_big:
            fact = f"{size.characters} characters, {size.quota} are allowed for a {kind_of(name)}"
            yield Finding(Rule.TOO_BIG, stack, "", name, fact)
