/*
 * Every command and option of the reference release (its own --help is what
 * the table was checked against); the sentences are ours. Order is the order
 * of help.
 */
#include "cli/opt.h"

#define END { .name = NULL }
#define NEED OPT_NEEDS_VALUE

/* name, letter, type, default, placeholder, flags, help */
#define B(n, l, d, h)							\
	{ .name = (n), .letter = (l), .type = OPT_BOOL, .fallback = (d), \
	  .help = (h) }
#define S(n, l, v, f, h)						\
	{ .name = (n), .letter = (l), .type = OPT_STR, .value = (v),	\
	  .flags = (f), .help = (h) }
#define N(n, l, d, f, h)						\
	{ .name = (n), .letter = (l), .type = OPT_NUM, .fallback = (d), \
	  .value = "N", .flags = (f), .help = (h) }
#define L(n, l, d, v, h)						\
	{ .name = (n), .letter = (l), .type = OPT_LIST, .fallback = (d), \
	  .value = (v), .flags = NEED, .help = (h) }

#define APPROVAL "never|any-change|broadening|destructive"
#define PROGRESS "bar|events|errors-only"

/* Options that several commands share. */
#define JSON_OPT							\
	B("json", 'j', "false", "Write JSON instead of YAML")
#define EXCLUSIVELY							\
	B("exclusively", 'e', NULL,					\
	    "Take the named stacks alone, without those they depend on")
#define TOOLKIT_NAME							\
	S("toolkit-stack-name", 0, "NAME", NEED,			\
	    "Name of the bootstrap stack in the target environment")
#define PROTECT_STATEFUL						\
	{ .name = "protect-stateful", .type = OPT_BOOL,			\
	  .flags = OPT_NEW,						\
	  .help = "Refuse what would take databases, buckets, keys and " \
		  "the like away with what they hold; also a setting of " \
		  "cdk.json" },						\
	{ .name = "allow-data-loss", .type = OPT_LIST, .value = "ID",	\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "With --protect-stateful, let this resource go: logical " \
		  "id, STACK.LOGICALID or construct path" }
#define FEED								\
	{ .name = "json", .letter = 'j', .type = OPT_BOOL,		\
	  .fallback = "false", .flags = OPT_NEW,			\
	  .help = "Write what happens to stdout, a JSON object per line" }
#define CI_FORMAT							\
	{ .name = "ci-format", .type = OPT_STR, .fallback = "auto",	\
	  .choices = "auto|none|github|gitlab", .value = "FORMAT",	\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "Groups, annotations and a summary in the log of a "	\
		  "build system" }
#define IMAGES								\
	{ .name = "image-parallelism", .type = OPT_NUM, .value = "N",	\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "Number of container images to build or push at the " \
		  "same time" },					\
	{ .name = "image-cache", .type = OPT_STR,			\
	  .value = "registry[=HOST/REPOSITORY]",			\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "Keep the layers of all images in a registry, for the " \
		  "next build on any machine" }
#define KEEP_GOING(d)							\
	{ .name = "keep-going", .type = OPT_BOOL, .fallback = (d),	\
	  .flags = OPT_NEW,						\
	  .help = "After a failure leave out only what depends on it" }
#define WAIT								\
	{ .name = "wait", .type = OPT_BOOL, .fallback = "false",	\
	  .flags = OPT_NEW, .help = "Wait for operations that others have " \
		  "under way on a stack, instead of failing" }
#define ON_INTERRUPT							\
	{ .name = "on-interrupt", .type = OPT_STR,			\
	  .choices = "detach|cancel|wait", .value = "WHAT",		\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "What an interruption does to operations under way: "	\
		  "leave them, cancel updates, or wait for their end" }
#define TAGS								\
	L("tags", 't', NULL, "KEY=VALUE",				\
	    "Tag for the stacks, replacing those of the app")
#define TOPICS								\
	L("notification-arns", 0, NULL, "ARN",				\
	    "SNS topic that is told about stack events, besides those of the " \
	    "stack itself")
#define ALARMS								\
	L("rollback-trigger-alarm-arns", 0, NULL, "ARN",		\
	    "CloudWatch alarm that makes CloudFormation roll back, at most " \
	    "five; the single value none removes those of earlier "	\
	    "deployments"),						\
	N("monitoring-time-minutes", 0, NULL, 0,			\
	    "Minutes (0 to 180) to watch the alarms after the deployment; " \
	    "goes with --rollback-trigger-alarm-arns")
#define PARAMETERS							\
	{ .name = "parameters", .type = OPT_LIST, .fallback = "{}",	\
	  .value = "STACK:KEY=VALUE",					\
	  .help = "Value of a template parameter; without STACK for all " \
		  "stacks" },						\
	{ .name = "parameters-file", .type = OPT_LIST, .value = "FILE",	\
	  .flags = NEED | OPT_NEW,					\
	  .help = "JSON or YAML file with values of template parameters; " \
		  "--parameters wins over it" }
#define NO_ROLLBACK							\
	{ .name = "no-rollback", .letter = 'R', .type = OPT_BOOL,	\
	  .flags = OPT_HIDDEN, .help = "Same as --rollback=false" }
#define HOTSWAP_ECS							\
	N("hotswap-ecs-minimum-healthy-percent", 0, NULL, 0,		\
	    "Share of a service's desired tasks, in percent, that has to " \
	    "keep running during a hotswap"),				\
	N("hotswap-ecs-maximum-healthy-percent", 0, NULL, 0,		\
	    "Share of a service's desired tasks, in percent, that may run " \
	    "or be starting during a hotswap"),				\
	N("hotswap-ecs-stabilization-timeout-seconds", 0, NULL, 0,	\
	    "Seconds to wait for a hotswapped service to become stable")

