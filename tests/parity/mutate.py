"""Seeded mutations of CloudFormation templates: what people change, and what
they change by accident."""
import copy

NON_ASCII = ["Größe", "é", "日本語", "😀", "naïve – dash", "ÿ\u2028x", "e\u0301"]
TEXTS = ["changed", "", "10", "10.0", "0x10", "true", "false", "1e3", " 5 ",
         "two words", "line one\nline two\n", "%s %d", "${AWS::Region}",
         "a\"quote\\", "tab\there", "*", "arn:aws:iam::aws:policy/Admin",
         "{{resolve:ssm:/x:1}}", "AWS::NoValue"] + NON_ASCII
NUMBERS = [0, 1, 3, 10, -1, 2.5, 1000, 0.1, 443, 12345678901234567890, 1e21,
           1e-7]
ACTIONS = ["s3:GetObject", "*", "sqs:*", "kms:Decrypt", "sts:AssumeRole",
           ["s3:PutObject", "s3:DeleteObject"], ["ec2:Describe*"]]
PRINCIPALS = ["*", {"AWS": "*"}, {"Service": "lambda.amazonaws.com"},
              {"AWS": ["arn:aws:iam::111122223333:root", {"Ref": "AWS::AccountId"}]},
              {"Federated": "cognito-identity.amazonaws.com", "AWS": "1"},
              {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
                                          ":iam::4:root"]]}}]
CONDITIONS = [{"StringEquals": {"aws:SourceAccount": "111122223333"}},
              {"Bool": {"aws:SecureTransport": "false"}},
              {"ArnLike": {"aws:SourceArn": ["a", "b"]},
               "NumericLessThan": {"s3:max-keys": 10}}]
RULES = [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22,
          "ToPort": 22},
         {"CidrIpv6": "::/0", "IpProtocol": "-1"},
         {"IpProtocol": "udp", "FromPort": 1, "ToPort": 65535,
          "SourceSecurityGroupId": "sg-1"},
         {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1,
          "CidrIp": "10.0.0.0/8", "Description": "ping"},
         {"IpProtocol": 6, "FromPort": "80", "ToPort": 80,
          "SourcePrefixListId": "pl-1"}]
NAMES = ["BucketName", "TableName", "RoleName", "QueueName", "TopicName",
         "FunctionName", "GroupName", "LogGroupName", "VpcId", "SubnetId",
         "KeyPolicy", "Engine", "CidrBlock", "Name", "Path", "Tags"]


