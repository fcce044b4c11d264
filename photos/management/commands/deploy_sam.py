"""`manage.py deploy_sam`: creates or updates the SAM endpoint on SageMaker."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from photos.masking.deployment import DeploymentFailed, Instances, Serverless, Wanted, deploy, plan
from photos.weights import WeightsMissing


class Command(BaseCommand):
    help = "Create the SAM endpoint on SageMaker, or bring it up to date; does nothing where it is. See docs/aws.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bucket", required=True, help="S3 bucket of the model artifact, in the endpoint's region")
        parser.add_argument("--role", required=True, help="ARN of the role that SageMaker takes on")
        parser.add_argument("--image", required=True, help="the container's image in ECR")
        parser.add_argument("--endpoint", default=settings.SAM_ENDPOINT_NAME, help="default: SAM_ENDPOINT_NAME")
        parser.add_argument(
            "--memory",
            type=int,
            choices=range(1024, 6145, 1024),
            default=Serverless.memory_megabytes,
            help="of the serverless endpoint, MB; default %(default)s",
        )
        parser.add_argument(
            "--at-once", type=int, default=Serverless.at_once, help="requests to it at once; default %(default)s"
        )
        parser.add_argument(
            "--instance-type", help="such as ml.c7i.xlarge: instances by the hour instead of serverless"
        )
        parser.add_argument("--instances", type=int, default=Instances.count, help="how many; default %(default)s")
        parser.add_argument("--dry-run", action="store_true", help="print every call with its parameters, call nobody")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        wanted = _wanted(options)
        try:
            if dry_run:
                self._print_plan(wanted)
            else:
                deploy(wanted, self.stdout.write)
        except (DeploymentFailed, WeightsMissing) as error:
            raise CommandError(str(error)) from error

    def _print_plan(self, wanted: Wanted) -> None:
        planned = plan(wanted)
        for condition, call in (
            ("where it is not there yet", planned.upload),
            ("where it is not there yet", planned.model),
            ("where it is not there yet", planned.configuration),
            ("where there is no endpoint", planned.create),
            ("where the endpoint has another configuration", planned.update),
        ):
            parameters = json.dumps(call.parameters, indent=2)
            self.stdout.write(f"{call.service} {call.operation}, {condition}:\n{parameters}")


def _wanted(options: dict[str, Any]) -> Wanted:
    hardware: Serverless | Instances = (
        Instances(options["instance_type"], options["instances"])
        if options["instance_type"]
        else Serverless(options["memory"], options["at_once"])
    )
    return Wanted(
        endpoint=options["endpoint"],
        bucket=options["bucket"],
        role=options["role"],
        image=options["image"],
        hardware=hardware,
    )