const struct opt opt_global[] = {
	S("app", 'a', "COMMAND", NEED,
	    "Command that runs the app, or a folder with a synthesized cloud "
	    "assembly; also a setting of cdk.json and ~/.cdk.json"),
	S("build", 0, "COMMAND", 0, "Command to run before the app"),
	N("app-timeout", 0, NULL, NEED | OPT_NEW,
	    "Seconds after which the app, or the build command, is killed "
	    "with all it has started; no limit unless set"),
	L("context", 'c', NULL, "KEY=VALUE", "Set a context value of the app"),
	L("plugin", 'p', NULL, "MODULE",
	    "JavaScript plug-in of the reference CLI; refused here"),
	B("trace", 0, NULL, "Show where in the app a message was created"),
	B("strict", 0, NULL, "Treat warnings of the app as errors"),
	B("lookups", 0, "true",
	    "Look up missing context values in the AWS account; without it "
	    "synthesis fails where one is missing"),
	B("ignore-errors", 0, "false",
	    "Go on although synthesis reported errors; the templates are "
	    "probably unusable"),
	{ .name = "verbose", .letter = 'v', .type = OPT_COUNT,
	  .fallback = "false",
	  .help = "Tell more; repeat it to be told even more" },
	B("debug", 0, "false", "Both --debug-app and --debug-cli"),
	B("debug-app", 0, "false",
	    "Have the app record creation stack traces (CDK_DEBUG); slower"),
	B("debug-cli", 0, "false", "Show what this program itself is doing"),
	S("profile", 0, "NAME", NEED, "AWS profile to take credentials from"),
	{ .name = "oidc-role", .type = OPT_STR, .value = "ARN",
	  .conflicts = "profile", .flags = NEED | OPT_NEW,
	  .help = "Role to take credentials from in a build system, for the "
		  "identity token of GitHub Actions or GitLab; also a setting "
		  "of cdk.json" },
	S("oidc-token-variable", 0, "NAME", NEED | OPT_NEW,
	    "Variable that holds the identity token; GITLAB_OIDC_TOKEN unless "
	    "set"),
	{ .name = "isolate-app", .type = OPT_BOOL, .flags = OPT_NEW,
	  .help = "Run the app without any AWS credentials; lookups still "
		  "work" },
	S("region", 0, "REGION", NEED,
	    "AWS region for stacks that do not name one"),
	S("proxy", 0, "URL", NEED,
	    "HTTP proxy; otherwise HTTPS_PROXY is respected"),
	S("ca-bundle-path", 0, "FILE", NEED,
	    "CA certificates for HTTPS; otherwise AWS_CA_BUNDLE, the "
	    "profile's ca_bundle or REQUESTS_CA_BUNDLE"),
	B("ec2creds", 'i', NULL, "Accepted for compatibility, no effect"),
	{ .name = "version-reporting", .type = OPT_BOOL,
	  .aliases = "telemetry",
	  .help = "Put an AWS::CDK::Metadata resource into templates (on "
		  "unless switched off)" },
	B("path-metadata", 0, NULL,
	    "Record construct paths (aws:cdk:path) in templates (on unless "
	    "switched off)"),
	B("asset-metadata", 0, NULL,
	    "Record asset locations (aws:asset:*) in templates (on unless "
	    "switched off)"),
	S("role-arn", 'r', "ARN", NEED,
	    "Role that CloudFormation assumes for the deployment"),
	B("staging", 0, "true",
	    "Copy assets into the output folder; --no-staging refers to the "
	    "sources in place"),
	S("output", 'o', "DIR", NEED,
	    "Folder for the cloud assembly, cdk.out unless set"),
	B("notices", 0, NULL, "Show notices"),
	B("no-color", 0, "false", "Plain text without colours"),
	B("color", 0, NULL, "Colours even when output is not a terminal"),
	{ .name = "ci", .type = OPT_BOOL, .fallback = "CI",
	  .help = "Continuous integration: messages go to stdout instead of "
		  "stderr; detected by the CI variable" },
	L("unstable", 0, "[]", "FEATURE",
	    "Permit a feature whose behaviour may still change"),
	S("telemetry-file", 0, "FILE", 0,
	    "Accepted for compatibility; nothing is recorded"),
	B("yes", 'y', "false",
	    "Answer questions with their recommended answer"),
	{ .name = "version", .type = OPT_BOOL, .help = "Print the version" },
	{ .name = "help", .letter = 'h', .type = OPT_BOOL,
	  .help = "Print this help" },
	/* for the lint of man pages and for completions */
	{ .name = "dump-options", .type = OPT_BOOL,
	  .flags = OPT_HIDDEN | OPT_NEW,
	  .help = "Print this table, one option per line" },
	END
};

static const struct opt none_opts[] = { END };

static const struct opt list_opts[] = {
	B("long", 'l', "false", "Show account and region of each stack"),
	B("show-dependencies", 'd', "false",
	    "Show the stacks each stack depends on"),
	JSON_OPT,
	END
};

static const struct opt synth_opts[] = {
	EXCLUSIVELY,
	B("validation", 0, "true",
	    "Check stacks that ask for validation once they are synthesized"),
	B("quiet", 'q', "false", "Do not print the template"),
	JSON_OPT,
	B("watch", 0, NULL,
	    "Synthesize again whenever a file of the project changes"),
	END
};

