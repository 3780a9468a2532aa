"""What is only not made yet, told from what stands there already and is not ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from deploy_driver.drift.finding import Finding
from deploy_driver.drift.look import Looked
from deploy_driver.drift.sight import Sight
from deploy_driver.errors import NotReadyError
from deploy_driver.record.catalogue import Fact, Moved

Stands = Callable[[str, Sight], bool]
"""Whether something of that type and of the resource's name is there. Raises NotReadyError where nobody can say."""


def asks(looked: Looked) -> bool:
    """Whether there is anything to tell apart."""
    return any(finding.fact is Fact.NOT_MADE for finding in looked.findings)


def told_apart(looked: Looked, stands: Stands) -> Looked:
    """The same look; what nobody can say is no finding, and the look is not whole then."""
    findings: list[Finding] = []
    refused: list[NotReadyError] = []
    for finding in looked.findings:
        if finding.fact is not Fact.NOT_MADE:
            findings.append(finding)
            continue
        try:
            there = stands(finding.type, looked.sights[finding.urn])
        except NotReadyError as error:
            refused.append(error)
        else:
            findings.append(replace(finding, fact=Fact.APPEARED, moved=Moved.BOTH) if there else finding)
    return _whole(replace(looked, findings=tuple(findings)), refused)


def untold(looked: Looked, error: NotReadyError) -> Looked:
    """The look of somebody who could not get in to ask."""
    kept = tuple(finding for finding in looked.findings if finding.fact is not Fact.NOT_MADE)
    return _whole(replace(looked, findings=kept), [error])


def _whole(looked: Looked, refused: Sequence[NotReadyError]) -> Looked:
    if not refused:
        return looked
    failure = "; ".join(dict.fromkeys(str(error) for error in refused))
    remedy = "; ".join(dict.fromkeys(error.remedy for error in refused if error.remedy))
    return replace(looked, failure=failure, remedy=remedy)
