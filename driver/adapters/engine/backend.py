"""Where the engine keeps state and how it encrypts secrets, in the engine's own words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from driver.values import Backend


def state_url(backend: Backend, environment: Mapping[str, str]) -> str:
    """The backend as Pulumi names it: `s3://BUCKET?region=…`.

    With `AWS_ENDPOINT_URL` in the engine's environment the same endpoint serves the state, and the bucket is
    addressed by path, because an endpoint of one's own has no host name per bucket.
    """
    query = {"region": backend.region}
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        query |= {"s3ForcePathStyle": "true", "endpoint": endpoint}
    return f"s3://{backend.bucket}?{urlencode(query)}"


def secrets_provider(backend: Backend) -> str:
    """The secrets provider as Pulumi names it: `awskms://alias/NAME?region=…`. Its endpoint is the environment's."""
    return f"awskms://{backend.key_alias}?{urlencode({'region': backend.region})}"
