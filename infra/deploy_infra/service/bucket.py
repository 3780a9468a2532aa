"""A bucket of a service, and what its functions may do with it."""

from __future__ import annotations

import pulumi

from deploy_infra.names import bucket_arn
from deploy_infra.policies import buckets
from deploy_infra.private_bucket import PrivateBucket
from deploy_infra.service.rights import Rights


class Bucket(PrivateBucket):
    """A private bucket that answers over TLS only; `read`, `write` and `read_write` are rights for a function's `may`.

    Listing the bucket is what turns a missing object into 404 instead of 403 (Amazon S3 API, GetObject).
    """

    def __init__(self, name: str, *, bucket: str, empties: bool, opts: pulumi.ResourceOptions | None = None) -> None:
        self.bucket_name = bucket
        self.arn = bucket_arn(bucket)
        super().__init__(name, bucket=bucket, policy=buckets.tls_only(self.arn), empties=empties, opts=opts)

    @property
    def read(self) -> tuple[Rights, ...]:
        """Get objects, and list them."""
        return (Rights(("s3:GetObject",), (f"{self.arn}/*",)), Rights(("s3:ListBucket",), (self.arn,)))

    @property
    def write(self) -> tuple[Rights, ...]:
        """Put objects, and delete them."""
        return (Rights(("s3:DeleteObject", "s3:PutObject"), (f"{self.arn}/*",)),)

    @property
    def read_write(self) -> tuple[Rights, ...]:
        """Both."""
        return (*self.read, *self.write)