def walk(value, parents=()):
    """Every (container, key) below value."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, child in list(items):
        yield value, key
        yield from walk(child, parents + (value,))


def plain(t):
    """Its resources, without loops."""
    return {k: r for k, r in t.setdefault("Resources", {}).items()
            if isinstance(r, dict)}


class Mutator:
    def __init__(self, rng, pool):
        self.rng = rng
        self.pool = pool  # [(id, resource)] of every template

    def template(self, template, times):
        t = copy.deepcopy(template)
        for _ in range(times):
            ops = [m for m in sorted(dir(self)) if m.startswith("do_")]
            weights = [getattr(self, m).__func__.__defaults__[0]
                       if getattr(self, m).__func__.__defaults__ else 4
                       for m in ops]
            op = self.rng.choices(ops, weights)[0]
            getattr(self, op)(t)
        return t

    # ---- picking -------------------------------------------------------

    def resource(self, t):
        r = plain(t)
        if not r:
            self.do_add_resource(t)
            r = plain(t)
        return self.rng.choice(sorted(r))

    def props(self, t):
        return t["Resources"][self.resource(t)].setdefault("Properties", {})

    def place(self, t, kinds):
        """A (container, key) in some resource whose value is of kinds."""
        for _ in range(20):
            found = [(c, k) for c, k in walk(self.props(t))
                     if isinstance(c[k], kinds)]
            if found:
                return self.rng.choice(found)
        return None

    def scalar(self):
        return self.rng.choice([self.rng.choice(TEXTS),
                                self.rng.choice(TEXTS),
                                self.rng.choice(NUMBERS), True, False])

    def reference(self, t):
        target = self.resource(t)
        return self.rng.choice([
            {"Ref": target}, {"Fn::GetAtt": [target, "Arn"]},
            {"Fn::GetAtt": target + ".Outputs.X"},
            {"Fn::Join": ["-", ["a", {"Ref": target}]]},
            {"Fn::Sub": "${%s}-x" % target},
            {"Fn::Sub": ["${a}", {"a": {"Ref": target}}]},
            {"Fn::If": ["IsProd", {"Ref": target},
                        {"Ref": "AWS::NoValue"}]},
            {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            {"Fn::ImportValue": "Some:Export"},
            {"Fn::FindInMap": ["Sizes", "beta", "count"]}])

    def value(self, t):
        return self.rng.choice([
            self.scalar(), self.scalar(), self.reference(t),
            [self.scalar() for _ in range(self.rng.randrange(4))],
            {"Key": self.scalar(), "Value": [self.scalar()]},
            [{"Key": "k", "Value": "v"}], {}, []])

    # ---- operations; the default of `weight` is how often ---------------

    def do_edit_scalar(self, t, weight=14):
        at = self.place(t, (str, int, float, bool))
        if at:
            at[0][at[1]] = self.scalar()

    def do_append_text(self, t, weight=8):
        at = self.place(t, str)
        if at:
            at[0][at[1]] += self.rng.choice(["x", "-2", "/new", " "] +
                                            NON_ASCII)

    def do_swap_kind(self, t, weight=8):
        """10 -> "10", "true" -> true: equal to CloudFormation."""
        at = self.place(t, (str, int, float, bool))
        if not at:
            return
        v = at[0][at[1]]
        if isinstance(v, bool):
            v = str(v).lower()
        elif isinstance(v, str):
            v = True if v == "true" else False if v == "false" else \
                int(v) if v.isdigit() and len(v) < 15 else [v]
        else:
            v = str(v)
        at[0][at[1]] = v

    def do_to_reference(self, t, weight=8):
        at = self.place(t, (str, dict))
        if at:
            at[0][at[1]] = self.reference(t)

    def do_replace_value(self, t, weight=6):
        at = self.place(t, object)
        if at:
            at[0][at[1]] = self.value(t)

    def do_add_member(self, t, weight=8):
        at = self.place(t, dict)
        where = at[0][at[1]] if at and self.rng.random() < .6 else \
            self.props(t)
        where[self.rng.choice(NAMES + ["New%d" % self.rng.randrange(9), "7",
                                       "DependsOn"])] = self.value(t)

    def do_remove_member(self, t, weight=8):
        at = self.place(t, object)
        if at:
            del at[0][at[1]]

    def do_name(self, t, weight=8):
        """A property that often forces replacement."""
        self.props(t)[self.rng.choice(NAMES)] = self.scalar()

    def do_array(self, t, weight=14):
        at = self.place(t, list)
        if not at:
            return
        v = at[0][at[1]]
        kind = self.rng.randrange(5)
        if kind == 0 or not v:
            v.insert(self.rng.randint(0, len(v)), self.value(t))
        elif kind == 1:
            del v[self.rng.randrange(len(v))]
        elif kind == 2:
            self.rng.shuffle(v)
        elif kind == 3:
            v.append(copy.deepcopy(self.rng.choice(v)))
        else:
            v[self.rng.randrange(len(v))] = self.value(t)

    def do_add_resource(self, t, weight=8):
        name, r = self.rng.choice(self.pool)
        t.setdefault("Resources", {})[
            name + self.rng.choice(["", "X", "2"])] = copy.deepcopy(r)

    def do_remove_resource(self, t, weight=8):
        t["Resources"].pop(self.resource(t))

    def do_rename_resource(self, t, weight=4):
        name = self.resource(t)
        t["Resources"][name[:6] + "Moved"] = t["Resources"].pop(name)

    def do_type(self, t, weight=5):
        t["Resources"][self.resource(t)]["Type"] = self.rng.choice(
            [r["Type"] for _, r in self.pool] +
            ["Custom::Thing", "AWS::None::Such", "AWS::S3::Bucket"])

    def do_attribute(self, t, weight=8):
        r = t["Resources"][self.resource(t)]
        key, value = self.rng.choice([
            ("DeletionPolicy", self.rng.choice(
                ["Retain", "Delete", "Snapshot", "RetainExceptOnCreate"])),
            ("UpdateReplacePolicy", "Retain"), ("Condition", "IsProd"),
            ("DependsOn", self.resource(t)),
            ("DependsOn", [self.resource(t) for _ in range(3)]),
            ("CreationPolicy", {"ResourceSignal": {"Count": "1"}}),
            ("UpdatePolicy", {"AutoScalingReplacingUpdate":
                              {"WillReplace": True}})])
        if key in r and self.rng.random() < .5:
            del r[key]
        else:
            r[key] = value

    def do_metadata(self, t, weight=5):
        r = t["Resources"][self.resource(t)]
        m = r.setdefault("Metadata", {})
        if m and self.rng.random() < .4:
            del m[self.rng.choice(sorted(m))]
        else:
            m[self.rng.choice(["aws:asset:path", "cfn_nag", "note"])] = \
                self.value(t)

    def statement(self, t):
        s = {"Effect": self.rng.choice(["Allow", "Allow", "Deny", "Maybe"])}
        if self.rng.random() < .3:
            s["Sid"] = "S%d" % self.rng.randrange(9)
        s[self.rng.choice(["Action", "Action", "NotAction"])] = \
            copy.deepcopy(self.rng.choice(ACTIONS))
        if self.rng.random() < .8:
            s[self.rng.choice(["Resource", "Resource", "NotResource"])] = \
                self.rng.choice(["*", "arn:aws:s3:::b/*", self.reference(t),
                                 ["a", self.reference(t)]])
        if self.rng.random() < .4:
            s[self.rng.choice(["Principal", "NotPrincipal"])] = \
                copy.deepcopy(self.rng.choice(PRINCIPALS))
        if self.rng.random() < .3:
            s["Condition"] = copy.deepcopy(self.rng.choice(CONDITIONS))
        return s

    def do_statement(self, t, weight=16):
        lists = [(c, k) for r in plain(t).values()
                 for c, k in walk(r.get("Properties", {}))
                 if k == "Statement"]
        if not lists:
            return
        c, k = self.rng.choice(lists)
        v = c[k] if isinstance(c[k], list) else [c[k]]
        kind = self.rng.randrange(5)
        if kind == 0 and v:
            del v[self.rng.randrange(len(v))]
        elif kind == 1 and v and isinstance(v[0], dict):
            i = self.rng.randrange(len(v))
            if isinstance(v[i], dict):
                v[i].update(self.statement(t))
        elif kind == 2:
            c[k] = self.statement(t)
            return
        else:
            v.insert(self.rng.randint(0, len(v)), self.statement(t))
        c[k] = v

    def do_managed(self, t, weight=5):
        roles = [r for r in plain(t).values()
                 if r["Type"] in ("AWS::IAM::Role", "AWS::IAM::User",
                                  "AWS::IAM::Group", "AWS::SSO::PermissionSet")]
        if roles:
            p = self.rng.choice(roles).setdefault("Properties", {})
            v = p.get("ManagedPolicyArns")
            v = v if isinstance(v, list) else []
            v.append(self.rng.choice(
                ["arn:aws:iam::aws:policy/Admin", self.reference(t)]))
            p["ManagedPolicyArns"] = v

    def do_rule(self, t, weight=10):
        rule = copy.deepcopy(self.rng.choice(RULES))
        groups = [r for r in plain(t).values()
                  if r["Type"] == "AWS::EC2::SecurityGroup"]
        if groups and self.rng.random() < .7:
            p = self.rng.choice(groups).setdefault("Properties", {})
            key = self.rng.choice(["SecurityGroupIngress",
                                   "SecurityGroupEgress"])
            v = p.get(key)
            v = v if isinstance(v, list) else []
            if v and self.rng.random() < .3:
                del v[self.rng.randrange(len(v))]
            else:
                v.append(rule)
            p[key] = v
        else:
            rule["GroupId"] = self.rng.choice(["sg-9", self.reference(t)])
            t.setdefault("Resources", {})[
                "Rule%d" % self.rng.randrange(99)] = {
                "Type": self.rng.choice(["AWS::EC2::SecurityGroupIngress",
                                         "AWS::EC2::SecurityGroupEgress"]),
                "Properties": rule}

    def do_permission(self, t, weight=3):
        p = {"Action": "lambda:InvokeFunction", "FunctionName":
             self.reference(t), "Principal": self.rng.choice(
                 ["*", "s3.amazonaws.com", "444455556666"])}
        for key in ("SourceArn", "SourceAccount", "EventSourceToken"):
            if self.rng.random() < .4:
                p[key] = self.rng.choice(["x", self.reference(t)])
        t.setdefault("Resources", {})["Permission%d" %
                                      self.rng.randrange(9)] = {
            "Type": "AWS::Lambda::Permission", "Properties": p}

    def do_section(self, t, weight=12):
        name, make = self.rng.choice([
            ("Parameters", lambda: {"Type": "String",
                                    "Default": self.scalar()}),
            ("Conditions", lambda: {"Fn::Equals": [self.reference(t),
                                                   self.scalar()]}),
            ("Outputs", lambda: {"Value": self.reference(t),
                                 "Export": {"Name": self.scalar()}}),
            ("Metadata", lambda: self.value(t)),
            ("Mappings", lambda: {"a": {"b": self.scalar()}}),
            ("Rules", lambda: {"Assertions": [{"Assert": self.reference(t)}]}),
            ("Hooks", lambda: {"Type": "x"})])
        section = t.setdefault(name, {})
        if section and self.rng.random() < .5:
            key = self.rng.choice(sorted(section))
            if self.rng.random() < .5:
                del section[key]
                return
        else:
            key = self.rng.choice(["One", "Two", "3", "Größe"])
        section[key] = make()

    def do_section_edit(self, t, weight=6):
        found = [(c, k) for name in ("Parameters", "Conditions", "Outputs",
                                     "Mappings", "Metadata")
                 for c, k in walk(t.get(name, {}))
                 if isinstance(c[k], (str, int, float))]
        if found:
            c, k = self.rng.choice(found)
            c[k] = self.scalar()

    def do_single(self, t, weight=3):
        key, value = self.rng.choice([
            ("Description", self.rng.choice(TEXTS)),
            ("AWSTemplateFormatVersion", "2010-09-09"),
            ("Transform", "AWS::Serverless-2016-10-31"),
            ("Transform", ["AWS::LanguageExtensions", "AWS::Include"])])
        t[key] = value

    def do_foreach(self, t, weight=2):
        t.setdefault("Resources", {})["Fn::ForEach::Loop%d" %
                                      self.rng.randrange(3)] = [
            self.rng.choice([["a", "b"], list("abcdefg"), {"Ref": "L"}]),
            {"R${x}": {"Type": "AWS::SNS::Topic", "Properties":
                       {"TopicName": self.scalar()}}}]

    def do_reorder(self, t, weight=3):
        name = self.resource(t)
        p = t["Resources"][name].get("Properties", {})
        keys = list(p)
        self.rng.shuffle(keys)
        t["Resources"][name]["Properties"] = {k: p[k] for k in keys}

    def do_asset(self, t, weight=3):
        for r in plain(t).values():
            code = r.get("Properties", {}).get("Code")
            if isinstance(code, dict) and "S3Key" in code:
                code["S3Key"] = "%064x.zip" % self.rng.randrange(2 ** 200)
                return

    def do_many(self, t, weight=2):
        """One property of every resource of a type."""
        kind = t["Resources"][self.resource(t)]["Type"]
        for r in plain(t).values():
            if r["Type"] == kind:
                r.setdefault("Properties", {})["Tags"] = [
                    {"Key": "all", "Value": "yes"}]
