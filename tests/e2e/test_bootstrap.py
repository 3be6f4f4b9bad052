"""The toolkit stack: what the options ask for is what the emulator holds."""
import json
import subprocess

import pytest
import yaml
from botocore.exceptions import WaiterError

from conftest import ACCOUNT, CCDK, NODE_MODULES, REGION, ROOT, clean_env

HERE = f"aws://{ACCOUNT}/{REGION}"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TEMPLATE = ROOT / "share" / "bootstrap" / "bootstrap-template.yaml"


def version(cloud, qualifier="hnb659fds"):
    ssm = cloud.client("ssm")
    name = f"/cdk-bootstrap/{qualifier}/version"
    return ssm.get_parameter(Name=name)["Parameter"]["Value"]


def without_descriptions(template):
    """Texts for people may differ; they are ours."""
    plain = json.loads(json.dumps(template))
    for section in ("Parameters", "Outputs"):
        for entry in plain.get(section, {}).values():
            entry.pop("Description", None)
    return plain


def test_template_is_interchangeable_with_the_reference(tmp_path):
    reference = NODE_MODULES / ".bin" / "cdk"
    if not reference.exists():
        pytest.skip("the reference CLI is not installed")
    shown = subprocess.run(
        [reference, "bootstrap", "--show-template", "--no-notices"],
        cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    theirs = yaml.safe_load(shown.stdout)
    ours = yaml.safe_load(TEMPLATE.read_text())
    assert without_descriptions(ours) == without_descriptions(theirs)
    # the same order, so that the same parameters are sent in the same order
    for section in ("Parameters", "Conditions", "Resources", "Outputs"):
        assert list(ours[section]) == list(theirs[section])


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_show_template_needs_no_cloud(tmp_path, flags):
    shown = subprocess.run([CCDK, "bootstrap", "--show-template", *flags],
                           cwd=tmp_path, env=clean_env(tmp_path),
                           capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert yaml.safe_load(shown.stdout) == yaml.safe_load(TEMPLATE.read_text())
    assert shown.stdout.endswith("}\n" if flags else "\n\n")


def test_fresh_environment(cloud):
    done = cloud.bootstrap()
    assert done.out == ""
    lines = done.err.splitlines()
    assert lines[:4] == [
        f" ⏳  Bootstrapping environment {HERE}...",
        "Trusted accounts for deployment: (none)",
        "Trusted accounts for lookup: (none)",
        f"Using default execution policy of '{ADMIN}'. Pass "
        "'--cloudformation-execution-policies' to customize."]
    assert lines[-1] == f"✅  Environment {HERE} bootstrapped."
    stack = cloud.stack("CDKToolkit")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    out = cloud.outputs("CDKToolkit")
    assert out["BootstrapVersion"] == version(cloud) == "33"
    assert out["BucketName"] == f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    s3 = cloud.client("s3")
    assert s3.get_bucket_versioning(Bucket=out["BucketName"])[
        "Status"] == "Enabled"
    roles = {r["RoleName"] for r in cloud.client("iam").list_roles()["Roles"]}
    for role in ("deploy", "file-publishing", "image-publishing", "lookup"):
        assert f"cdk-hnb659fds-{role}-role-{ACCOUNT}-{REGION}" in roles
    parameters = cloud.parameters("CDKToolkit")
    assert parameters["FileAssetsBucketKmsKeyId"] == "AWS_MANAGED_KEY"
    assert parameters["PublicAccessBlockConfiguration"] == "true"


def test_again_without_changes(cloud):
    cloud.bootstrap()
    before = cloud.stack("CDKToolkit")
    done = cloud.bootstrap()
    assert f"✅  Environment {HERE} bootstrapped (no changes)." in done.err
    assert cloud.stack("CDKToolkit") == before


def test_three_regions_at_once(cloud):
    regions = ("eu-west-1", "us-west-2", "ap-south-1")
    names = [f"aws://{ACCOUNT}/{r}" for r in regions]
    done = cloud.ok("bootstrap", *names)
    for name, region in zip(names, regions):
        assert f"✅  Environment {name} bootstrapped." in done.err
        assert cloud.stack("CDKToolkit", region)
    assert cloud.stack("CDKToolkit") is None


def test_short_name_is_shown_as_typed(cloud):
    done = cloud.ok("bootstrap", f"{ACCOUNT}/{REGION}")
    assert f"✅  Environment {ACCOUNT}/{REGION} bootstrapped." in done.err


def test_app_gives_the_environments(cloud, assembly):
    done = cloud.ok("bootstrap", "-a", assembly("places"),
                    env={"AWS_REGION": "eu-west-1"})
    for region in ("eu-west-1", "us-west-2", "us-east-1"):
        assert (f"✅  Environment aws://{ACCOUNT}/{region} bootstrapped."
                in done.err)
        assert cloud.stack("CDKToolkit", region)


def test_pattern_chooses_among_the_app(cloud, assembly):
    cloud.ok("bootstrap", "aws://*/us-west-*", "-a", assembly("places"))
    assert cloud.stack("CDKToolkit", "us-west-2")
    assert cloud.stack("CDKToolkit") is None
    done = cloud.fails("bootstrap", "aws://*/moon-*", "-a",
                       assembly("places"))
    assert ('No environments were found when selecting across '
            f'["aws://*/moon-*"] (available: aws://{ACCOUNT}/{REGION}, '
            f'aws://{ACCOUNT}/us-west-2, aws://{ACCOUNT}/{REGION})'
            ) in done.err


def test_trust_replaces_keeps_and_drops(cloud):
    done = cloud.fails("bootstrap", HERE, "--trust", "111111111111")
    assert ("Please pass '--cloudformation-execution-policies' when using "
            "'--trust'") in done.err
    done = cloud.bootstrap(
        "--trust", "111111111111", "--trust", "222222222222",
        "--trust-for-lookup", "333333333333",
        "--cloudformation-execution-policies", ADMIN)
    assert ("Trusted accounts for deployment: 111111111111, 222222222222"
            in done.err)
    assert f"Execution policies: {ADMIN}" in done.err
    now = cloud.parameters("CDKToolkit")
    assert now["TrustedAccounts"] == "111111111111,222222222222"
    assert now["TrustedAccountsForLookup"] == "333333333333"
    assert now["CloudFormationExecutionPolicies"] == ADMIN
    # left out: kept
    cloud.bootstrap("--untrust", "222222222222")
    now = cloud.parameters("CDKToolkit")
    assert now["TrustedAccounts"] == "111111111111"
    assert now["TrustedAccountsForLookup"] == "333333333333"
    # given as empty: cleared
    done = cloud.bootstrap("--trust-for-lookup", "")
    assert "Trusted accounts for lookup: (none)" in done.err
    assert cloud.parameters("CDKToolkit")["TrustedAccountsForLookup"] == ""
    done = cloud.fails("bootstrap", HERE, "--trust", "444444444444",
                       "--untrust", "444444444444")
    assert ("Accounts cannot be both trusted and untrusted. Found: "
            "444444444444") in done.err


def test_qualifier_and_stack_name_live_side_by_side(cloud):
    cloud.bootstrap()
    cloud.bootstrap("--qualifier", "second", "--toolkit-stack-name", "Second")
    assert version(cloud) == version(cloud, "second") == "33"
    bucket = cloud.outputs("Second")["BucketName"]
    assert bucket == f"cdk-second-assets-{ACCOUNT}-{REGION}"
    assert cloud.stack("CDKToolkit")


def test_bucket_name_and_key(cloud):
    cloud.bootstrap("--bootstrap-bucket-name", "my-own-bucket",
                    "--bootstrap-customer-key")
    assert cloud.outputs("CDKToolkit")["BucketName"] == "my-own-bucket"
    assert cloud.parameters("CDKToolkit")["FileAssetsBucketKmsKeyId"] == ""
    assert cloud.client("kms").list_keys()["Keys"]
    # an update without the options keeps both
    cloud.bootstrap("--tags", "team=blue")
    now = cloud.parameters("CDKToolkit")
    assert now["FileAssetsBucketKmsKeyId"] == ""
    assert now["FileAssetsBucketName"] == "my-own-bucket"
    assert cloud.stack("CDKToolkit")["Tags"] == [
        {"Key": "team", "Value": "blue"}]


def test_termination_protection_is_kept_and_switched(cloud):
    def protected():
        return cloud.stack("CDKToolkit")["EnableTerminationProtection"]

    cloud.bootstrap("--termination-protection")
    assert protected() is True
    cloud.bootstrap("--tags", "a=b")
    assert protected() is True
    cloud.bootstrap("--no-termination-protection")
    assert protected() is False


def test_no_execute_leaves_a_change_set(cloud):
    done = cloud.bootstrap("--no-execute")
    assert "waiting in review for manual execution (--no-execute)" in done.err
    assert cloud.stack("CDKToolkit")["StackStatus"] == "REVIEW_IN_PROGRESS"
    sets = cloud.client("cloudformation").list_change_sets(
        StackName="CDKToolkit")["Summaries"]
    assert [s["ChangeSetName"] for s in sets] == ["cdk-deploy-change-set"]


def edited_template(tmp_path, edit):
    template = yaml.safe_load(TEMPLATE.read_text())
    edit(template)
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template))
    return path


