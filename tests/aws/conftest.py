"""The doors to AWS, and what they are tried against."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from glacier_manifest.aws.session import Clients, Connection
from tests.aws.scripted import ScriptedServer, Step

Play = Callable[..., ScriptedServer]
Open = Callable[..., Clients]


@pytest.fixture
def play() -> Iterator[Play]:
    """Start servers that play steps."""
    with ExitStack() as stack:

        def start(*steps: Step, tls: ssl.SSLContext | None = None, is_proxy: bool = False) -> ScriptedServer:
            server = ScriptedServer(*steps, tls=tls, is_proxy=is_proxy)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def door() -> Iterator[Open]:
    """Open the door to an endpoint, with short timeouts and no repeated reads."""
    with ExitStack() as stack:

        def open_to(endpoint_url: str | None, **settings: float | str) -> Clients:
            brief = Connection(endpoint_url=endpoint_url, read_timeout=5, read_attempts=1)
            return stack.enter_context(Clients(replace(brief, **settings)))  # type: ignore[arg-type]  # any field

        yield open_to


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and glacier.example."""

    path: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "glacier.example")])
    now = datetime.now(UTC)
    names = [x509.DNSName("glacier.example"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return Certificate(path, context)
