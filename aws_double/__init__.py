"""A loopback double of AWS at the wire: Rekognition, SageMaker, Bedrock and S3 as boto3 sees them.

It checks signatures and requests as strictly as the published limits say, keeps quotas, fails on demand, and
remembers every call. `python -m aws_double --port N` runs it alone. It is no simulator of quality: pictures are
plain and letters are filler.
"""

from aws_double.faults import Fault
from aws_double.server import Double
from aws_double.signing import environment

__all__ = ["Double", "Fault", "environment"]