def test_older_template_does_not_replace_a_newer_stack(cloud, tmp_path):
    def older(template):
        template["Outputs"]["BootstrapVersion"]["Value"] = "20"
        template["Resources"]["CdkBootstrapVersion"]["Properties"][
            "Value"] = "20"

    cloud.bootstrap()
    old = edited_template(tmp_path, older)
    done = cloud.bootstrap("--template", old)
    assert f"Using bootstrapping template from {old}" in done.err
    assert ("Bootstrap stack already at version 33. Not downgrading it to "
            "version 20 (use --force if you intend to downgrade)") in done.err
    assert "bootstrapped (no changes)." in done.err
    assert version(cloud) == "33"
    cloud.bootstrap("--template", old, "--force")
    assert version(cloud) == "20"
    # and up again
    cloud.bootstrap()
    assert version(cloud) == "33"


def test_other_variant_is_not_overwritten(cloud, tmp_path):
    def ours(template):
        template["Parameters"]["BootstrapVariant"]["Default"] = "Ours"

    cloud.bootstrap()
    done = cloud.bootstrap("--template", edited_template(tmp_path, ours))
    assert ("Bootstrap stack already exists, containing 'AWS CDK: Default "
            "Resources'. Not overwriting it with a template containing 'Ours'"
            ) in done.err


