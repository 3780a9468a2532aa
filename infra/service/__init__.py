"""The service layer: a bucket, a function that uses it, and an HTTP API in front."""

from infra.service.items import ItemsService

__all__ = ["ItemsService"]
