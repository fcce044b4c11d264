"""A double of AWS on loopback: an HTTP server that answers boto3 as Rekognition, SageMaker, Bedrock and S3 do.

It checks signatures and the published limits of requests, applies quotas, fails on demand, and records every call.
`python -m aws_double --port N` runs it alone. It does not simulate quality: pictures are plain and letters are filler.
"""

from aws_double.faults import Fault
from aws_double.server import Double
from aws_double.signing import environment

__all__ = ["Double", "Fault", "environment"]