def test_legacy_template(cloud):
    legacy = {"CDK_LEGACY_BOOTSTRAP": "1"}
    done = cloud.bootstrap("--bootstrap-bucket-name", "old-bucket", env=legacy)
    assert "using legacy-style bootstrapping" in done.err
    assert "Trusted accounts" not in done.err
    assert cloud.outputs("CDKToolkit")["BucketName"] == "old-bucket"
    assert not cloud.parameters("CDKToolkit")
    done = cloud.fails("bootstrap", HERE, "--trust", "1", env=legacy)
    assert ("--trust can only be passed for the modern bootstrap experience."
            in done.err)
    # the modern stack takes over, the old one does not come back
    cloud.bootstrap()
    done = cloud.bootstrap(env=legacy)
    assert "Not downgrading it to version 0" in done.err
    assert "@aws-cdk/core:newStyleStackSynthesis" in done.err


def test_boundaries(cloud):
    done = cloud.fails("bootstrap", HERE, "--custom-permissions-boundary",
                       "not a name")
    assert ("The permissions boundary name not a name does not match the IAM "
            "conventions.") in done.err
    done = cloud.bootstrap("--custom-permissions-boundary", "team/limits")
    assert "Adding new permissions boundary team/limits" in done.err
    now = cloud.parameters("CDKToolkit")
    assert now["InputPermissionsBoundary"] == "team/limits"
    done = cloud.bootstrap("--custom-permissions-boundary", "other")
    assert ("Changing permissions boundary from team/limits to other"
            in done.err)