static const struct opt bootstrap_opts[] = {
	{ .name = "bootstrap-bucket-name", .letter = 'b', .type = OPT_STR,
	  .aliases = "toolkit-bucket-name", .value = "NAME",
	  .help = "Name of the bucket for file assets" },
	{ .name = "bootstrap-kms-key-id", .type = OPT_STR, .value = "KEY",
	  .conflicts = "bootstrap-customer-key",
	  .help = "KMS key that encrypts the bucket, or AWS_MANAGED_KEY" },
	{ .name = "example-permissions-boundary", .type = OPT_BOOL,
	  .aliases = "epb", .conflicts = "custom-permissions-boundary",
	  .help = "Create and use the example permissions boundary" },
	{ .name = "custom-permissions-boundary", .type = OPT_STR,
	  .aliases = "cpb", .conflicts = "example-permissions-boundary",
	  .value = "NAME",
	  .help = "Use the policy of this name as permissions boundary" },
	B("apply-permissions-boundary-to-all-roles", 0, NULL,
	    "Put the boundary on every bootstrap role, not just on the one "
	    "for CloudFormation"),
	{ .name = "bootstrap-customer-key", .type = OPT_BOOL,
	  .conflicts = "bootstrap-kms-key-id",
	  .help = "Create a KMS key for the bucket (it costs money)" },
	S("qualifier", 0, "TEXT", 0,
	    "Tells several bootstrap stacks of one environment apart; the app "
	    "has to name the same"),
	B("public-access-block-configuration", 0, NULL,
	    "Block public access to the bucket (on unless switched off)"),
	B("deny-external-id", 0, NULL,
	    "Refuse sessions with an external id for the bootstrap roles (on "
	    "unless switched off)"),
	L("tags", 't', "[]", "KEY=VALUE", "Tag of the bootstrap stack"),
	B("execute", 0, "true",
	    "Execute the change set; --no-execute leaves it for review"),
	L("trust", 0, "[]", "ACCOUNT",
	    "Account that may deploy into this environment"),
	L("trust-for-lookup", 0, "[]", "ACCOUNT",
	    "Account that may look up values in this environment"),
	L("untrust", 0, "[]", "ACCOUNT", "Account to trust no longer"),
	L("cloudformation-execution-policies", 0, "[]", "ARN",
	    "Managed policy of the role CloudFormation deploys with"),
	B("force", 'f', "false",
	    "Go on even if that downgrades the bootstrap stack"),
	B("termination-protection", 0, NULL,
	    "Switch the stack's termination protection on or off"),
	B("show-template", 0, "false",
	    "Print the bootstrap template instead of deploying it"),
	JSON_OPT,
	TOOLKIT_NAME,
	S("template", 0, "FILE", NEED,
	    "Template to use instead of the built-in one"),
	B("previous-parameters", 0, "true",
	    "Keep the values of parameters that are not given"),
	B("import-existing-resources", 0, "true",
	    "Adopt resources that exist already instead of failing"),
	B("express", 0, "false", "Deploy in CloudFormation's express mode"),
	END
};

static const struct opt gc_opts[] = {
	{ .name = "action", .type = OPT_STR, .fallback = "full",
	  .value = "ACTION",
	  .help = "What to do: print, tag, delete-tagged or full" },
	{ .name = "type", .type = OPT_STR, .fallback = "all", .value = "TYPE",
	  .help = "Kind of assets: s3, ecr or all" },
	N("rollback-buffer-days", 0, "0", 0,
	    "Days an unused asset stays tagged before it is deleted"),
	N("created-buffer-days", 0, "1", 0,
	    "Days a new asset is left alone"),
	B("confirm", 0, "true", "Ask before deleting"),
	{ .name = "toolkit-stack-name", .type = OPT_STR, .value = "NAME",
	  .conflicts = "bootstrap-stack-name", .flags = NEED,
	  .help = "Name of the bootstrap stack in the target environment" },
	{ .name = "bootstrap-stack-name", .type = OPT_STR, .value = "NAME",
	  .conflicts = "toolkit-stack-name", .flags = NEED | OPT_DEPRECATED,
	  .help = "Older name of --toolkit-stack-name" },
	END
};

static const struct opt flags_opts[] = {
	S("value", 0, "VALUE", NEED, "Value to give to the flag"),
	B("set", 0, NULL, "Write to cdk.json"),
	B("all", 0, NULL, "Take all flags"),
	B("unconfigured", 0, NULL, "Take the flags without a value"),
	B("recommended", 0, NULL, "Use the recommended values"),
	B("default", 0, NULL, "Use the default values"),
	B("interactive", 'i', NULL, "Choose in a dialogue"),
	B("safe", 0, NULL, "Set the flags that change no template"),
	N("concurrency", 'n', "4", NEED, "Number of simultaneous syntheses"),
	END
};

