"""The PlanKey port over KMS: an asymmetric key of the tools account, which never leaves KMS."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.errors import NotReadyError

KEY_SPEC = "ECC_NIST_P256"
ALGORITHM = "ECDSA_SHA_256"
"""The only algorithm of that key spec (AWS KMS Developer Guide, "Key spec reference"); its signatures are DER (RFC 3279)."""

_NOT_OURS = ("KMSInvalidSignatureException",)
"""What KMS says of a signature that this key has not made over this digest (AWS KMS API reference, Verify)."""

_REMEDIES = {
    "NotFoundException": remedies.MADE_BY_BOOTSTRAP,
    "AccessDeniedException": remedies.SIGN_AS_JENKINS,
}


@dataclass(frozen=True)
class KmsPlanKey:
    """`alias` is what the settings call the key; a bundle never says which key it was signed with."""

    aws: AwsSession
    region: str
    alias: str

    def sign(self, digest: bytes) -> bytes:
        """The DER signature. Raises NotReadyError with AWS's reason."""
        kms = self.aws.client("kms", self.region)
        request = {"KeyId": self.alias, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": ALGORITHM}
        signature: bytes = asking(f"signing with {self.alias}", lambda: kms.sign(**request), by_code=_REMEDIES)[
            "Signature"
        ]
        return signature

    def verify(self, digest: bytes, signature: bytes) -> bool:
        """Whether KMS finds the signature valid. Raises NotReadyError when it gives no answer."""
        kms = self.aws.client("kms", self.region)
        request = {"KeyId": self.alias, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": ALGORITHM}
        try:
            answer = asking(
                f"verifying with {self.alias}",
                lambda: kms.verify(**request, Signature=signature),
                by_code=_REMEDIES,
            )
        except NotReadyError as error:
            if any(f"{code}:" in error.what for code in _NOT_OURS):
                return False
            raise
        return bool(answer["SignatureValid"])
