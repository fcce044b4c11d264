"""The part of S3 that a private bucket of small objects needs: one bucket, path-style URLs, objects in memory."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from aws_double.answers import Answer, Refusal

SCOPE = "/s3/aws4_request"
"""Part of the Authorization header of every request to S3."""
OPERATIONS = {
    ("PUT", True): "PutObject",
    ("GET", True): "GetObject",
    ("HEAD", True): "HeadObject",
    ("DELETE", True): "DeleteObject",
    ("GET", False): "ListObjects",
}
"""Operations by method, and by whether the path names an object."""
NAMES = frozenset(OPERATIONS.values())
XML = "application/xml"


def operation(method: str, path: str) -> tuple[str, str]:
    """The operation and the object's key. The operation is empty when the double does not have it."""
    _, _, key = urlsplit(path).path.removeprefix("/").partition("/")
    return OPERATIONS.get((method, bool(key)), ""), unquote(key)


def refused(error: Refusal) -> Answer:
    root = Element("Error")
    for name, text in (("Code", error.code), ("Message", error.message)):
        SubElement(root, name).text = text
    return Answer(tostring(root), error.status, error.headers, XML)


class Bucket:
    """Shared by every thread of the server."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def keys(self) -> list[str]:
        with self._lock:
            return sorted(self._objects)

    def answer(self, operation: str, key: str, path: str, body: bytes) -> Answer:
        with self._lock:
            match operation:
                case "PutObject":
                    self._objects[key] = (body, datetime.now(UTC))
                    return Answer(b"", headers={"ETag": _etag(body)})
                case "DeleteObject":
                    self._objects.pop(key, None)
                    return Answer(b"", 204)
                case "ListObjects":
                    return self._list(path)
                case _:
                    return self._object(key)

    def _object(self, key: str) -> Answer:
        if key not in self._objects:
            raise Refusal(404, "NoSuchKey", "The specified key does not exist.")
        body, moment = self._objects[key]
        headers = {"ETag": _etag(body), "Last-Modified": format_datetime(moment, usegmt=True)}
        return Answer(body, headers=headers, content_type="binary/octet-stream")

    def _list(self, path: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        root = Element("ListBucketResult")
        SubElement(root, "IsTruncated").text = "false"
        folders = set()
        for key, (body, moment) in sorted(self._objects.items()):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            said = {"Key": key, "Size": str(len(body)), "LastModified": moment.isoformat(), "ETag": _etag(body)}
            contents = SubElement(root, "Contents")
            for name, text in said.items():
                SubElement(contents, name).text = text
        for folder in sorted(folders):
            SubElement(SubElement(root, "CommonPrefixes"), "Prefix").text = folder
        return Answer(tostring(root), content_type=XML)


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