static const struct opt deploy_opts[] = {
	B("all", 0, "false", "Deploy every stack of the app's top level"),
	L("build-exclude", 'E', "[]", "ID", "Asset not to build again"),
	EXCLUSIVELY,
	{ .name = "require-approval", .type = OPT_STR, .choices = APPROVAL,
	  .value = "WHEN", .help = "Which changes need your approval" },
	{ .name = "approve-first", .type = OPT_BOOL, .flags = OPT_NEW,
	  .help = "Show what needs approval of all stacks and ask once, before "
		  "anything is deployed; on with --concurrency at a terminal" },
	TOPICS,
	ALARMS,
	TAGS,
	{ .name = "execute", .type = OPT_BOOL, .flags = OPT_DEPRECATED,
	  .help = "Execute the change set; see --method" },
	S("change-set-name", 0, "NAME", 0, "Name of the change set"),
	{ .name = "method", .letter = 'm', .type = OPT_STR, .flags = NEED,
	  .choices = "direct|change-set|prepare-change-set|"
		     "execute-change-set", .value = "METHOD",
	  .help = "Through a change set (the default), creating it only, "
		  "executing one made before, or directly without one" },
	B("import-existing-resources", 0, "false",
	    "Adopt resources that exist already"),
	B("force", 'f', "false", "Deploy even if nothing changed"),
	PARAMETERS,
	S("outputs-file", 'O', "FILE", NEED,
	    "File that receives the stack outputs as JSON"),
	{ .name = "outputs-file-merge", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW,
	  .help = "Keep what the outputs file says of other stacks, and write "
		  "it after a failure too" },
	B("previous-parameters", 0, "true",
	    "Keep the values of parameters that are not given"),
	{ .name = "stack-policy", .type = OPT_LIST, .value = "STACK=FILE",
	  .flags = NEED | OPT_NEW,
	  .help = "JSON file with the policy that says which updates the "
		  "stack refuses; without STACK for all stacks" },
	{ .name = "stack-policy-during-update", .type = OPT_LIST,
	  .value = "STACK=FILE", .flags = NEED | OPT_NEW,
	  .help = "The same, for the time of this update; goes with "
		  "--method=direct" },
	TOOLKIT_NAME,
	{ .name = "progress", .type = OPT_STR, .choices = PROGRESS,
	  .value = "STYLE", .help = "How to show the progress of a stack" },
	B("rollback", 0, NULL,
	    "Roll a failed stack back (on unless switched off; -R switches "
	    "it off)"),
	NO_ROLLBACK,
	B("hotswap", 0, NULL,
	    "Change resources directly where that is possible and leave all "
	    "other changes out; not for production"),
	B("hotswap-fallback", 0, NULL,
	    "Change resources directly where that is possible, else deploy; "
	    "not for production"),
	HOTSWAP_ECS,
	B("watch", 0, NULL, "Deploy again whenever a file changes"),
	B("logs", 0, "true", "With --watch, show the stacks' log events"),
	N("concurrency", 0, "1", NEED,
	    "Number of stacks to deploy at the same time"),
	S("timeout", 0, "TIME", NEED | OPT_NEW,
	    "Time for the whole deployment, such as 90s, 45m or 2h: then "
	    "nothing new is started and what runs is left"),
	B("asset-parallelism", 0, NULL, "Build and publish assets in parallel"),
	N("asset-build-concurrency", 0, "1", NEED,
	    "Number of assets to build at the same time"),
	B("asset-prebuild", 0, "true",
	    "Build all assets before the first stack is deployed"),
	IMAGES,
	KEEP_GOING("false"),
	B("ignore-no-stacks", 0, "false", "Do not fail when there is no stack"),
	B("revert-drift", 0, "false",
	    "Bring drifted resources back to what the template says"),
	B("express", 0, "false", "Deploy in CloudFormation's express mode"),
	{ .name = "two-pass", .type = OPT_BOOL, .fallback = "true",
	  .flags = OPT_NEW,
	  .help = "Keep an export that stacks of this deployment let go of "
		  "until they are deployed, then remove it" },
	PROTECT_STATEFUL,
	FEED, CI_FORMAT,
	S("journal", 0, "FILE", NEED | OPT_NEW,
	    "Where to keep the journal that 'resume' reads, until the "
	    "deployment has ended"),
	WAIT, ON_INTERRUPT,
	END
};

static const struct opt resume_opts[] = {
	{ .name = "list", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW, .help = "List the deployments that are not over" },
	{ .name = "parameters", .type = OPT_LIST, .fallback = "{}",
	  .flags = OPT_NEW, .value = "STACK:KEY=VALUE",
	  .help = "Value of a parameter that is secret (NoEcho) and so not in "
		  "the journal" },
	{ .name = "progress", .type = OPT_STR, .choices = PROGRESS,
	  .flags = OPT_NEW,
	  .value = "STYLE", .help = "How to show the progress of a stack" },
	{ .name = "concurrency", .type = OPT_NUM, .value = "N",
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,
	  .help = "Number of stacks to deploy at the same time" },
	{ .name = "require-approval", .type = OPT_STR, .choices = APPROVAL,
	  .flags = OPT_NEW, .value = "WHEN",
	  .help = "Which changes need your approval" },
	ON_INTERRUPT,
	FEED,
	CI_FORMAT,
	END
};

static const struct opt attach_opts[] = {
	{ .name = "progress", .type = OPT_STR, .choices = PROGRESS,
	  .flags = OPT_NEW,
	  .value = "STYLE", .help = "How to show the progress of the stack" },
	FEED,
	END
};

#define ALLOW_DATA_LOSS							\
	{ .name = "allow-data-loss", .type = OPT_LIST, .value = "ID",	\
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,				\
	  .help = "Let this resource go with the data it holds: logical id, " \
		  "STACK.LOGICALID or construct path" }

