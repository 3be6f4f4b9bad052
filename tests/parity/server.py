"""CloudFormation and STS for stacks whose templates are given."""
import json
import os
import sys
import threading
from http.server import ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "diff"))
import endpoint  # noqa: E402  (beside the recorded cases)

ARN = "arn:aws:cloudformation:us-east-1:111122223333:stack/%s/00000000-0000"


class Handler(endpoint.Handler):
    def name(self, form):
        return form["StackName"].split("/")[1] if "/" in form["StackName"] \
            else form["StackName"]

    def do_POST(self):
        try:
            super().do_POST()
        except KeyError:
            self.reply(400, "<ErrorResponse><Error><Type>Sender</Type><Code>"
                       "ValidationError</Code><Message>Stack with id x does "
                       "not exist</Message></Error></ErrorResponse>")

    def DescribeStacks(self, form):
        name = self.name(form)
        self.server.stacks[name]
        return {"Stacks": [{"StackName": name, "StackId": ARN % name,
                            "StackStatus": "CREATE_COMPLETE",
                            "CreationTime": "2024-01-01T00:00:00Z"}]}

    def GetTemplate(self, form):
        template = self.server.stacks[self.name(form)]
        return {"TemplateBody": template if isinstance(template, str)
                else json.dumps(template, ensure_ascii=False)}

    def ListStackResources(self, form):
        name = self.name(form)
        found = []
        for child in self.server.stacks:
            if child.startswith(name + "-"):
                found.append({"LogicalResourceId": child[len(name) + 1:],
                              "PhysicalResourceId": ARN % child,
                              "ResourceType": "AWS::CloudFormation::Stack",
                              "ResourceStatus": "CREATE_COMPLETE",
                              "LastUpdatedTimestamp":
                                  "2024-01-01T00:00:00Z"})
        return {"StackResourceSummaries": found}


class Server:
    """`with Server({name: template}) as s: s.url`; child stacks are named
    "<parent>-<logical id>"."""

    def __init__(self, stacks):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.stacks = stacks
        self.server.calls = []
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
