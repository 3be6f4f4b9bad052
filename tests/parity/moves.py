"""Groups of stacks whose resources were renamed and moved about: what
`diff --include-moves` has to see, and what it must not take for a move."""
import copy

from mutate import Mutator, plain, walk

REGIONS = ["us-east-1", "us-east-1", "us-east-1", "eu-west-1", None]
STATES = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
          "IMPORT_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS",
          "ROLLBACK_FAILED"]


class Stack:
    """name is CloudFormation's; old is None when it is not deployed yet."""

    def __init__(self, ident, region, old, new):
        self.id, self.name, self.region = ident, ident, region
        self.old, self.new = old, new
        self.state = STATES[0]
        self.display = None


def rename_references(value, old, new):
    """Ref, GetAtt, DependsOn and Sub of a logical id, in place."""
    for box, key in walk(value):
        child = box[key]
        if key == "Ref" and child == old:
            box[key] = new
        elif key == "Fn::GetAtt" and isinstance(child, list) and \
                child[:1] == [old]:
            child[0] = new
        elif key == "Fn::GetAtt" and isinstance(child, str) and \
                child.split(".")[0] == old:
            box[key] = new + child[len(old):]
        elif key == "DependsOn" and child == old:
            box[key] = new
        elif key == "DependsOn" and isinstance(child, list):
            box[key] = [new if c == old else c for c in child]
        elif isinstance(child, str) and "${" + old in child:
            box[key] = child.replace("${%s}" % old, "${%s}" % new) \
                .replace("${%s." % old, "${%s." % new)