static const struct opt plan_opts[] = {
	B("all", 0, "false", "Plan every stack of the app's top level"),
	EXCLUSIVELY,
	S("out", 'o', "FILE", NEED | OPT_NEW,
	    "File that receives the plan; without it nothing is kept"),
	{ .name = "json", .letter = 'j', .type = OPT_BOOL,
	  .fallback = "false", .flags = OPT_NEW,
	  .help = "Write the plan itself to stdout instead of a text" },
	S("discard", 0, "FILE", NEED | OPT_NEW,
	    "Delete the change sets of this plan instead of making one"),
	N("expires-in", 0, NULL, NEED | OPT_NEW,
	    "Hours after which the plan cannot be applied any more; never "
	    "unless set"),
	ALLOW_DATA_LOSS,
	PARAMETERS,
	B("previous-parameters", 0, "true",
	    "Keep the values of parameters that are not given"),
	TAGS,
	TOPICS,
	ALARMS,
	B("import-existing-resources", 0, "false",
	    "Adopt resources that exist already"),
	B("revert-drift", 0, "false",
	    "Bring drifted resources back to what the template says"),
	B("rollback", 0, NULL,
	    "Roll a failed stack back (on unless switched off; -R switches "
	    "it off)"),
	NO_ROLLBACK,
	B("express", 0, "false", "Deploy in CloudFormation's express mode"),
	B("force", 'f', "false",
	    "Make a change set even for a stack that looks unchanged"),
	TOOLKIT_NAME,
	L("build-exclude", 'E', "[]", "ID", "Asset not to build again"),
	N("concurrency", 0, "4", NEED,
	    "Number of stacks to plan at the same time"),
	B("asset-parallelism", 0, NULL, "Build and publish assets in parallel"),
	N("asset-build-concurrency", 0, "1", NEED,
	    "Number of assets to build at the same time"),
	IMAGES,
	B("ignore-no-stacks", 0, "false", "Do not fail when there is no stack"),
	END
};

static const struct opt apply_opts[] = {
	ALLOW_DATA_LOSS,
	{ .name = "parameters", .type = OPT_LIST, .fallback = "{}",
	  .value = "STACK:KEY=VALUE",
	  .help = "Hidden value (NoEcho) that the plan asks for" },
	S("outputs-file", 'O', "FILE", NEED,
	    "File that receives the stack outputs as JSON"),
	{ .name = "progress", .type = OPT_STR, .choices = PROGRESS,
	  .value = "STYLE", .help = "How to show the progress of a stack" },
	{ .name = "outputs-file-merge", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW,
	  .help = "Keep what the outputs file says about other stacks" },
	N("concurrency", 0, "1", NEED,
	    "Number of stacks to deploy at the same time"),
	TOOLKIT_NAME,
	FEED, CI_FORMAT,
	ON_INTERRUPT,
	END
};

static const struct opt validate_opts[] = {
	B("online", 0, "true", "Have CloudFormation check the templates too"),
	B("watch", 0, NULL, "Validate again whenever a file changes"),
	END
};

static const struct opt diagnose_opts[] = {
	TOOLKIT_NAME,
	N("concurrency", 0, NULL, 0, "Number of stacks to look at together"),
	END
};

static const struct opt rollback_opts[] = {
	B("all", 0, "false", "Roll back every stack of the app's top level"),
	TOOLKIT_NAME,
	B("force", 'f', NULL, "Orphan the resources that do not roll back"),
	B("validate-bootstrap-version", 0, NULL,
	    "Check the version of the bootstrap stack (on unless switched "
	    "off)"),
	L("orphan", 0, "[]", "ID",
	    "Resource, by logical id, to leave out of the rollback"),
	FEED,
	ON_INTERRUPT,
	END
};

static const struct opt publish_assets_opts[] = {
	B("all", 0, "false", "Publish the assets of every stack"),
	EXCLUSIVELY,
	B("force", 'f', "false", "Publish even what is there already"),
	N("concurrency", 0, "4", NEED,
	    "Number of assets to build and publish at the same time"),
	IMAGES,
	KEEP_GOING("true"),
	FEED,
	END
};

static const struct opt assets_opts[] = {
	{ .name = "exclusively", .letter = 'e', .type = OPT_BOOL,
	  .flags = OPT_NEW,
	  .help = "list, verify: take the named stacks alone, without those "
		  "they depend on" },
	{ .name = "json", .letter = 'j', .type = OPT_BOOL,
	  .fallback = "false", .flags = OPT_NEW,
	  .help = "Write one JSON object to stdout" },
	{ .name = "dry-run", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW,
	  .help = "prune: only say what would be removed" },
	{ .name = "concurrency", .type = OPT_NUM, .fallback = "8",
	  .value = "N", .flags = OPT_NEW | OPT_NEEDS_VALUE,
	  .help = "verify: number of assets to look at together" },
	END
};

static const struct opt import_opts[] = {
	B("execute", 0, "true",
	    "Execute the change set; --no-execute leaves it for review"),
	S("change-set-name", 0, "NAME", 0, "Name of the change set"),
	L("notification-arns", 0, NULL, "ARN",
	    "SNS topic that is told about stack events"),
	TOOLKIT_NAME,
	B("rollback", 0, NULL, "Roll a failed stack back"),
	B("force", 'f', NULL,
	    "Go on even if other resources of the template changed"),
	S("record-resource-mapping", 0, "FILE", NEED,
	    "Write the identifiers that would be imported to a file and stop"),
	S("resource-mapping", 'm', "FILE", NEED,
	    "Read the identifiers from a file instead of asking"),
	S("resource-mapping-inline", 0, "JSON", NEED,
	    "The identifiers as JSON text"),
	END
};

static const struct opt watch_opts[] = {
	S("outputs-file", 'O', "FILE", NEED,
	    "File that receives the stack outputs as JSON"),
	L("build-exclude", 'E', "[]", "ID", "Asset not to build again"),
	EXCLUSIVELY,
	S("change-set-name", 0, "NAME", 0, "Name of the change set"),
	B("force", 'f', "false", "Deploy even if nothing changed"),
	TOOLKIT_NAME,
	{ .name = "progress", .type = OPT_STR, .choices = PROGRESS,
	  .value = "STYLE", .help = "How to show the progress of a stack" },
	B("rollback", 0, NULL,
	    "Roll a failed stack back (on unless switched off; -R switches "
	    "it off)"),
	NO_ROLLBACK,
	B("hotswap", 0, NULL,
	    "Change resources directly and leave all other changes out; this "
	    "is the default, --no-hotswap makes full deployments"),
	B("hotswap-fallback", 0, NULL,
	    "Change resources directly where that is possible, else deploy"),
	HOTSWAP_ECS,
	B("logs", 0, "true", "Show the stacks' log events"),
	N("concurrency", 0, "1", NEED,
	    "Number of stacks to deploy at the same time"),
	END
};

