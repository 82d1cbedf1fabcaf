"""Buckets of moto's server."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

_NUMBERS = count()


def moto_server() -> Iterator[str]:
    """Serve S3; yield the URL."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass(frozen=True)
class MotoBucket:
    """A bucket, and somebody else's client of it."""

    client: Any
    name: str

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def contents(self) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        keys = [one["Key"] for one in listed]
        return {key: self.client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys}

    def uploads(self) -> list[str]:
        """The multipart uploads that are under way."""
        listed = self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])
        return [one["UploadId"] for one in listed]


def new_bucket(endpoint: str) -> Iterator[MotoBucket]:
    """Make a bucket that is empty."""
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint)
    name = f"restored-{next(_NUMBERS)}"
    client.create_bucket(Bucket=name)
    yield MotoBucket(client, name)
    client.close()
