"""The access layer: who may enter an account, and the record of who did."""

from deploy_infra.access.jenkins import JenkinsAccess
from deploy_infra.access.target import TargetAccess

__all__ = ["JenkinsAccess", "TargetAccess"]
