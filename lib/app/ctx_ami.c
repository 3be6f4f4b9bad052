#include "app/ctx.h"

#include "util/timeutil.h"

/* Milliseconds since 1970; an image without a date is as old as that. */
static int64_t created(const cJSON *image)
{
	const char *text = json_str(image, "CreationDate");
	int64_t ms;

	return text && time_parse_iso(text, &ms) ? ms : 0;
}

const char *ctx_newest_image(const cJSON *images)
{
	const char *newest = NULL;
	int64_t best = 0;

	JSON_EACH(image, images) {
		const char *id = json_str(image, "ImageId");

		if (!id || (newest && created(image) <= best))
			continue;
		newest = id;
		best = created(image);
	}
	return newest;
}

void ctx_ami_announce(const struct lookup *q)
{
	msg_info(q->app->sink, "Searching for AMI in %s:%s", q->account,
	    q->region);
}

int ctx_ami(const struct lookup *q, cJSON **ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject(), *out = NULL;
	CLEANUP(free_p) char *text = json_text(q->props, 0);
	const char *id;
	struct aws *ec2;
	int rc;

	msg_debug(q->app->sink, "AMI search parameters: %s", text);
	json_add_take(in, "Owners", json_dup(json_get(q->props, "owners")));
	JSON_EACH(values, json_get(q->props, "filters"))
		ctx_filter_take(in, values->string, json_dup(values));
	rc = lookup_client(q, &ec2, err);
	if (rc == 0)
		rc = aws_call(ec2, OP_EC2_DESCRIBE_IMAGES, in, &out, err);
	if (rc < 0)
		return rc;
	id = ctx_newest_image(json_get(out, "Images"));
	if (!id)
		return err_set(err, E_NOTFOUND,
		    "No AMI found that matched the search criteria");
	*ret = cJSON_CreateString(id);
	return 0;
}
