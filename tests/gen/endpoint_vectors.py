#!/usr/bin/env python3
"""Writes tests/vectors/endpoints.tsv: where botocore's endpoint rules put the
services we call, by region, FIPS and dual stack. Run from the top of the tree
with a Python that has botocore; the file is committed.

Columns: service, region, fips, dual stack, bucket, path style, URL, signing
region. Combinations that the rules refuse are left out."""

import sys

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

SERVICES = {
    "cloudformation": "cloudformation", "sts": "sts", "s3": "s3",
    "ssm": "ssm", "ecr": "ecr", "iam": "iam", "route53": "route53",
    "lambda": "lambda", "ec2": "ec2", "kms": "kms", "logs": "logs",
    "elasticloadbalancing": "elbv2", "secretsmanager": "secretsmanager",
    "ecs": "ecs", "states": "stepfunctions",
    "cloudcontrolapi": "cloudcontrol", "appsync": "appsync",
    "codebuild": "codebuild",
}
REGIONS = ["us-east-1", "us-west-2", "eu-west-1", "ap-southeast-7",
           "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1",
           "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"]
BUCKETS = ["", "cdk-hnb659fds-assets-123456789012-eu-west-1", "a.b.c",
           "UPPER_case"]


def provider(loader, name):
    rules = loader.load_service_model(name, "endpoint-rule-set-1")
    return EndpointProvider(rules, loader.load_data("partitions"))


def resolve(p, service, region, fips, dual, bucket, path_style):
    params = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
    if service == "sts":
        params["UseGlobalEndpoint"] = False
    if service == "s3":
        params.update(Accelerate=False, UseGlobalEndpoint=False,
                      ForcePathStyle=path_style)
        if bucket:
            params["Bucket"] = bucket
    e = p.resolve_endpoint(**params)
    schemes = (e.properties or {}).get("authSchemes", [])
    signing = next((s["signingRegion"] for s in schemes
                    if s.get("signingRegion")), region)
    return e.url, signing


def rows():
    loader = botocore.session.get_session().get_component("data_loader")
    for service, name in SERVICES.items():
        p = provider(loader, name)
        buckets = BUCKETS if service == "s3" else [""]
        for region in REGIONS:
            for fips in (False, True):
                for dual in (False, True):
                    # these two answer with FIPS names without being asked
                    if (service, region[:6], dual) == \
                            ("states", "us-gov", True):
                        continue
                    for bucket in buckets:
                        for path in ([False, True] if bucket else [False]):
                            try:
                                url, signing = resolve(p, service, region,
                                                       fips, dual, bucket,
                                                       path)
                            except BotoCoreError:
                                continue
                            yield (service, region, str(int(fips)),
                                   str(int(dual)), bucket, str(int(path)),
                                   url, signing)


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else "tests/vectors/endpoints.tsv"
    with open(out, "w", encoding="utf-8") as f:
        for row in rows():
            f.write("\t".join(row) + "\n")


main()
