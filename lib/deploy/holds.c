#include "deploy/holds.h"

#include "cfn/imports.h"

/* ---- what the reasons mean ----------------------------------------------- */

#define DETACH								\
	"detach what was attached to it outside of the stack, then destroy "	\
	"again"
#define UNPROTECT							\
	"switch its deletion protection off, then destroy again"
#define INTERFACES							\
	"find them with: aws ec2 describe-network-interfaces; those of a "	\
	"deleted Lambda function go by themselves within the hour"

/* The first row that fits counts: words are of the reason, in any case. */
static const struct {
	const char *type; /* a beginning, NULL: any */
	const char *word;
	struct hold hold;
} rows[] = {
	{ "AWS::S3::", "not empty",
	    { "the objects in it", "empty it (aws s3 rm s3://%s --recursive, "
	      "and the old versions), then destroy again; autoDeleteObjects "
	      "on the bucket does that" } },
	{ "AWS::ECR::", "not empty",
	    { "the images in it", "delete them, then destroy again; "
	      "emptyOnDelete on the repository does that" } },
	{ "AWS::ECR::", "still contains images",
	    { "the images in it", "delete them, then destroy again; "
	      "emptyOnDelete on the repository does that" } },
	{ "AWS::EC2::SecurityGroup", "dependent object",
	    { "a network interface or another security group that uses it",
	      INTERFACES } },
	{ "AWS::EC2::SecurityGroup", "DependencyViolation",
	    { "a network interface or another security group that uses it",
	      INTERFACES } },
	{ "AWS::EC2::Subnet", "dependenc",
	    { "network interfaces in it", INTERFACES } },
	{ "AWS::EC2::VPC", "dependenc",
	    { "something in it that is not of this stack (network interfaces, "
	      "security groups, endpoints)", INTERFACES } },
	{ "AWS::EC2::InternetGateway", "mapped public address",
	    { "public addresses that are in use", "release them, then destroy "
	      "again" } },
	{ "AWS::EC2::NetworkInterface", "in use",
	    { "what it is attached to", DETACH } },
	{ "AWS::IAM::", "must detach all policies",
	    { "policies that were attached outside of the stack", DETACH } },
	{ "AWS::IAM::", "must delete policies",
	    { "policies that were added outside of the stack", DETACH } },
	{ "AWS::IAM::", "must remove roles",
	    { "an instance profile", DETACH } },
	{ "AWS::IAM::", "DeleteConflict",
	    { "what was attached to it outside of the stack", DETACH } },
	{ NULL, "deletion protection",
	    { "its deletion protection", UNPROTECT } },
	{ NULL, "protected against deletion",
	    { "its deletion protection", UNPROTECT } },
	{ NULL, "cannot delete protected",
	    { "its deletion protection", UNPROTECT } },
	{ NULL, "did not receive a response from your Custom Resource",
	    { "the function behind it, which did not answer", "read the "
	      "function's log; when it is gone, keep the resource as below" } },
	{ NULL, "is not authorized to perform",
	    { "missing rights of the role that deletes", "give it the right "
	      "that the reason names, or another role with --role-arn" } },
	{ NULL, "AccessDenied",
	    { "missing rights of the role that deletes", "give it the right "
	      "that the reason names, or another role with --role-arn" } },
};

struct hold hold_of(const char *type, const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].type && !str_starts(type, rows[i].type))
			continue;
		if (strcasestr(reason, rows[i].word))
			return rows[i].hold;
	}
	return (struct hold){ 0 };
}

/* ---- exports ------------------------------------------------------------- */

#define IN_USE " as it is in use by "
#define DELETED " cannot be deleted"

