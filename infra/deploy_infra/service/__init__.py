"""The service layer: what a service's program makes, and says of its own rights."""

from deploy_infra.service.rights import rights
from deploy_infra.service.stack import ThisStack, this_stack

__all__ = ["ThisStack", "rights", "this_stack"]
