#!/usr/bin/env python3
"""A scripted AWS endpoint: CloudFormation, STS, SSM and S3 from a scenario.

It plays situations that emulators cannot: failed resources, rollbacks, paused
stacks, empty or failed change sets, throttling, dropped connections, cut-off
bodies. Nothing in it depends on time, but for "limits", "clock" and "seconds":
what is told is driven by the requests.

    srv = Server({"stacks": {...}, "operations": [...]})
    srv.start()               # srv.url
    srv.requests              # [("cloudformation", "DescribeStacks", {...})]
    srv.stop()

From a shell: aws.py SCENARIO.json [PORT] [REQUEST_LOG]

Scenario (all keys optional):
  account, region
  stacks      {name: fields of DescribeStacks; "template" is its text,
              "_resources" {logical id: name} its nested stacks, or
              [type, physical id] or fields of ListStackResources of anything
              else; "_running" [verb, operation, token]: what somebody has
              under way on it}
  tolerates   [statuses in which stacks are updated although AWS refuses it]
  parameters  {SSM name: value}
  objects     [keys that S3 already has]
  change_set  fields of DescribeChangeSet for those that get created, and
              "pending": how many answers say CREATE_IN_PROGRESS first
  change_set_of  {stack: fields}, instead of those
  change_sets {"stack/name": fields}: there from the start
  operations  one per started operation (execute, create, update, delete,
              rollback, continue), in order; the last one repeats:
                events    [[seconds, id, type, status, reason, extra], ...]
                final     status; "GONE" deletes the stack
                reason    of the final status
                outputs   {key: value}
                history   events of before, like "events" (seconds < 0)
                busy      how many DescribeStacks answer "in progress" (1)
                per_poll  how many more events each poll sees (all)
                stack     of this stack alone, as often as it comes
                seconds   it ends by the clock, after so many or a number
                          between [least, most]; without "events" one resource
                          is told, which is complete a tenth before the end
  events      {stack name or ARN: [like above]}: of nested stacks
  failed_events  answer of DescribeEvents
  hooks       answer of ListHookResults
  hook_results  {id: answer of GetHookResult}
  trail       [[seconds, record], ...]: what CloudTrail tells, so long after
              the first operation began; without it there is none
  answers     {action: answer} of services that speak JSON, Lambda too
  stack_resources  {logical id: [physical id, type]} of
              DescribeStackResources
  (importers of an export are the stacks whose template has it in an
  Fn::ImportValue; an update that drops it is refused meanwhile)
  list_page   how many stacks ListStacks and DescribeStacks tell at once (100)
  faults      [{"action", "nth" (1), "times" (1), "kind", ...}] with kind
              "error" (code, message, status, headers), "throttle", "drop",
              "lose" (carried out, but there is no reply), "stall" (no reply
              until the other side gives up), "garble" (half of the reply,
              told as all of it), "truncate", "gzip" (packed without being
              asked) or "hold"
              (answers once the requests named in "until", as "Action" or
              "Action Stack", have come; HOLD_SECONDS at the most); "stack"
              limits it to requests for that stack, "" to those for none
  limits      {action or "*": [requests a second, burst]}: AWS's throttling
  clock       AWS's clock is so many seconds ahead of ours; requests signed
              more than five minutes off are refused
  role_seconds  how long an assumed role lasts (until 2099)
"""
import datetime
import gzip
import json
import random
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

import yaml

CFN_NS = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
STS_NS = "https://sts.amazonaws.com/doc/2011-06-15/"
HOLD_SECONDS = 30
HIDDEN = ("template", "_policy", "_op", "_busy", "_verb", "_resources",
          "_running", "_token", "_until")
TOKENS = ("ClientRequestToken", "ClientToken")
STALL_SECONDS = 60
CHANGING = ("Create", "Update", "Delete", "Execute", "Rollback", "Continue")
# Statuses that no update can start from; those under way come on top.
FIXED = ("DELETE_COMPLETE", "DELETE_FAILED", "IMPORT_ROLLBACK_FAILED",
         "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")
