#include "cfn/console.h"

#include "net/url.h"
#include "util/strbuf.h"

static const struct {
	const char *partition, *domain;
} consoles[] = {
	{ "aws", "console.aws.amazon.com" },
	{ "aws-cn", "console.amazonaws.cn" },
	{ "aws-us-gov", "console.amazonaws-us-gov.com" },
	{ "aws-eusc", "console.amazonaws-eusc.eu" },
};

static const char *domain_of(struct sv partition)
{
	for (size_t i = 0; i < ARRAY_SIZE(consoles); i++)
		if (sv_eq(partition, consoles[i].partition))
			return consoles[i].domain;
	return NULL;
}

char *console_stack_events(const char *stack_arn)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	struct sv rest = sv_from(stack_arn ? stack_arn : ""), part[4];
	const char *domain;

	/* arn:PARTITION:cloudformation:REGION:... */
	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		if (!sv_next(&rest, ':', &part[i]))
			return NULL;
	domain = domain_of(part[1]);
	if (!sv_eq(part[0], "arn") || !domain || !part[3].n)
		return NULL;
	strbuf_addf(&b, "https://%.*s.%s/cloudformation/home?region=%.*s"
	    "#/stacks/events?stackId=", (int)part[3].n, part[3].p, domain,
	    (int)part[3].n, part[3].p);
	url_encode(&b, sv_from(stack_arn), "");
	return strbuf_detach(&b);
}