static const struct opt destroy_opts[] = {
	B("all", 0, "false", "Destroy every stack of the app's top level"),
	B("exclusively", 'e', NULL,
	    "Take the named stacks alone, without those that depend on them"),
	B("force", 'f', NULL, "Do not ask"),
	N("concurrency", 0, "1", NEED,
	    "Number of stacks to destroy at the same time"),
	KEEP_GOING("false"),
	B("express", 0, "false", "Delete in CloudFormation's express mode"),
	{ .name = "stack-name", .type = OPT_LIST, .value = "NAME",
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,
	  .help = "Delete a stack by its name in CloudFormation, with no app; "
		  "those that import from it have to be named, too" },
	{ .name = "retain", .type = OPT_LIST, .value = "ID",
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,
	  .help = "Resource, by logical id, to leave in the account when the "
		  "deletion of the stack has failed" },
	{ .name = "dry-run", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW,
	  .help = "Say what would be deleted, in which order, and what would "
		  "stay; delete nothing" },
	PROTECT_STATEFUL,
	WAIT, ON_INTERRUPT,
	FEED,
	CI_FORMAT,
	END
};

static const struct opt diff_opts[] = {
	{ .name = "parameters", .type = OPT_LIST, .fallback = "{}",
	  .value = "STACK:KEY=VALUE",
	  .help = "Value of a template parameter; without STACK for all "
		  "stacks" },
	EXCLUSIVELY,
	N("context-lines", 0, "3", NEED,
	    "Lines of context around changes of JSON values"),
	S("template", 0, "FILE", NEED,
	    "Compare with this template instead of the deployed one"),
	B("strict", 0, "false",
	    "Show changes of metadata and conditions of the framework too"),
	B("security-only", 0, "false",
	    "Only show changes of permissions and network access"),
	B("fail", 0, NULL, "Exit with status 1 if there is any difference"),
	{ .name = "fail-on", .type = OPT_STR, .choices = APPROVAL,
	  .value = "WHEN", .flags = NEED, .help = "Which changes make the exit status 1" },
	B("processed", 0, "false",
	    "Compare with the template after transforms"),
	B("quiet", 'q', "false", "Only show stacks that have differences"),
	{ .name = "change-set", .type = OPT_BOOL, .fallback = "true",
	  .aliases = "changeset", .flags = OPT_DEPRECATED,
	  .help = "Older form of --method" },
	S("change-set-name", 0, "NAME", 0,
	    "Name of the change set that is created for the comparison"),
	{ .name = "method", .letter = 'm', .type = OPT_STR,
	  .fallback = "auto", .choices = "auto|change-set|template",
	  .value = "METHOD", .flags = NEED,
	  .help = "Ask CloudFormation by a change set, compare templates "
		  "only, or try the first and fall back to the second" },
	B("import-existing-resources", 0, "false",
	    "Have the change set adopt resources that exist already"),
	B("include-moves", 0, "false",
	    "Say which removed resources could move instead"),
	{ .name = "read-only", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false",
	  .help = "Use nothing but cloudformation:GetTemplate, with your own "
		  "credentials" },
	{ .name = "detailed-exitcode", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false",
	  .help = "Exit with 0 without differences, 2 with some, 1 on errors" },
	{ .name = "json", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false", .conflicts = "markdown",
	  .help = "Write the differences to stdout as one JSON object" },
	{ .name = "markdown", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false", .conflicts = "json",
	  .help = "Write them to stdout as a pull-request comment" },
	{ .name = "ignore-asset-hashes", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false",
	  .help = "One line for a resource of which only code changed" },
	{ .name = "explain", .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false",
	  .help = "Say why resources are replaced and what follows" },
	{ .name = "against", .type = OPT_STR, .value = "DIR|git:REF",
	  .flags = OPT_NEW | OPT_NEEDS_VALUE,
	  .help = "Compare with another assembly, or with the app of a git "
		  "revision, instead of what is deployed" },
	END
};

static const struct opt drift_opts[] = {
	B("fail", 0, NULL, "Exit with status 1 if anything drifted"),
	END
};

static const struct opt metadata_opts[] = { JSON_OPT, END };

static const struct opt notices_opts[] = {
	B("unacknowledged", 'u', "false",
	    "Only show notices that are not acknowledged"),
	{ .name = "update-cache", .type = OPT_BOOL,
	  .flags = OPT_HIDDEN | OPT_NEW, .fallback = "false",
	  .help = "Fetch them for later, print nothing" },
	END
};

static const struct opt init_opts[] = {
	{ .name = "language", .letter = 'l', .type = OPT_STR, .value = "NAME",
	  .choices = "csharp|cs|fsharp|fs|go|java|javascript|js|python|py|"
		     "typescript|ts",
	  .help = "Programming language of the new project" },
	B("list", 0, NULL, "List the templates"),
	B("generate-only", 0, "false",
	    "Only write files: no git repository, no dependencies"),
	{ .name = "lib-version", .letter = 'V', .type = OPT_STR,
	  .conflicts = "from-path|from-git-url", .value = "VERSION",
	  .help = "Version of aws-cdk-lib to use" },
	{ .name = "from-path", .type = OPT_STR, .value = "DIR", .flags = NEED,
	  .conflicts = "lib-version|from-git-url",
	  .help = "Folder with templates of your own" },
	{ .name = "from-git-url", .type = OPT_STR, .value = "URL",
	  .flags = NEED | OPT_NEW, .conflicts = "lib-version|from-path",
	  .help = "Git repository with templates of your own: https:// or a "
		  "folder" },
	S("template-path", 0, "PATH", NEED,
	    "Template within the folder of --from-path or the repository"),
	{ .name = "package-manager", .type = OPT_STR,
	  .choices = "npm|yarn|pnpm|bun", .value = "NAME",
	  .help = "Installs the dependencies of JavaScript and TypeScript "
		  "projects" },
	S("project-name", 'n', "NAME", NEED,
	    "Name of the new project, otherwise the folder's"),
	S("stack-name", 0, "NAME", NEED | OPT_NEW,
	    "Name of the stack in the new project"),
	END
};

