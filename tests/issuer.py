"""An identity provider: keys of its own, and the tokens that it signs."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256


@dataclass(frozen=True)
class TokenIssuer:
    """One issuer. `url` is what its tokens say."""

    url: str
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))

    def publish(self, home: Path) -> None:
        """Let the sandbox at `home` read the keys, which AWS asks the issuer for."""
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "kid": "1", "n": _number(numbers.n), "e": _number(numbers.e)}
        file = home / "issuers" / f"{quote(self.url.removeprefix('https://'), safe='')}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"keys": [key]}), "utf-8")

    def token(self, subject: str, *, ends_in: float = 3600, **claims: Any) -> str:
        """A token for AWS; claims are said instead of the usual ones."""
        now = time.time()
        usual = {
            "iss": self.url,
            "sub": subject,
            "aud": ["sts.amazonaws.com"],
            "iat": int(now),
            "exp": int(now + ends_in),
        }
        signed = f"{_part({'alg': 'RS256', 'kid': '1', 'typ': 'JWT'})}.{_part({**usual, **claims})}"
        return f"{signed}.{_text(self.key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _part(said: dict[str, Any]) -> str:
    return _text(json.dumps(said).encode())


def _number(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
