#!/usr/bin/env python3
"""Writes tests/vectors/sigv4/cases.json: what botocore makes of requests that
the published suite does not have (S3 paths, tokens, odd keys). Run from the
top of the tree with a Python that has botocore; the file is committed."""

import hashlib
import json
import sys
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

STAMP = "20260102T030405Z"
KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "FwoGZXIvYXdzEXAMPLE//token+with/odd=="


def enc(text):
    return quote(text, safe="-_.~")


def s3(name, method, bucket_key, query="", body=b"", token=None, headers=(),
       region="eu-west-1"):
    path = quote("/" + bucket_key, safe="/-_.~")
    return dict(name=name, method=method, path=path, query=query, body=body,
                token=token, headers=list(headers), region=region,
                service="s3", s3=True, host="s3.eu-west-1.amazonaws.com")


def other(name, method="POST", path="/", query="", body=b"", token=None,
          headers=(), region="us-east-1", service="sts",
          host="sts.us-east-1.amazonaws.com"):
    return dict(name=name, method=method, path=path, query=query, body=body,
                token=token, headers=list(headers), region=region,
                service=service, s3=False, host=host)


FORM = ("Content-Type", "application/x-www-form-urlencoded")
CASES = [
    other("sts-get-caller-identity",
          body=b"Action=GetCallerIdentity&Version=2011-06-15",
          headers=[FORM]),
    other("sts-with-token", body=b"Action=GetCallerIdentity", token=TOKEN,
          headers=[FORM]),
    other("json-target", service="ssm", host="ssm.us-east-1.amazonaws.com",
          body=b'{"Name":"/a/b"}',
          headers=[("Content-Type", "application/x-amz-json-1.1"),
                   ("X-Amz-Target", "AmazonSSM.GetParameter")]),
    other("rest-path-double-encoded", method="GET", service="lambda",
          host="lambda.us-east-1.amazonaws.com",
          path="/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A"
               "123456789012%3Afunction%3Af%20x/code"),
    other("query-order", method="GET",
          query="b=2&a=2&a=1&A=0&empty=&%C3%A9=1&a-b=1&a.b=1&a%20b=1"),
    other("duplicate-headers", method="GET",
          headers=[("X-Amz-Meta-Z", "  b  "), ("x-amz-meta-a", "1"),
                   ("X-Amz-Meta-Z", "a"), ("X-Amz-Meta-Z", "a   c")]),
    other("cn-region", region="cn-north-1",
          host="sts.cn-north-1.amazonaws.com.cn", body=b"x"),
    s3("s3-put", "PUT", "bucket/assets/abc.zip", "x-id=PutObject", b"data",
       headers=[("Content-Type", "application/zip"),
                ("x-amz-checksum-sha256", "AAAA+/=="),
                ("x-amz-sdk-checksum-algorithm", "SHA256")]),
    s3("s3-spaces-and-plus", "PUT", "bucket/a b+c/d~e-_.f (1)'!*.txt",
       body=b"\x00\xff"),
    s3("s3-unicode", "GET", "bucket/sm\u00f6rg\u00e5s/\u65e5\u672c/"
       "\U0001f600.json"),
    s3("s3-percent-in-key", "GET", "bucket/100%25/%41"),
    s3("s3-dots-and-slashes", "GET", "bucket/a//b/./c/../d"),
    s3("s3-list", "GET", "bucket",
       "list-type=2&max-keys=1&prefix=" + enc("a b/\u00e9+~") +
       "&continuation-token=" + enc("1/+==")),
    s3("s3-bare-subresource", "GET", "bucket", "location"),
    s3("s3-uploads-with-token", "POST", "bucket/k", "uploads", token=TOKEN),
    s3("s3-trailing-slash", "PUT", "bucket/dir/"),
]


def sign(case):
    """The stages as botocore computes them."""
    creds = Credentials(KEY, SECRET, case["token"])
    cls = S3SigV4Auth if case["s3"] else SigV4Auth
    auth = cls(creds, case["service"], case["region"])
    url = "https://" + case["host"] + case["path"]
    if case["query"]:
        url += "?" + case["query"]
    payload = hashlib.sha256(case["body"]).hexdigest()
    headers = [("Host", case["host"]), *case["headers"],
               ("X-Amz-Date", STAMP)]
    if case["s3"]:
        headers.append(("X-Amz-Content-SHA256", payload))
    if case["token"]:
        headers.append(("X-Amz-Security-Token", case["token"]))
    request = AWSRequest(method=case["method"], url=url, data=case["body"])
    for name, value in headers:
        request.headers.add_header(name, value)
    request.context["timestamp"] = STAMP
    request.context["payload_signing_enabled"] = True
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    return {
        "name": case["name"], "method": case["method"],
        "path": case["path"], "query": case["query"],
        "region": case["region"], "service": case["service"],
        "s3": case["s3"], "payloadSha256": payload,
        "headers": [f"{n}: {v}" for n, v in headers],
        "canonical": canonical, "stringToSign": to_sign,
        "signature": auth.signature(to_sign, request),
    }


def main():
    doc = {
        "time": 1767323045, "accessKeyId": KEY, "secretAccessKey": SECRET,
        "cases": [sign(c) for c in CASES],
    }
    out = sys.argv[1] if len(sys.argv) > 1 else \
        "tests/vectors/sigv4/cases.json"
    with open(out, "w", encoding="utf-8") as f:
        json.dump(doc, f, indent=1, ensure_ascii=True)
        f.write("\n")


main()
