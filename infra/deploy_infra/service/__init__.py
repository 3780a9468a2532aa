"""The service layer: a bucket, a function that uses it, and an HTTP API in front."""

from deploy_infra.service.items import ItemsService

__all__ = ["ItemsService"]