void hold_exports(const char *reason, struct strvec *ret)
{
	for (const char *at = reason; (at = strstr(at, IN_USE)) != NULL;
	     at += strlen(IN_USE)) {
		size_t n = (size_t)(at - reason), begin;
		CLEANUP(free_p) char *name = NULL;

		if (n >= strlen(DELETED) && strncmp(at - strlen(DELETED),
		    DELETED, strlen(DELETED)) == 0)
			n -= strlen(DELETED);
		for (begin = n; begin > 0 && reason[begin - 1] != ' '; begin--)
			;
		if (begin == n)
			continue;
		name = xstrndup(reason + begin, n - begin);
		if (!strvec_has(ret, name))
			strvec_add(ret, name);
	}
}

static void report_exports(struct aws *aws, const char *reason,
    struct strbuf *out)
{
	CLEANUP(strvec_release) struct strvec names = { 0 };

	hold_exports(reason, &names);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP(strvec_release) struct strvec users = { 0 };
		CLEANUP(free_p) char *all = NULL;

		/* the reason has names as well, if not always all */
		if (imports_of(aws, names.v[i], &users, NULL) < 0)
			continue;
		all = strvec_join(&users, ", ");
		if (users.n)
			strbuf_addf(out, "  export %s is used by %s\n",
			    names.v[i], all);
	}
	if (names.n)
		strbuf_adds(out, "Destroy the stacks that use the export "
		    "first, or deploy them without it.\n");
}

/* ---- resources ----------------------------------------------------------- */

/* "%s" stands for the id. */
static void add_mend(struct strbuf *out, const char *mend, const char *id)
{
	const char *at = strstr(mend, "%s");

	strbuf_adds(out, "    next: ");
	if (at) {
		strbuf_add(out, mend, (size_t)(at - mend));
		strbuf_adds(out, *id ? id : "NAME");
		mend = at + 2;
	}
	strbuf_addf(out, "%s\n", mend);
}

static void report_resource(const struct event *e, struct strbuf *out)
{
	const char *reason = e->reason ? e->reason : e->status;
	struct hold h = hold_of(e->type, reason);

	strbuf_addf(out, "  %s  %s", e->logical_id, e->type);
	if (*e->physical_id && !streq(e->physical_id, e->logical_id))
		strbuf_addf(out, "  %s", e->physical_id);
	strbuf_addf(out, "\n    %s\n", reason);
	if (h.held_by)
		strbuf_addf(out, "    held by: %s\n", h.held_by);
	if (h.mend)
		add_mend(out, h.mend, e->physical_id);
}

/* What the stack itself knows the resource by: a nested stack stands for all
 * that is in it. Yours. */
static char *root_id(const struct monitor *m, const struct event *e)
{
	CLEANUP(strvec_release) struct strvec path = { 0 };

	lineage_path(&m->tree, event_stack(e), &path);
	return xstrdup(path.n ? path.v[0] : e->logical_id);
}

static void report_resources(const struct monitor *m, const char *again,
    const struct cfnstack *end, struct strbuf *out)
{
	CLEANUP(strvec_release) struct strvec ids = { 0 };

	for (size_t i = 0; i < m->problems.n; i++) {
		const struct event *e = &m->problems.v[i];
		CLEANUP(free_p) char *id = root_id(m, e);

		if (!streq(e->status, "DELETE_FAILED"))
			continue;
		report_resource(e, out);
		if (!strvec_has(&ids, id))
			strvec_add(&ids, id);
	}
	if (ids.n == 0 || !streq0(end->status, "DELETE_FAILED"))
		return;
	strbuf_addf(out, "To delete the stack and leave what is left in the "
	    "account:\n  %s", again);
	for (size_t i = 0; i < ids.n; i++)
		strbuf_addf(out, " --retain %s", ids.v[i]);
	strbuf_addc(out, '\n');
}

void hold_report(struct aws *aws, const struct monitor *m,
    const struct cfnstack *end, const char *again, struct strbuf *out)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	report_resources(m, again, end, &b);
	if (end->reason)
		report_exports(aws, end->reason, &b);
	if (b.len)
		strbuf_addf(out, "Not deleted from %s:\n%s", end->name, b.buf);
}