class Mover:
    def __init__(self, rng, bases):
        self.rng = rng
        self.bases = [t for t, _ in bases]
        # file name -> nested template
        self.nested = {
            t["Resources"][name]["Metadata"]["aws:asset:path"]: inner
            for t, nested in bases for name, inner in nested.items()}
        pool = [(k, r) for t in self.bases for k, r in plain(t).items()]
        self.mutator = Mutator(rng, pool)
        self.serial = 0

    def group(self, number):
        """A list of Stack."""
        n = self.rng.choice([1, 1, 2, 2, 3, 4])
        stacks = []
        for i in range(n):
            old = self.mutator.template(self.rng.choice(self.bases),
                                        self.rng.choice([0, 0, 1, 3]))
            self.shrink(old)
            stacks.append(Stack(f"Group{number:03}x{i}",
                                self.rng.choice(REGIONS), old, None))
        if self.rng.random() < .6:  # or nothing could move between them
            for s in stacks:
                s.region = stacks[0].region
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            self.twins(self.rng.choice(stacks).old)
        for s in stacks:
            s.new = copy.deepcopy(s.old)
        for _ in range(self.rng.choice([1, 2, 4, 8])):
            self.change(stacks)
        for s in stacks:
            self.settle(s)
        return stacks

    def shrink(self, t):
        """Small ones are easier to read when they differ."""
        keep = self.rng.choice([3, 6, 12, 99])
        for name in sorted(plain(t))[keep:]:
            del t["Resources"][name]

    def settle(self, s):
        roll = self.rng.random()
        if roll < .06:
            s.old = None
        elif roll < .3:
            s.state = self.rng.choice(STATES)
        if self.rng.random() < .1:
            s.name = "Real" + s.id
        if self.rng.random() < .1:
            s.display = s.name

    def inner(self, t):
        """{logical id: nested template} of those with a file; an asset that
        came from elsewhere is none."""
        found = {}
        for name, r in plain(t).items():
            m = r.get("Metadata")
            path = m.get("aws:asset:path") if isinstance(m, dict) else None
            if r.get("Type") != "AWS::CloudFormation::Stack" or not path:
                continue
            if isinstance(path, str) and path in self.nested:
                found[name] = self.mutator.template(
                    self.nested[path], self.rng.choice([0, 0, 2]))
            else:
                m.pop("aws:asset:path")
        return found

    def fresh(self, stem="Moved"):
        self.serial += 1
        return f"{stem}{self.serial}"

    def pick(self, t):
        names = sorted(plain(t))
        return self.rng.choice(names) if names else None

    # ---- what happens to a group ---------------------------------------

    def change(self, stacks):
        ops = [m for m in dir(self) if m.startswith("do_")]
        weights = [getattr(self, m).__func__.__defaults__[0] for m in ops]
        getattr(self, self.rng.choices(ops, weights)[0])(stacks)

    def one(self, stacks):
        return self.rng.choice(stacks).new

    def twins(self, t):
        """Two or three equal resources, as of loops."""
        name = self.pick(t)
        if name:
            for _ in range(self.rng.choice([1, 2])):
                t["Resources"][self.fresh("Twin")] = \
                    copy.deepcopy(t["Resources"][name])

    def do_rename(self, stacks, weight=12):
        t = self.one(stacks)
        name = self.pick(t)
        if not name:
            return
        new = self.rng.choice(["A", "Z"]) + self.fresh()
        t["Resources"][new] = t["Resources"].pop(name)
        rename_references(t, name, new)
        self.move_path(t["Resources"][new], new)

    def do_rename_in_place(self, stacks, weight=6):
        """Its place among the others stays."""
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            new = self.fresh()
            t["Resources"] = {new if k == name else k: r
                              for k, r in t["Resources"].items()}
            rename_references(t, name, new)

    def do_rename_all(self, stacks, weight=6):
        """As after a construct around everything."""
        t = self.one(stacks)
        for name in sorted(plain(t)):
            new = self.fresh("All")
            t["Resources"] = {new if k == name else k: r
                              for k, r in t["Resources"].items()}
            rename_references(t, name, new)
            self.move_path(t["Resources"][new], new)

    def do_rename_alone(self, stacks, weight=3):
        """References stay behind."""
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            t["Resources"][self.fresh()] = t["Resources"].pop(name)

    def do_swap(self, stacks, weight=3):
        """Two resources change names."""
        t = self.one(stacks)
        a, b = self.pick(t), self.pick(t)
        if a and a != b:
            r = t["Resources"]
            r[a], r[b] = r[b], r[a]

    def do_move(self, stacks, weight=12):
        """To another stack, under its own name or a new one."""
        a, b = self.rng.choice(stacks), self.rng.choice(stacks)
        name = self.pick(a.new)
        if not name or a is b:
            return
        new = self.rng.choice([name, self.fresh()])
        self.carry(a, b, name, new)

    def do_move_all(self, stacks, weight=3):
        a, b = self.rng.choice(stacks), self.rng.choice(stacks)
        if a is not b:
            for name in sorted(plain(a.new)):
                self.carry(a, b, name, self.rng.choice([name,
                                                        self.fresh()]))

    def carry(self, a, b, name, new):
        """References across stacks become exports and imports."""
        r = a.new["Resources"].pop(name)
        b.new.setdefault("Resources", {})[new] = r
        self.move_path(r, new)
        users = [(box, key) for res in plain(a.new).values()
                 for box, key in walk(res)
                 if (key == "Ref" and box[key] == name) or
                 (key == "Fn::GetAtt" and isinstance(box[key], list) and
                  box[key][:1] == [name])]
        for box, key in users:
            value = [new] + box[key][1:] if key == "Fn::GetAtt" else new
            export = f"{b.name}:{new}{len(str(value))}"
            b.new.setdefault("Outputs", {})[self.fresh("Export")] = {
                "Value": {key: value}, "Export": {"Name": export}}
            box.clear()
            box["Fn::ImportValue"] = export
        for box, key in walk(r):
            target = box[key]
            if key == "Ref" and target in plain(a.new):
                export = f"{a.name}:{target}"
                a.new.setdefault("Outputs", {})[self.fresh("Export")] = {
                    "Value": {"Ref": target}, "Export": {"Name": export}}
                box.pop(key)
                box["Fn::ImportValue"] = export

    def do_move_path(self, stacks, weight=3):
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            self.move_path(t["Resources"][name], self.fresh("path"))

    def move_path(self, r, where):
        m = r.get("Metadata")
        if isinstance(m, dict) and isinstance(m.get("aws:cdk:path"), str):
            parts = m["aws:cdk:path"].split("/")
            m["aws:cdk:path"] = "/".join(parts[:1] + [where] + parts[1:])

    def do_twins(self, stacks, weight=4):
        self.twins(self.one(stacks))

    def do_circle(self, stacks, weight=3):
        """DependsOn both ways: neither has a digest."""
        t = self.one(stacks)
        a, b = self.pick(t), self.pick(t)
        if a and a != b:
            t["Resources"][a]["DependsOn"] = b
            t["Resources"][b]["DependsOn"] = [a]

    def do_order(self, stacks, weight=4):
        """Their order in the template, which nobody should care about."""
        t = self.one(stacks)
        names = list(t.get("Resources", {}))
        self.rng.shuffle(names)
        t["Resources"] = {k: t["Resources"][k] for k in names}

    def do_number(self, stacks, weight=2):
        """Logical ids that JavaScript sorts by value."""
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            new = str(self.rng.randrange(40))
            t["Resources"][new] = t["Resources"].pop(name)
            rename_references(t, name, new)

    def do_retain(self, stacks, weight=3):
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            t["Resources"][name]["DeletionPolicy"] = self.rng.choice(
                ["Retain", "Delete"])

    def do_output(self, stacks, weight=3):
        """Exports of all kinds."""
        s = self.rng.choice(stacks)
        name = self.pick(s.new) or "None"
        s.new.setdefault("Outputs", {})[self.fresh("Out")] = {
            "Value": self.rng.choice([
                {"Ref": name}, {"Fn::GetAtt": name + ".Arn"}, "plain", name,
                {"Fn::GetAtt": [name, "Arn"]}, 17,
                {"Fn::Join": ["", [{"Ref": name}]]}]),
            "Export": self.rng.choice([
                {"Name": "Shared:%d" % self.rng.randrange(3)},
                {"Name": {"Fn::Sub": "${AWS::StackName}-x"}}])}

    def do_import(self, stacks, weight=3):
        t = self.one(stacks)
        name = self.pick(t)
        if name:
            t["Resources"][name].setdefault("Properties", {})["Name"] = {
                "Fn::ImportValue": "Shared:%d" % self.rng.randrange(3)}

    def do_mutate(self, stacks, weight=6):
        s = self.rng.choice(stacks)
        s.new = self.mutator.template(s.new, self.rng.choice([1, 1, 3]))

    def do_nothing(self, stacks, weight=2):
        pass