static const struct opt doctor_opts[] = {
	{ .name = "language", .letter = 'l', .type = OPT_STR, .value = "NAME",
	  .flags = OPT_NEW,
	  .choices = "csharp|cs|fsharp|fs|go|java|javascript|js|python|py|"
		     "typescript|ts",
	  .help = "Look for the tools of this programming language; otherwise "
		  "for those of the project in this folder" },
	END
};

static const struct opt migrate_opts[] = {
	S("stack-name", 'n', "NAME", NEED,
	    "Name of the stack in the new project, and of the app"),
	{ .name = "language", .letter = 'l', .type = OPT_STR, .value = "NAME",
	  .fallback = "typescript",
	  .choices = "typescript|ts|go|java|python|py|csharp|cs",
	  .help = "Programming language of the new project" },
	S("account", 0, "ACCOUNT", 0, "Account the stack is taken from"),
	S("from-path", 0, "FILE", 0, "Template file to start from"),
	B("from-stack", 0, NULL, "Start from the deployed stack"),
	S("output-path", 0, "DIR", 0, "Where to put the project"),
	S("from-scan", 0, "SCAN", 0,
	    "Start from a scan of the account: new or most-recent"),
	L("filter", 0, NULL, "KEY=VALUE,...",
	    "Which resources of the scan to take: resource-identifier, "
	    "resource-type-prefix, tag-key, tag-value; repeat it to widen "
	    "the choice"),
	B("compress", 0, NULL, "Put the project into a zip file"),
	END
};

static const struct opt context_opts[] = {
	S("reset", 'e', "KEY", NEED, "Forget a value, by key or number"),
	B("force", 'f', "false", "Do not fail when the key is missing"),
	B("clear", 0, "false", "Forget all values"),
	B("json", 'j', "false", "Write JSON instead of a table"),
	{ .name = "refresh", .type = OPT_STR, .value = "KEY",
	  .conflicts = "reset|clear", .flags = OPT_NEW,
	  .help = "Look values up again and show what changed: all, or by "
		  "key, number or pattern" },
	END
};

/* for the scripts themselves */
static const struct opt completion_opts[] = {
	{ .name = "stacks", .type = OPT_BOOL,
	  .flags = OPT_HIDDEN | OPT_NEW, .fallback = "false",
	  .help = "Print the stacks of the last assembly" },
	END
};

static const struct opt config_opts[] = {
	{ .name = "json", .letter = 'j', .type = OPT_BOOL, .flags = OPT_NEW,
	  .fallback = "false", .help = "Write JSON instead of a table" },
	END
};

static const struct opt docs_opts[] = {
	{ .name = "browser", .letter = 'b', .type = OPT_STR,
	  .fallback = "xdg-open %u", .value = "COMMAND",
	  .help = "Command that opens the page; %u stands for its address" },
	END
};

static const struct opt login_opts[] = {
	S("sso-session", 0, "NAME", NEED | OPT_NEW,
	    "Log in to this sso-session of ~/.aws/config; no profile is "
	    "needed"),
	{ .name = "browser", .letter = 'b', .type = OPT_STR,
	  .value = "COMMAND", .flags = NEED | OPT_NEW,
	  .help = "Command that opens the page, xdg-open %u unless set; %u "
		  "stands for its address" },
	{ .name = "pkce", .type = OPT_BOOL, .flags = OPT_NEW,
	  .help = "Log in with a browser of this machine, without a code to "
		  "compare" },
	{ .name = "no-browser", .type = OPT_BOOL, .flags = OPT_NEW,
	  .help = "Only print the address of the page" },
	END
};

static const struct opt whoami_opts[] = {
	{ .name = "all", .type = OPT_BOOL, .fallback = "false",
	  .flags = OPT_NEW, .help = "Check the roles of every stack" },
	{ .name = "json", .letter = 'j', .type = OPT_BOOL,
	  .fallback = "false", .flags = OPT_NEW,
	  .help = "Write JSON instead of text" },
	END
};

static const struct opt explore_opts[] = {
	N("port", 0, NULL, 0, "Port to listen on"),
	END
};

static const struct opt lsp_opts[] = {
	B("features", 0, "false", "Print the list of features as JSON"),
	END
};

static const struct opt refactor_opts[] = {
	L("additional-stack-name", 0, NULL, "NAME",
	    "Deployed stack to compare with as well"),
	B("dry-run", 0, "false", "Only show what would be done"),
	S("override-file", 0, "FILE", NEED,
	    "File that settles ambiguous moves by hand"),
	B("revert", 0, "false", "Do the moves of the file backwards"),
	B("force", 0, "false", "Do not ask"),
	TOOLKIT_NAME,
	END
};

