"""What every role may do, as documents and as a check; no cloud is asked."""

from __future__ import annotations

from collections.abc import Sequence

from deploy_driver.app import program
from deploy_driver.app.session import LocalProject
from deploy_driver.assurance.iam.check import IamFinding
from deploy_driver.assurance.iam.check import check as check_documents
from deploy_driver.assurance.iam.roles import Documents, RoleDefinition
from deploy_driver.plan.selection import select


def show(project: LocalProject, stack: str) -> tuple[str, Documents]:
    """The name of a stack and its policy documents as they will be in AWS. Raises UsageError."""
    (chosen,) = select(project.config.stacks, [stack])
    program.check_settings(project.config, [chosen])
    return chosen.name, program.documents(project.config, chosen)


def check(project: LocalProject, stacks: Sequence[str] = ()) -> tuple[Sequence[RoleDefinition], Sequence[IamFinding]]:
    """The roles of those stacks, otherwise of all, and what they may do too much or too little. Raises UsageError."""
    config = project.config
    chosen = select(config.stacks, stacks) if stacks else config.stacks
    program.check_settings(config, chosen)
    documents = {stack.name: program.documents(config, stack) for stack in chosen}
    roles = program.roles(config)
    found = check_documents(documents, roles, program.access_states(config))
    return [role for role in roles if role.stack in documents], found
