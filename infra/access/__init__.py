"""The access layer: who may enter an account, and the record of who did."""

from infra.access.jenkins import JenkinsAccess
from infra.access.target import TargetAccess

__all__ = ["JenkinsAccess", "TargetAccess"]
