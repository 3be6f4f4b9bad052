"""CloudFormation and STS for stacks whose templates are given."""
import json
import os
import sys
import threading
from http.server import ThreadingHTTPServer
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "diff"))
import endpoint  # noqa: E402  (beside the recorded cases)

CHANGE_SET = ("arn:aws:cloudformation:us-east-1:111122223333:changeSet/%s/"
              "00000000-0001")
ARN = "arn:aws:cloudformation:us-east-1:111122223333:stack/%s/00000000-0000"


class Missing(Exception):
    """a stack, as the request names it"""


class Refused(Exception):
    """code, message"""


class Handler(endpoint.Handler):
    def name(self, form):
        return form["StackName"].split("/")[1] if "/" in form["StackName"] \
            else form["StackName"]

    def stack(self, form):
        if self.name(form) not in self.server.stacks:
            raise Missing(form["StackName"])
        return self.server.stacks[self.name(form)]

    def do_POST(self):
        try:
            super().do_POST()
        except Missing as m:
            self.refuse("ValidationError",
                        f"Stack with id {m.args[0]} does not exist")
        except Refused as r:
            self.refuse(*r.args)

    def refuse(self, code, message):
        self.reply(400, "<ErrorResponse><Error><Type>Sender</Type><Code>"
                   f"{code}</Code><Message>{escape(message)}</Message>"
                   "</Error></ErrorResponse>")

    def DescribeStacks(self, form):
        name = self.name(form)
        self.stack(form)
        return {"Stacks": [{"StackName": name, "StackId": ARN % name,
                            "StackStatus": self.server.states.get(
                                name, "CREATE_COMPLETE"),
                            "CreationTime": "2024-01-01T00:00:00Z"}]}

    def GetTemplate(self, form):
        template = self.stack(form)
        return {"TemplateBody": template if isinstance(template, str)
                else json.dumps(template, ensure_ascii=False)}

    def ListStacks(self, form):
        """Of the region that the request is signed for, three a page."""
        wanted = [v for k, v in form.items() if "StackStatusFilter" in k]
        scope = self.headers.get("Authorization", "").split("/")
        region = scope[2] if len(scope) > 2 else ""
        names = [n for n in self.server.stacks
                 if self.server.regions.get(n, "us-east-1") == region
                 and self.server.states.get(n, "CREATE_COMPLETE") in wanted]
        start = int(form.get("NextToken", "0"))
        answer = {"StackSummaries": [
            {"StackName": n, "StackId": ARN % n, "StackStatus":
             self.server.states.get(n, "CREATE_COMPLETE"),
             "CreationTime": "2024-01-01T00:00:00Z"}
            for n in names[start:start + 3]]}
        if start + 3 < len(names):
            answer["NextToken"] = str(start + 3)
        return answer

    def CreateChangeSet(self, form):
        name = self.name(form)
        if "refused" in self.server.change_sets[name]:
            raise Refused(*self.server.change_sets[name]["refused"])
        return {"Id": CHANGE_SET % name, "StackId": ARN % name}

    def DescribeChangeSet(self, form):
        """Of two kinds: with and without property values."""
        name = self.name(form)
        set_ = self.server.change_sets[name]
        values = form.get("IncludePropertyValues") == "true"
        changes = set_["full" if values else "brief"]
        start = int(form.get("NextToken", "0"))
        end = start + set_["page"]
        answer = {"ChangeSetName": "cdk-diff", "StackName": name,
                  "ChangeSetId": CHANGE_SET % name, "StackId": ARN % name,
                  "Status": set_["status"], "Changes": changes[start:end]}
        if "reason" in set_ and (values or set_["status"] == "FAILED"):
            answer["StatusReason"] = set_["reason"]
        if end < len(changes):
            answer["NextToken"] = str(end)
        return answer

    def DeleteStack(self, form):
        return {}

    def DescribeEvents(self, form):
        return {"OperationEvents": []}

    def ListHookResults(self, form):
        if self.server.change_sets[form["TargetId"].split("/")[1]]["hookless"]:
            raise Refused("AccessDenied", "not to be listed by you")
        return {"HookResults": []}

    def ListStackResources(self, form):
        name = self.name(form)
        self.stack(form)
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
    "<parent>-<logical id>". regions and states of stacks where they are not
    us-east-1 and CREATE_COMPLETE; change_sets are ChangeSets' answers."""

    def __init__(self, stacks, regions=None, states=None, change_sets=None):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.stacks = stacks
        self.server.regions = regions or {}
        self.server.states = states or {}
        self.server.change_sets = change_sets or {}
        self.server.calls = []
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
