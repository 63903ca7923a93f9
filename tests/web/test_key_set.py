from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from adapter.web.app import build_app
from tests.web.conftest import Site


def test_public_keys_are_published_and_a_new_file_is_noticed(shared: Site, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    client = TestClient(
        build_app(replace(shared.parts, client_keys=(path,))), base_url="http://localhost"
    )
    seen = []
    for _ in range(2):
        key = ec.generate_private_key(ec.SECP384R1())
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        (found,) = client.get("/.well-known/jwks.json").json()["keys"]
        assert "d" not in found
        seen.append(found["kid"])
        text = jwt.encode({"a": 1}, key, "ES384")
        assert jwt.decode(text, jwt.PyJWK(found).key, algorithms=["ES384"]) == {"a": 1}
    assert len(set(seen)) == 2
    assert shared.client.get("/.well-known/jwks.json").json() == {"keys": []}