def test_example_boundary_is_made_once(cloud):
    name = "cdk-hnb659fds-permissions-boundary"
    for _ in range(2):
        cloud.bootstrap("--example-permissions-boundary")
        assert cloud.parameters("CDKToolkit")[
            "InputPermissionsBoundary"] == name
    iam = cloud.client("iam")
    policies = iam.list_policies(Scope="Local")["Policies"]
    assert [p["PolicyName"] for p in policies].count(name) == 1
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")[
        "PolicyVersion"]["Document"]
    if isinstance(document, str):
        document = json.loads(document)
    assert [s["Sid"] for s in document["Statement"]] == [
        "ExplicitAllowAll",
        "DenyAccessIfRequiredPermBoundaryIsNotBeingApplied",
        "DenyPermBoundaryIAMPolicyAlteration",
        "DenyRemovalOfPermBoundaryFromAnyUserOrRole"]
    assert document["Statement"][1]["Condition"] == {
        "StringNotEquals": {"iam:PermissionsBoundary": arn}}


def test_switches_become_parameters(cloud):
    cloud.bootstrap("--no-deny-external-id",
                    "--no-public-access-block-configuration")
    now = cloud.parameters("CDKToolkit")
    assert now["DenyExternalId"] == "false"
    assert now["PublicAccessBlockConfiguration"] == "false"
    # the one is kept, the other is not
    cloud.bootstrap("--tags", "a=b")
    now = cloud.parameters("CDKToolkit")
    assert now["DenyExternalId"] == "false"
    assert now["PublicAccessBlockConfiguration"] == "true"


def test_settings_file(cloud, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "cdk.json").write_text(json.dumps({
        "toolkitStackName": "Named",
        "toolkitBucket": {"bucketName": "bucket-of-cdk-json"},
        "tags": [{"Key": "from", "Value": "cdk.json"}],
        "context": {"@aws-cdk/core:bootstrapQualifier": "fromctx"}}))
    cloud.ok("bootstrap", HERE, cwd=folder)
    assert cloud.outputs("Named")["BucketName"] == "bucket-of-cdk-json"
    assert cloud.stack("Named")["Tags"] == [
        {"Key": "from", "Value": "cdk.json"}]
    assert version(cloud, "fromctx") == "33"


def test_stack_of_failed_creation_is_replaced(cloud):
    cfn = cloud.client("cloudformation")
    cfn.create_stack(StackName="CDKToolkit", TemplateBody=json.dumps({
        "Resources": {"Broken": {
            "Type": "Custom::Broken",
            "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:"
                           f"{ACCOUNT}:function:none"}}}}))
    with pytest.raises(WaiterError):
        cfn.get_waiter("stack_create_complete").wait(
            StackName="CDKToolkit", WaiterConfig={"Delay": 1})
    assert cloud.stack("CDKToolkit")["StackStatus"] == "ROLLBACK_COMPLETE"
    cloud.bootstrap()
    assert cloud.stack("CDKToolkit")["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize("args,text", [
    ((), "Specify an environment name like 'aws://123456789012/us-east-1', "
         "or run in a directory with 'cdk.json'."),
    (("aws://*/x", "a*"), "'aws://*/x,a*' is not an environment name."),
    (("nonsense",), "Expected environment name in format "
     "'aws://<account>/<region>', got: nonsense"),
    (("aws://1/2/3",), "got: aws://1/2/3"),
    (("aws://999999999999/us-east-1",), "Need to perform AWS calls for "
     f"account 999999999999, but the current credentials are for {ACCOUNT}"),
    ((HERE, "--template", "missing.yaml"),
     "ENOENT: no such file or directory, open 'missing.yaml'"),
    ((HERE, "--bootstrap-customer-key", "--bootstrap-kms-key-id", "k"),
     "Arguments bootstrap-customer-key and bootstrap-kms-key-id are mutually "
     "exclusive"),
])
def test_refusals(cloud, args, text):
    done = cloud.fails("bootstrap", *args)
    assert text in done.err
    assert cloud.stack("CDKToolkit") is None


def test_one_bad_environment_does_not_stop_the_other(cloud):
    done = cloud.fails("bootstrap", HERE, "aws://999999999999/us-east-1")
    assert f"✅  Environment {HERE} bootstrapped." in done.err
    assert (" ❌  Environment aws://999999999999/us-east-1 failed "
            "bootstrapping: ") in done.err
    assert cloud.stack("CDKToolkit")
