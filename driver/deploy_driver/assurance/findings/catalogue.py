"""Every rule of `deploy doctor`, in the order in which it is told."""

from __future__ import annotations

from deploy_driver.assurance.findings.rule import Rule, Severity
from deploy_driver.assurance.findings.rules import functions as of_functions
from deploy_driver.assurance.findings.rules import keys as of_keys
from deploy_driver.assurance.findings.rules import records as of_records
from deploy_driver.assurance.findings.rules import roles as of_roles

CHECKS = (
    Rule(
        "settings",
        Severity.ERROR,
        "A setting in a stack file does not hold.",
        "No run begins.",
        "correct the line that is named; docs/reference/settings.md says what each setting may be",
    ),
    Rule(
        "tools",
        Severity.ERROR,
        "The Pulumi engine or the AWS plugin is not on this machine, is not the one that was obtained, or the engine does not find it.",
        "No run begins.",
        "`deploy setup` obtains what is missing",
    ),
    Rule(
        "cloud",
        Severity.ERROR,
        "There is nothing to deploy to: the sandbox does not run.",
        "No run begins, and nothing else can be looked at.",
        "`deploy sandbox up`; or say --cloud aws",
    ),
    Rule(
        "identity",
        Severity.ERROR,
        "The machine has no credentials, or those of another account than tools.",
        "No run begins.",
        "run on an agent with the Jenkins instance profile; with --as-administrator, as an administrator of tools",
    ),
    Rule(
        "state",
        Severity.ERROR,
        "The state bucket or its key cannot be used, or the state of a stack is damaged, another stack's, or gone.",
        "No run begins: without state nobody knows what is deployed.",
        "`deploy bootstrap` makes the bucket and the key, and grants them; `deploy state restore` puts a good copy back",
    ),
    Rule(
        "role",
        Severity.ERROR,
        "A stack's role cannot be entered, or leads into another account than its file says.",
        "No run of this stack begins.",
        "compare the role's trust with what we present; `deploy bootstrap` puts it back",
    ),
    Rule(
        "lock",
        Severity.ERROR,
        "A stack is locked.",
        "No run of this stack begins until the other one ends.",
        "wait for that run to end; if it is dead, `pulumi cancel` removes the lock",
    ),
)
"""What is in the way of a run. Whoever looks finds these; the remedy of a finding may say more."""

RULES = (*of_keys.RULES[-1:], *of_roles.RULES, *of_records.RULES, *of_functions.RULES, *of_keys.RULES[:-1])
"""What rots in the accounts."""

IN_ACCOUNTS = tuple(rule.id for rule in RULES if rule.id != "external-id-shared")
"""The rules whose facts are in the accounts, not in the files."""

BY_ID = {rule.id: rule for rule in (*CHECKS, *RULES)}
