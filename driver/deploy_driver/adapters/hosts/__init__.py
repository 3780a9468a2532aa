"""The hosts of pull requests: one module for each, and the HTTP that they share."""

from __future__ import annotations

from deploy_driver.adapters.hosts.api import Api
from deploy_driver.adapters.hosts.github import GitHub
from deploy_driver.adapters.hosts.gitlab import GitLab
from deploy_driver.choices import Host
from deploy_driver.ports import Clock, Discussion
from deploy_driver.values import PullRequest


def discussion(pull_request: PullRequest, clock: Clock) -> Discussion:
    """The comments of a pull request, on whichever host it is."""
    api = Api(pull_request.api, pull_request.token, clock)
    return GitHub(pull_request, api) if pull_request.host is Host.GITHUB else GitLab(pull_request, api)