DELETABLE = ("CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS",
             "REVIEW_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def xml(tag, value):
    if value is None:
        return ""
    if isinstance(value, list):
        inner = "".join(xml("member", v) for v in value)
    elif isinstance(value, dict):
        inner = "".join(xml(k, v) for k, v in value.items())
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(str(value))
    return f"<{tag}>{inner}</{tag}>"


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def token_of(params):
    return next((params[k] for k in TOKENS if k in params), None)


class Failure(Exception):
    def __init__(self, code, message, status=400):
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def parsed(template):
    """JSON or YAML; {} of one that was sent by its address only."""
    tree = yaml.safe_load(template or "{}")
    return tree if isinstance(tree, dict) else {}


def stack_of(params):
    name = params.get("StackName", "")
    return name.split("/")[1] if name.startswith("arn:") else name


class World:
    """The state behind the answers."""

    def __init__(self, scenario):
        self.s = scenario
        self.account = scenario.get("account", "111122223333")
        self.started = None  # the first operation
        self.region = scenario.get("region", "us-east-1")
        self.stacks, self.events, self.sets = {}, {}, {}
        self.shown = {}
        self.ended = {}  # by the clock: stack name -> time.time()
        self.random = random.Random(scenario.get("seed", 1))
        self.operations = list(scenario.get("operations", []))
        self.counts = {}
        self.buckets = {}
        self.throttled = 0
        self.tokens = {}   # token: (action, stack, answer)
        self.repeats = []  # (action, token): answered from memory
        self.begun = []    # (stack, verb, token) of every operation
        self.executed = [] # (action, stack) of all that changed something
        self.clock = scenario.get("clock", 0)
        self.serial = 0
        self.latest = datetime.datetime.fromtimestamp(
            0, datetime.timezone.utc)
        self.objects = set(scenario.get("objects", []))
        self.bodies = {}  # {"bucket/key": text} of those that were uploaded
        for name, fields in scenario.get("stacks", {}).items():
            self.add_stack(name, dict(fields))
        for key, fields in scenario.get("change_sets", {}).items():
            stack, name = key.split("/")
            self.add_set(stack, name, dict(fields))

    def arn(self, name):
        return (f"arn:aws:cloudformation:{self.region}:{self.account}:"
                f"stack/{name}/aaaa-{name}")

    def set_arn(self, name):
        return (f"arn:aws:cloudformation:{self.region}:{self.account}:"
                f"changeSet/{name}/bbbb")

    def now(self):
        """Never before what was told already: events run ahead of us."""
        return max(datetime.datetime.now(datetime.timezone.utc),
                   self.latest + datetime.timedelta(milliseconds=1))

    def add_stack(self, name, fields):
        base = {"StackId": self.arn(name), "StackName": name,
                "CreationTime": stamp(self.now()),
                "StackStatus": "CREATE_COMPLETE",
                "EnableTerminationProtection": False}
        base.update(fields)
        self.stacks[name] = base
        if "_running" in base:
            verb, op, token = base["_running"]
            self.begin(name, verb, token, op)

    def add_set(self, stack, name, fields):
        base = {"ChangeSetName": name, "ChangeSetId": self.set_arn(name),
                "StackId": self.arn(stack), "StackName": stack,
                "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE",
                "CreationTime": stamp(self.now()), "Changes": []}
        base.update(fields)
        self.sets[stack, name] = base

    def stack(self, ref):
        name = ref.split("/")[1] if ref.startswith("arn:") else ref
        s = self.stacks.get(name)
        if s is None:
            raise Failure("ValidationError",
                          f"Stack with id {ref} does not exist")
        return s

    def check_updatable(self, s, review=False):
        status = s["StackStatus"]
        if status in self.s.get("tolerates", []) or \
                (review and status == "REVIEW_IN_PROGRESS"):
            return
        if status in FIXED or status.endswith("_IN_PROGRESS"):
            raise Failure("ValidationError",
                          f"Stack:{s['StackId']} is in {status} state and "
                          "can not be updated.")

    def check_status(self, s, allowed, doing):
        if s["StackStatus"] not in allowed:
            raise Failure("ValidationError",
                          f"Stack:{s['StackId']} is in {s['StackStatus']} "
                          f"state and can not {doing}.")

    def count(self, key):
        n = self.counts[key] = self.counts.get(key, 0) + 1
        return n

    def fault(self, action, stack):
        n, of_stack = self.count(action), self.count((action, stack))
        for f in self.s.get("faults", []):
            first = f.get("nth", 1)
            if f["action"] != action or f.get("stack", stack) != stack:
                continue
            at = of_stack if "stack" in f else n
            if first <= at < first + f.get("times", 1):
                return f
        return None

    def over_limit(self, action):
        """A token bucket per action."""
        limits = self.s.get("limits", {})
        limit = limits.get(action, limits.get("*"))
        if limit is None:
            return False
        now = time.monotonic()
        tokens, then = self.buckets.get(action, (limit[1], now))
        tokens = min(limit[1], tokens + (now - then) * limit[0])
        over = tokens < 1
        self.buckets[action] = (tokens - (not over), now)
        self.throttled += over
        return over

    def signed_late(self, date):
        if "clock" not in self.s:
            return False
        signed = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()
        return abs(signed - (time.time() + self.clock)) > 300

    def add_events(self, name, arn, script, start, token=None):
        known = self.events.setdefault(arn, [])
        for row in script:
            seconds, logical, kind, status, reason, extra = \
                (list(row) + [None, None])[:6]
            self.serial += 1
            moment = start + datetime.timedelta(seconds=seconds)
            if not self.timed(name):
                self.latest = max(self.latest, moment)
            own = logical == name and kind == "AWS::CloudFormation::Stack"
            e = {"StackId": arn, "StackName": name,
                 "EventId": f"event-{self.serial}",
                 "LogicalResourceId": logical,
                 "PhysicalResourceId": arn if own else f"phys-{logical}",
                 "ResourceType": kind, "ResourceStatus": status,
                 "Timestamp": stamp(moment)}
            if reason:
                e["ResourceStatusReason"] = reason
            if token:
                e["ClientRequestToken"] = token
            e.update(extra or {})
            known.append(e)

    def timed(self, name):
        return "_until" in self.stacks.get(name, {})

    def clocked(self, name, verb, op):
        """When an operation ends, and what it tells until then."""
        seconds = op["seconds"]
        if isinstance(seconds, list):
            seconds = self.random.uniform(*seconds)
        self.stacks[name]["_until"] = time.time() + seconds
        self.ended[name] = time.time() + seconds
        final = op.get("final", f"{verb}_COMPLETE")
        stack, bucket = "AWS::CloudFormation::Stack", "AWS::S3::Bucket"
        return op.get("events") or [
            [0, name, stack, f"{verb}_IN_PROGRESS", "User Initiated"],
            [0.2, "B", bucket, f"{verb}_IN_PROGRESS"],
            [0.9 * seconds, "B", bucket, f"{verb}_COMPLETE"],
            [seconds, name, stack, final]]

    def template_of(self, p):
        url = p.get("TemplateURL")
        if url is None:
            return p.get("TemplateBody")
        return next((t for k, t in self.bodies.items() if url.endswith(k)),
                    None)

    def begin(self, name, verb, token=None, op=None):
        s = self.stacks[name]
        if op is None:
            own = [o for o in self.operations if o.get("stack") == name]
            rest = [o for o in self.operations if "stack" not in o]
            op = (own + rest + [{}])[0]
            if not own and len(rest) > 1:
                self.operations.remove(op)
        self.begun.append((name, verb, token))
        s["_token"] = token
        s["_op"], s["_busy"], s["_verb"] = op, op.get("busy", 1), verb
        s["StackStatus"] = f"{verb}_IN_PROGRESS"
        s.pop("StackStatusReason", None)
        arn = s["StackId"]
        start = self.now()
        self.started = self.started or start
        self.add_events(name, arn, op.get("history", []), start)
        self.shown[arn] = [len(self.events.get(arn, [])),
                           op.get("per_poll")]
        s.pop("_until", None)
        script = self.clocked(name, verb, op) if "seconds" in op else \
            op.get("events", [])
        self.add_events(name, arn, script, start, token)
        for ref, script in self.s.get("events", {}).items():
            nested = ref.split("/")[1] if ref.startswith("arn:") else ref
            self.add_events(nested, ref, script, start)

    def drop(self, name):
        """A stack goes with its change sets."""
        del self.stacks[name]
        for key in [k for k in self.sets if k[0] == name]:
            del self.sets[key]

    def settle(self, name):
        """An operation goes on as its stack is looked at."""
        s = self.stacks[name]
        op = s.get("_op")
        if op is None:
            return
        if "_until" in s:
            if time.time() < s["_until"]:
                return
        elif s["_busy"] > 0:
            s["_busy"] -= 1
            return
        s.pop("_op")
        final = op.get("final", f"{s['_verb']}_COMPLETE")
        if s["_verb"] == "DELETE" and "final" not in op:
            final = "GONE"
        if final == "GONE":
            self.drop(name)
            return
        s["StackStatus"] = final
        if op.get("reason"):
            s["StackStatusReason"] = op["reason"]
        if "outputs" in op:
            s["Outputs"] = [{"OutputKey": k, "OutputValue": v}
                            for k, v in op["outputs"].items()]
        s["Outputs"] = [o for o in s.get("Outputs", [])
                        if "ExportName" not in o]
        s["Outputs"] += [{"OutputKey": k, "OutputValue": f"value-of-{k}",
                          "ExportName": v} for k, v in
                         self.exports(s.get("template")).items()]

    def importers(self, export):
        wanted = json.dumps({"Fn::ImportValue": export})
        return sorted(n for n, s in self.stacks.items() if wanted in
                      json.dumps(parsed(s.get("template")), default=str))

    def exports(self, template):
        """{output: export name} of a template's literal names."""
        outputs = parsed(template).get("Outputs", {})
        return {k: o["Export"]["Name"] for k, o in outputs.items()
                if "Export" in o}

    def replace_template(self, stack, template):
        new = self.exports(template).values()
        for o in stack.get("Outputs", []):
            name = o.get("ExportName")
            users = self.importers(name) if name and name not in new else []
            if users:
                raise Failure("ValidationError", f"Export {name} cannot be "
                              f"deleted as it is in use by {users[0]}")
        stack["template"] = template

    def seen_events(self, ref):
        arn = ref if ref.startswith("arn:") else self.arn(ref)
        known = self.events.get(arn)
        if known is None and ref not in self.stacks and \
                not (arn.split("/")[1] in self.stacks):
            raise Failure("ValidationError",
                          f"Stack [{ref}] does not exist")
        known = known or []
        if self.timed(arn.split("/")[1]):
            now = stamp(datetime.datetime.now(datetime.timezone.utc))
            known = [e for e in known if e["Timestamp"] <= now]
        show = self.shown.get(arn)
        if show and show[1]:
            show[0] += show[1]
            s = self.stacks.get(arn.split("/")[1])
            if s and "_op" in s:
                known = known[:show[0]]
        return list(reversed(known))


class Api:
    """One method per CloudFormation action."""

    def __init__(self, world):
        self.w = world

    def list_all(self, p):
        w = self.w
        for name in list(w.stacks):
            w.settle(name)
        start = int(p.get("NextToken", 0))
        end = start + w.s.get("list_page", 100)
        names = list(w.stacks)
        return {"Stacks": [self.shown(w.stacks[n]) for n in names[start:end]],
                "NextToken": str(end) if end < len(names) else None}

    @staticmethod
    def shown(s):
        return {k: v for k, v in s.items() if k not in HIDDEN}

    def DescribeStacks(self, p):
        w = self.w
        if "StackName" not in p:
            return self.list_all(p)
        s = w.stack(p["StackName"])
        w.settle(s["StackName"])
        if s["StackName"] not in w.stacks:
            raise Failure("ValidationError",
                          f"Stack with id {p['StackName']} does not exist")
        return {"Stacks": [self.shown(s)]}

    def ListStacks(self, p):
        wanted = [v for k, v in p.items()
                  if k.startswith("StackStatusFilter")]
        all_ = [{k: s[k] for k in ("StackId", "StackName", "CreationTime",
                                   "StackStatus")}
                for s in self.w.stacks.values()
                if not wanted or s["StackStatus"] in wanted]
        start = int(p.get("NextToken", 0))
        end = start + self.w.s.get("list_page", 100)
        return {"StackSummaries": all_[start:end],
                "NextToken": str(end) if end < len(all_) else None}

    def GetTemplate(self, p):
        s = self.w.stack(p["StackName"])
        return {"TemplateBody": s.get("template", "{}"),
                "StagesAvailable": ["Original", "Processed"]}

    def CreateChangeSet(self, p):
        w, name = self.w, stack_of(p)
        if p.get("ChangeSetType") == "UPDATE":
            w.check_updatable(w.stack(p["StackName"]))
        elif name in w.stacks and \
                w.stacks[name]["StackStatus"] != "REVIEW_IN_PROGRESS":
            raise Failure("ValidationError",
                          f"Stack [{name}] already exists and cannot be "
                          "created again with the changeSet "
                          f"[{p['ChangeSetName']}].")
        old = w.sets.get((name, p["ChangeSetName"]))
        if old and old["ExecutionStatus"] == "AVAILABLE":
            raise Failure("AlreadyExistsException", f"ChangeSet "
                          f"{p['ChangeSetName']} cannot be created due to "
                          "a mismatch with existing attribute(s)")
        if name not in w.stacks:
            w.add_stack(name, {"StackStatus": "REVIEW_IN_PROGRESS"})
        fields = dict(w.s.get("change_set_of", {}).get(
            name, w.s.get("change_set", {})))
        missing = self.missing_exports(p.get("TemplateBody", ""))
        if missing:
            fields.update(Status="FAILED", ExecutionStatus="UNAVAILABLE",
                          StatusReason=f"No export named {missing[0]} found")
        if "Changes" not in fields and \
                fields.get("Status", "CREATE_COMPLETE") != "FAILED":
            fields["Changes"] = [{"Type": "Resource", "ResourceChange": {
                "Action": "Add", "LogicalResourceId": "B",
                "ResourceType": "AWS::S3::Bucket", "Scope": [],
                "Details": []}}]
        fields["_body"] = w.template_of(p)
        if "Description" in p:
            fields["Description"] = p["Description"]
        w.add_set(name, p["ChangeSetName"], fields)
        return {"Id": w.set_arn(p["ChangeSetName"]), "StackId": w.arn(name)}

    def missing_exports(self, text):
        """What a template imports and no stack exports."""
        if "Fn::ImportValue" not in text:
            return []
        import yaml  # not needed otherwise

        known = set()
        for s in self.w.stacks.values():
            if s["StackStatus"] == "REVIEW_IN_PROGRESS":
                continue
            t = yaml.safe_load(s.get("template", "{}"))
            known.update(o["Export"]["Name"] for o in
                         t.get("Outputs", {}).values() if "Export" in o)
        wanted = re.findall(r"Fn::ImportValue\W+([\w:-]+)", text)
        return [w for w in wanted if w not in known]

    def ListChangeSets(self, p):
        s = self.w.stack(p["StackName"])
        return {"Summaries": [
            {k: c[k] for k in ("ChangeSetId", "ChangeSetName", "Status")}
            for (stack, _), c in self.w.sets.items()
            if stack == s["StackName"]]}

    def find_set(self, p):
        stack = p["StackName"]
        stack = stack.split("/")[1] if stack.startswith("arn:") else stack
        name = p["ChangeSetName"]
        name = name.split("/")[1] if name.startswith("arn:") else name
        c = self.w.sets.get((stack, name))
        if c is None:
            raise Failure("ChangeSetNotFound",
                          f"ChangeSet [{name}] does not exist", 404)
        return c

    def DescribeChangeSet(self, p):
        c = self.find_set(p)
        out = {k: v for k, v in c.items()
               if not k.startswith("_") and k != "pending"}
        if c.get("pending", 0) > 0:
            c["pending"] -= 1
            out["Status"] = "CREATE_IN_PROGRESS"
            out["Changes"] = []
            out.pop("StatusReason", None)
        return out

    def DeleteChangeSet(self, p):
        try:
            c = self.find_set(p)
        except Failure:
            return {}
        del self.w.sets[c["StackName"], c["ChangeSetName"]]
        return {}

    def ExecuteChangeSet(self, p):
        c = self.find_set(p)
        if c["ExecutionStatus"].startswith("EXECUTE_"):
            raise Failure("InvalidChangeSetStatus",
                          f"ChangeSet [{c['ChangeSetId']}] cannot be executed "
                          "in its current execution status of "
                          f"[{c['ExecutionStatus']}]")
        s = self.w.stacks[c["StackName"]]
        self.w.check_updatable(s, review=True)
        new = s["StackStatus"] == "REVIEW_IN_PROGRESS"
        s["ChangeSetId"] = c["ChangeSetId"]
        if not new:
            s["LastUpdatedTime"] = stamp(self.w.now())
        c["ExecutionStatus"] = "EXECUTE_COMPLETE"
        for key in [k for k, v in self.w.sets.items()
                    if k[0] == c["StackName"] and v is not c]:
            del self.w.sets[key]
        if c.get("_body"):
            self.w.replace_template(s, c["_body"])
        self.w.begin(c["StackName"], "CREATE" if new else "UPDATE",
                     token_of(p))
        return {}

    def refuse_busy(self, s):
        if s["StackStatus"].endswith("_IN_PROGRESS") and \
                s["StackStatus"] != "REVIEW_IN_PROGRESS":
            raise Failure("ValidationError",
                          f"Stack:{s['StackId']} is in {s['StackStatus']} "
                          "state and can not be updated.")

    def CancelUpdateStack(self, p):
        s = self.w.stack(p["StackName"])
        if s["StackStatus"] != "UPDATE_IN_PROGRESS":
            raise Failure("ValidationError", "CancelUpdateStack cannot be "
                          "called from current stack status")
        name = s["StackName"]
        s["StackStatus"] = "UPDATE_ROLLBACK_IN_PROGRESS"
        s["_op"], s["_busy"] = {"final": "UPDATE_ROLLBACK_COMPLETE"}, 1
        self.w.add_events(name, s["StackId"], [
            [0, name, "AWS::CloudFormation::Stack", status, reason]
            for status, reason in (
                ("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
                ("UPDATE_ROLLBACK_COMPLETE", None))],
            self.w.now(), s.get("_token"))
        return {}

    def CreateStack(self, p):
        name = p["StackName"]
        if name in self.w.stacks:
            raise Failure("AlreadyExistsException",
                          f"Stack [{name}] already exists")
        self.w.add_stack(name, {"template": self.w.template_of(p) or "{}"})
        self.w.begin(name, "CREATE", token_of(p))
        return {"StackId": self.w.arn(name)}

    def UpdateStack(self, p):
        s = self.w.stack(p["StackName"])
        self.w.check_updatable(s)
        self.w.replace_template(s, self.w.template_of(p) or s.get("template"))
        self.w.begin(s["StackName"], "UPDATE", token_of(p))
        return {"StackId": s["StackId"]}

    def GetStackPolicy(self, p):
        return {"StackPolicyBody": self.w.stack(p["StackName"]).get("_policy")}

    def SetStackPolicy(self, p):
        self.w.stack(p["StackName"])["_policy"] = p["StackPolicyBody"]
        return {}

    def DeleteStack(self, p):
        try:
            s = self.w.stack(p["StackName"])
        except Failure:
            return {}
        if s.get("EnableTerminationProtection"):
            raise Failure("ValidationError",
                          f"Stack [{s['StackName']}] cannot be deleted while "
                          "TerminationProtection is enabled")
        status = s["StackStatus"]
        if status.endswith("_IN_PROGRESS") and status not in DELETABLE:
            raise Failure("ValidationError",
                          f"Stack [{s['StackId']}] cannot be deleted while "
                          f"in status {status}")
        if any(k.startswith("RetainResources.") for k in p) and \
                status != "DELETE_FAILED":
            raise Failure("ValidationError",
                          f"Invalid operation on stack [{s['StackId']}]. "
                          "When you delete a stack, specify which resources "
                          "to retain only when the stack is in the "
                          "DELETE_FAILED state.")
        if status == "REVIEW_IN_PROGRESS":
            self.w.drop(s["StackName"])
        elif "_op" not in s or s["_verb"] != "DELETE":
            self.w.begin(s["StackName"], "DELETE", token_of(p))
        return {}

    def RollbackStack(self, p):
        s = self.w.stack(p["StackName"])
        self.w.check_status(s, ("CREATE_FAILED", "UPDATE_FAILED"),
                            "be rolled back")
        self.w.begin(s["StackName"], "ROLLBACK"
                     if s["StackStatus"] == "CREATE_FAILED"
                     else "UPDATE_ROLLBACK", token_of(p))
        return {"StackId": s["StackId"]}

    def ContinueUpdateRollback(self, p):
        s = self.w.stack(p["StackName"])
        self.w.check_status(s, ("UPDATE_ROLLBACK_FAILED",),
                            "continue its rollback")
        self.w.begin(s["StackName"], "UPDATE_ROLLBACK", token_of(p))
        return {}

    def UpdateTerminationProtection(self, p):
        s = self.w.stack(p["StackName"])
        s["EnableTerminationProtection"] = \
            p["EnableTerminationProtection"] == "true"
        return {"StackId": s["StackId"]}

    def DescribeStackEvents(self, p):
        return {"StackEvents": self.w.seen_events(p["StackName"])}

    def DescribeEvents(self, p):
        return {"OperationEvents": self.w.s.get("failed_events", [])}

    def ListHookResults(self, p):
        return {"HookResults": self.w.s.get("hooks", [])}

    def GetHookResult(self, p):
        known = self.w.s.get("hook_results", {})
        if p["HookResultId"] not in known:
            raise Failure("HookResultNotFound", "no such result", 404)
        return known[p["HookResultId"]]

    def ListStackResources(self, p):
        known = self.w.stack(p["StackName"]).get("_resources", {})
        rows = {k: {"PhysicalResourceId": f"phys-{k}", **v}
                if isinstance(v, dict) else dict(zip(
                    ("ResourceType", "PhysicalResourceId"),
                    ["AWS::CloudFormation::Stack", self.w.arn(v)]
                    if isinstance(v, str) else v))
                for k, v in known.items()}
        return {"StackResourceSummaries": [
            {"LogicalResourceId": k, "ResourceStatus": "CREATE_COMPLETE", **v}
            for k, v in rows.items()]}

    def ListImports(self, p):
        users = self.w.importers(p["ExportName"])
        if not users:
            raise Failure("ValidationError", f"Export '{p['ExportName']}' is "
                          "not imported by any stack.")
        return {"Imports": users}

    def DescribeStackResources(self, p):
        known = self.w.s.get("stack_resources", {})
        return {"StackResources": [
            {"LogicalResourceId": k, "PhysicalResourceId": v[0],
             "ResourceType": v[1]} for k, v in known.items()
            if p.get("LogicalResourceId", k) == k]}

    def LookupEvents(self, p):
        """Newest first, as much as there is in the time asked for."""
        if p["StartTime"] > min(p["EndTime"], time.time()):
            raise Failure("InvalidTimeRangeException", "not that way round")
        begin = self.w.started.timestamp()
        rows = [{"EventTime": begin + seconds, "CloudTrailEvent": json.dumps({
            "eventTime": stamp(self.w.started +
                               datetime.timedelta(seconds=seconds))[:-5] +
            "Z", **record})}
                for seconds, record in sorted(
                    self.w.s.get("trail", []), key=lambda row: -row[0])
                if p["StartTime"] <= begin + seconds <= p["EndTime"]]
        first = int(p.get("NextToken", 0))
        end = first + p["MaxResults"]
        return {"Events": rows[first:end],
                **({"NextToken": str(end)} if end < len(rows) else {})}

    def GetCallerIdentity(self, p):
        return {"Arn": f"arn:aws:iam::{self.w.account}:user/u",
                "UserId": "AIDAEXAMPLE", "Account": self.w.account}

    def AssumeRole(self, p):
        return {"Credentials": {
            "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "SecretAccessKey": "fake", "SessionToken": "fake",
            "Expiration": self.expiration()}}

    def expiration(self):
        seconds = self.w.s.get("role_seconds")
        if seconds is None:
            return "2099-01-01T00:00:00Z"
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            time.time() + self.w.clock + seconds))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one segment per reply

    def log_message(self, *args):
        pass

    def reply(self, status, text, kind="text/xml", headers=()):
        data = text.encode()
        after = getattr(self, "after", None)
        self.after = None
        if after == "lose":
            self.close_connection = True
            return
        if after == "garble":
            data = data[:len(data) // 2]
        cut = after == "truncate"
        if getattr(self, "packed", False):
            data = gzip.compress(data)
            headers = [*headers, ("Content-Encoding", "gzip")]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for k, v in headers:
            self.send_header(k, v)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[:len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True

    def date_time_string(self, timestamp=None):
        return super().date_time_string(
            (timestamp or time.time()) + self.server.world.clock)

    def fail(self, f, headers=()):
        if self.headers.get("X-Amz-Target"):
            self.reply(f.status, json.dumps({
                "__type": f.code, "message": f.message}),
                "application/x-amz-json-1.1", headers)
            return
        self.reply(f.status, "<ErrorResponse>" + xml("Error", {
            "Type": "Sender", "Code": f.code, "Message": f.message}) +
            "<RequestId>r</RequestId></ErrorResponse>", headers=headers)

    def body(self):
        n = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(n)

    def note(self, service, action, params):
        self.server.requests.append((service, action, params))
        self.server.seen.update((action, f"{action} {stack_of(params)}"))
        self.server.progress.notify_all()
        if self.server.log:
            self.server.log.write(f"{service} {action} "
                                  f"{json.dumps(params)}\n")
            self.server.log.flush()

    def spoiled(self, action, params=None):
        """True when a fault took the request over."""
        world = self.server.world
        f = world.fault(action, stack_of(params or {}))
        self.after, self.packed = None, False
        if world.signed_late(self.headers.get("X-Amz-Date", "")):
            self.fail(Failure("SignatureDoesNotMatch", "Signature expired",
                              403))
            return True
        if world.over_limit(action):
            self.fail(Failure("Throttling", "Rate exceeded"))
            return True
        if f is None:
            return False
        kind = f.get("kind", "error")
        if kind == "drop":
            self.close_connection = True
        elif kind == "stall":
            self.stall()
        elif kind in ("lose", "garble", "truncate"):
            self.after = kind
            return False
        elif kind == "gzip":
            self.packed = True
            return False
        elif kind == "hold":
            if not self.server.progress.wait_for(
                    lambda: self.server.seen.issuperset(f["until"]),
                    HOLD_SECONDS):
                self.server.timeouts.append(f)
            return False
        elif kind == "throttle":
            self.fail(Failure("Throttling", "Rate exceeded"))
        else:
            self.fail(Failure(f.get("code", "InternalFailure"),
                              f.get("message", "failed"),
                              f.get("status", 400)),
                      f.get("headers", {}).items())
        return True

    def perform(self, action, params):
        """A token that was seen before is the same call, not a second one."""
        world, token = self.server.world, token_of(params)
        known = world.tokens.get(token) if token else None
        if known:
            if known[:2] != (action, stack_of(params)):
                raise Failure("TokenAlreadyExistsException", token)
            world.repeats.append((action, token))
            return known[2]
        out = getattr(self.server.api, action)(params)
        if action.startswith(CHANGING):
            world.executed.append((action, stack_of(params)))
        if token:
            world.tokens[token] = (action, stack_of(params), out)
        return out
    def stall(self):
        """The other side closes, or we do."""
        self.close_connection = True
        self.server.progress.release()
        try:
            self.connection.settimeout(STALL_SECONDS)
            self.connection.recv(1)
        except OSError:
            pass
        finally:
            self.server.progress.acquire()

    def query(self, params):
        action = params.pop("Action")
        params.pop("Version", None)
        sts = action in ("GetCallerIdentity", "AssumeRole")
        with self.server.lock:
            self.note("sts" if sts else "cloudformation", action, params)
            if self.spoiled(action, params):
                return
            self.server.hook("received", action, params)
            try:
                out = self.perform(action, params)
            except Failure as f:
                self.fail(f)
                return
            self.server.hook("performed", action, params)
        self.reply(200, f'<{action}Response xmlns="'
                   f'{STS_NS if sts else CFN_NS}"><{action}Result>' +
                   "".join(xml(k, v) for k, v in out.items()) +
                   f"</{action}Result><ResponseMetadata><RequestId>r"
                   f"</RequestId></ResponseMetadata></{action}Response>")
        self.wfile.flush()
        self.server.hook("answered", action, params)

    def json_call(self, target, text):
        action = target.split(".")[-1]
        params = json.loads(text or "{}")
        with self.server.lock:
            self.note("json", action, params)
            if self.spoiled(action):
                return
        known = self.server.world.s.get("parameters", {})
        kind = "application/x-amz-json-1.1"
        if action == "GetParameter" and params["Name"] in known:
            self.reply(200, json.dumps({"Parameter": {
                "Name": params["Name"], "Type": "String",
                "Value": known[params["Name"]]}}), kind)
        elif action == "GetParameter":
            self.reply(400, json.dumps({"__type": "ParameterNotFound"}),
                       kind)
        elif action == "LookupEvents" and "trail" in self.server.world.s:
            with self.server.lock:
                try:
                    self.reply(200, json.dumps(
                        self.server.api.LookupEvents(params)), kind)
                except Failure as f:
                    self.fail(f)
        elif action in self.server.world.s.get("answers", {}):
            self.reply(200, json.dumps(
                self.server.world.s["answers"][action]), kind)
        else:
            self.reply(400, json.dumps({
                "__type": "UnknownOperationException"}), kind)

    def do_POST(self):
        data = self.body()
        target = self.headers.get("X-Amz-Target")
        if target:
            self.json_call(target, data.decode())
        else:
            self.query(dict(urllib.parse.parse_qsl(
                data.decode(), keep_blank_values=True)))

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        q = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if url.path.startswith("/2015-03-31/functions/"):
            self.function(url.path.split("/")[3])
            return
        with self.server.lock:
            self.note("s3", "GET", {"path": url.path, **q})
            if self.spoiled("GET"):
                return
        ns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        if "location" in q:
            self.reply(200, f"<LocationConstraint {ns}/>")
        elif "encryption" in q:
            self.reply(404, "<Error><Code>ServerSideEncryptionConfiguration"
                       "NotFoundError</Code><Message>none</Message></Error>")
        elif "list-type" in q:
            hit = [k for k in sorted(self.server.world.objects)
                   if k.startswith(q.get("prefix", ""))]
            self.reply(200, f"<ListBucketResult {ns}>" + "".join(
                xml("Contents", {"Key": k, "Size": 1}) for k in hit) +
                f"<KeyCount>{len(hit)}</KeyCount><IsTruncated>false"
                "</IsTruncated></ListBucketResult>")
        else:
            self.reply(404, "<Error><Code>NoSuchKey</Code></Error>")

    def function(self, name):
        with self.server.lock:
            self.note("lambda", "GetFunctionConfiguration",
                      {"FunctionName": name})
        known = self.server.world.s.get("answers", {})
        if "GetFunctionConfiguration" in known:
            self.reply(200, json.dumps(known["GetFunctionConfiguration"]),
                       "application/json")
        else:
            self.reply(404, '{"Message": "no function"}', "application/json")

    def do_HEAD(self):
        with self.server.lock:
            self.note("s3", "HEAD", {"path": self.path})
            if self.spoiled("HEAD"):
                return
        self.reply(404, "")

    def do_PUT(self):
        data = self.body()
        path = urllib.parse.urlparse(self.path).path
        with self.server.lock:
            self.note("s3", "PUT", {"path": path, "bytes": len(data)})
            if self.spoiled("PUT"):
                return
            self.server.world.objects.add(path.split("/", 2)[-1])
            self.server.world.bodies[path[1:]] = data.decode("utf-8",
                                                             "replace")
        self.reply(200, "", headers=[("ETag", '"e"')])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, scenario, port=0, log=None):
        super().__init__(("127.0.0.1", port), Handler)
        self.lock = threading.RLock()
        self.progress = threading.Condition(self.lock)
        self.requests, self.seen = [], set()
        self.timeouts = []  # faults that held a reply for too long
        self.connections = 0
        # called with "received", "performed" or "answered", action, params
        self.hook = lambda *_: None
        self.log = log
        self.play(scenario)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request, client_address):
        self.connections += 1
        super().process_request(request, client_address)

    def play(self, scenario):
        self.world = World(scenario)
        self.api = Api(self.world)

    def actions(self, service="cloudformation"):
        return [a for s, a, _ in self.requests if s == service]

    def handle_error(self, request, client_address):
        pass

    def start(self):
        self.thread = threading.Thread(target=self.serve_forever,
                                       args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()
        self.thread.join()


def main(argv):
    with open(argv[1], encoding="utf-8") as f:
        scenario = json.load(f)
    log = open(argv[3], "a", encoding="utf-8") if len(argv) > 3 else None
    srv = Server(scenario, int(argv[2]) if len(argv) > 2 else 0, log)
    print(srv.url, flush=True)
    srv.serve_forever()


if __name__ == "__main__":
    main(sys.argv)