static const struct opt cli_telemetry_opts[] = {
	{ .name = "enable", .type = OPT_BOOL, .conflicts = "disable|status",
	  .help = "Allow telemetry" },
	{ .name = "disable", .type = OPT_BOOL, .conflicts = "enable|status",
	  .help = "Forbid telemetry" },
	{ .name = "status", .type = OPT_BOOL, .conflicts = "enable|disable",
	  .help = "Say whether telemetry is allowed" },
	END
};

#define STACKS .positional = "STACKS.."

const struct opt_command opt_commands[] = {
	{ .name = "list", .aliases = "ls", STACKS, .opts = list_opts,
	  .brief = "List the stacks of the app" },
	{ .name = "synth", .aliases = "synthesize", STACKS,
	  .opts = synth_opts,
	  .brief = "Run the app and print the template of a stack" },
	{ .name = "bootstrap", .positional = "ENVIRONMENTS..",
	  .opts = bootstrap_opts,
	  .brief = "Prepare an AWS environment for deployments" },
	{ .name = "gc", .positional = "ENVIRONMENTS..", .opts = gc_opts,
	  .unstable = true, .absent = true,
	  .brief = "Delete assets that no stack uses" },
	{ .name = "flags", .positional = "FLAGNAME..", .opts = flags_opts,
	  .unstable = true, .brief = "Show and set feature flags" },
	{ .name = "deploy", STACKS, .opts = deploy_opts,
	  .brief = "Deploy stacks" },
	{ .name = "resume", .positional = "JOURNAL", .opts = resume_opts,
	  .brief = "Continue a deployment that was interrupted" },
	{ .name = "attach", .positional = "STACK", .opts = attach_opts,
	  .brief = "Follow an operation that is under way on a stack" },
	{ .name = "plan", STACKS, .opts = plan_opts,
	  .brief = "Prepare change sets and write them down for review" },
	{ .name = "apply", .positional = "FILE..", .opts = apply_opts,
	  .brief = "Execute a plan exactly as it was reviewed" },
	{ .name = "validate", STACKS, .opts = validate_opts, .unstable = true,
	  .absent = true,
	  .brief = "Check templates against policy rules" },
	{ .name = "diagnose", STACKS, .opts = diagnose_opts, .unstable = true,
	  .absent = true,
	  .brief = "Find out why a deployment failed" },
	{ .name = "rollback", STACKS, .opts = rollback_opts,
	  .brief = "Return failed stacks to their last stable state" },
	{ .name = "publish-assets", STACKS, .opts = publish_assets_opts,
	  .unstable = true,
	  .brief = "Build and publish assets, deploy nothing" },
	{ .name = "assets", .positional = "ACTION..", .opts = assets_opts,
	  .words = "list|verify|prune",
	  .brief = "List, verify and clean up assets" },
	{ .name = "import", .positional = "STACK", .opts = import_opts,
	  .absent = true,
	  .brief = "Bring existing resources into a stack" },
	{ .name = "watch", STACKS, .opts = watch_opts,
	  .absent = true,
	  .brief = "Deploy whenever a file changes" },
	{ .name = "destroy", STACKS, .opts = destroy_opts,
	  .brief = "Delete stacks" },
	{ .name = "diff", STACKS, .opts = diff_opts,
	  .brief = "Compare stacks with what is deployed" },
	{ .name = "drift", STACKS, .opts = drift_opts,
	  .absent = true,
	  .brief = "Find changes made outside of CloudFormation" },
	{ .name = "metadata", .positional = "STACK", .opts = metadata_opts,
	  .brief = "Print the metadata of a stack" },
	{ .name = "acknowledge", .aliases = "ack", .positional = "ID",
	  .opts = none_opts, .brief = "Hide a notice" },
	{ .name = "notices", .opts = notices_opts,
	  .brief = "List the notices that concern you" },
	{ .name = "init", .positional = "TEMPLATE", .opts = init_opts,
	  .words = "app|lib|sample-app",
	  .brief = "Create a new project" },
	{ .name = "migrate", .opts = migrate_opts,
	  .absent = true,
	  .brief = "Create a project from existing resources" },
	{ .name = "context", .opts = context_opts,
	  .brief = "Show, refresh and reset remembered context values" },
	{ .name = "config", .positional = "NAME..", .opts = config_opts,
	  .brief = "Show every setting and where it comes from" },
	{ .name = "completion", .positional = "SHELL",
	  .words = "bash|zsh|fish", .opts = completion_opts,
	  .brief = "Print the completion script of bash, zsh or fish" },
	{ .name = "docs", .aliases = "doc", .opts = docs_opts,
	  .brief = "Open the reference documentation" },
	{ .name = "doctor", .opts = doctor_opts,
	  .brief = "Check the set-up for problems" },
	{ .name = "version", .opts = none_opts, .hidden = true,
	  .brief = "Print the version" },
	{ .name = "explore", .opts = explore_opts,
	  .absent = true,
	  .brief = "Explore the app in a web browser" },
	{ .name = "lsp", .opts = lsp_opts,
	  .absent = true,
	  .brief = "Run the language server for editors" },
	{ .name = "orphan", .positional = "PATHS..", .opts = none_opts,
	  .unstable = true,
	  .absent = true,
	  .brief = "Take resources out of a stack without deleting them" },
	{ .name = "refactor", STACKS, .opts = refactor_opts, .unstable = true,
	  .absent = true,
	  .brief = "Move resources within and between stacks" },
	{ .name = "whoami", STACKS, .opts = whoami_opts,
	  .brief = "Show account, region and credentials, and check the roles "
		   "of stacks" },
	{ .name = "login", .opts = login_opts,
	  .brief = "Log in to IAM Identity Center" },
	{ .name = "cli-telemetry", .opts = cli_telemetry_opts,
	  .brief = "Permit or forbid telemetry" },
	{ .name = NULL }
};
