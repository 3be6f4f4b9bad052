"""Change sets for pairs of templates, as DescribeChangeSet would tell them and
as it would not: missing values, unlisted and surplus properties, every word on
replacement, answers that are incomplete with property values."""
import copy
import json

from mutate import plain

SOURCES = ["DirectModification", "DirectModification", "ResourceReference",
           "ResourceAttribute", "ParameterReference", "Automatic"]
FAILURES = ["The submitted information didn't contain changes. Submit "
            "different information to create a change set.",
            "No updates are to be performed.",
            "Transform AWS::Serverless failed with: no such thing",
            "Template error: resource X does not support attribute type Y"]
WARNING = "[WARN] --include-property-values option can return incomplete " \
    "ChangeSet data because: ChangeSet creation failed for resource [X]"


class ChangeSets:
    def __init__(self, rng):
        self.rng = rng

    def maybe(self, chance):
        return self.rng.random() < chance

    def answer(self, old, new):
        """{"full": changes, "brief": those without values, ...}"""
        full = self.changes(plain(copy.deepcopy(old)),
                            plain(copy.deepcopy(new)))
        brief = [self.without_values(c) for c in copy.deepcopy(full)]
        set_ = {"full": full, "brief": brief, "status": "CREATE_COMPLETE",
                "page": self.rng.choice([100, 100, 2]),
                "hookless": self.maybe(.5)}
        if self.maybe(.2):
            set_["full"] = [c for c in map(self.thin_out, full) if c]
            if self.maybe(.6):
                set_["reason"] = WARNING
        if self.maybe(.08):
            set_.update(status="FAILED", reason=self.rng.choice(FAILURES),
                        full=[], brief=[])
        if self.maybe(.04):
            set_["refused"] = self.rng.choice(
                [("ValidationError", "Template format error: no"),
                 ("AccessDenied", "User is not authorized")])
        return set_

    def changes(self, old, new):
        found = []
        for name in {**old, **new}:
            c = self.change(name, old.get(name), new.get(name))
            if c:
                found.append(c)
            if c and self.maybe(.02):
                found.append(copy.deepcopy(c))
        self.rng.shuffle(found)
        if self.maybe(.1):
            found.insert(0, {"Type": "Hook", "HookInvocationCount": 1})
        return found

    def change(self, name, old, new):
        if old == new and not self.maybe(.06):
            return None
        if old != new and self.maybe(.1):
            return None
        action = "Modify" if old and new else "Add" if new else "Remove"
        if self.maybe(.05):
            action = self.rng.choice(["Import", "Dynamic", "SyncWithActual",
                                      "Modify"])
        kind = (new or old).get("Type")
        rc = {"Action": action, "LogicalResourceId": name,
              "PhysicalResourceId": "p-" + name, "ResourceType": kind,
              "Replacement": self.rng.choice(["True", "False",
                                              "Conditional"]),
              "Scope": ["Properties"],
              "Details": self.details(old or {}, new or {})}
        for key, side in (("BeforeContext", old), ("AfterContext", new)):
            if side and self.maybe(.6):
                rc[key] = self.context(side)
        for key in ("Replacement", "PhysicalResourceId", "ResourceType",
                    "Details"):
            if self.maybe(.03):
                del rc[key]
        return {"Type": "Resource", "ResourceChange": rc}

    def context(self, r):
        if self.maybe(.04):
            return self.rng.choice(["{", "null", "7", '"text"', "{}"])
        seen = {k: v for k, v in r.items() if k != "Type"}
        if self.maybe(.1):
            seen.pop("Properties", None)
        return json.dumps(seen, ensure_ascii=self.maybe(.5))

    def details(self, old, new):
        a, b = (s.get("Properties") for s in (old, new))
        a, b = (s if isinstance(s, dict) else {} for s in (a, b))
        found = []
        for name in sorted({**a, **b}):
            same = name in a and name in b and a[name] == b[name]
            if self.maybe(.05 if same else .85):
                found.append(self.detail(name, a, b))
            if found and self.maybe(.05):
                found.append(self.detail(name, a, b))
        if self.maybe(.05):
            found.append(self.detail("Surplus", a, b))
        return found

    def text(self, value):
        if isinstance(value, str) and self.maybe(.8):
            return value
        return json.dumps(value, ensure_ascii=False)

    def detail(self, name, a, b):
        target = {"Attribute": self.rng.choice(
            ["Properties"] * 9 + ["Metadata", "Tags", "CreationPolicy"]),
            "Name": name, "Path": "/Properties/" + name,
            "RequiresRecreation": self.rng.choice(
                ["Never", "Never", "Always", "Always", "Conditionally"]),
            "AttributeChangeType": "Modify"}
        if name in a and self.maybe(.6):
            target["BeforeValue"] = self.text(a[name])
        if name in b and self.maybe(.6):
            target["AfterValue"] = self.text(b[name])
        if self.maybe(.03):
            target["AfterValue"] = self.rng.choice(
                ["", "{{resolve:ssm:/a}}", " 5 ", "{", "[1, {\"Ref\": \"x\"}]"
                 ])
        for key in ("Name", "RequiresRecreation"):
            if self.maybe(.06):
                del target[key]
        d = {"Target": target, "Evaluation": self.rng.choice(
            ["Static", "Static", "Dynamic"]),
            "ChangeSource": self.rng.choice(SOURCES)}
        if self.maybe(.2):
            d["CausingEntity"] = "Other.Arn"
        for key in ("Evaluation", "Target", "ChangeSource"):
            if self.maybe(.03):
                del d[key]
        return d

    def without_values(self, change):
        rc = change.get("ResourceChange", {})
        rc.pop("BeforeContext", None)
        rc.pop("AfterContext", None)
        for d in rc.get("Details", []):
            for key in ("BeforeValue", "AfterValue"):
                d.get("Target", {}).pop(key, None)
        return change

    def thin_out(self, change):
        """What an incomplete answer has of a change."""
        change = copy.deepcopy(change)
        if self.maybe(.3):
            return None
        rc = change.get("ResourceChange", {})
        if "Details" in rc:
            rc["Details"] = [d for d in rc["Details"] if self.maybe(.6)]
        return change
