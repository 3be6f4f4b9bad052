#include "deploy/body.h"

#include "app/toolkit.h"
#include "asset/publish.h"
#include "util/digest.h"
#include "util/yaml.h"

#include <math.h>

/* What the API takes in one request; counted as the reference counts. */
#define BODY_MAX_UNITS 51200

/* UTF-16 code units of UTF-8 text */
static size_t units(const char *s)
{
	size_t n = 0;

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c & 0xc0) != 0x80)
			n += c >= 0xf0 ? 2 : 1;
	}
	return n;
}

static int too_large(struct app *app, const struct deploy_request *r,
    size_t size, struct err *err)
{
	const char *where = r->access ? r->access->env_name : NULL;
	CLEANUP(free_p) char *env = where ? xstrdup(where)
		: xasprintf("aws://%s/%s", aws_account(r->aws),
		      aws_region(r->aws));

	msg_error(app->sink,
	    "The template for stack \"%s\" is %.0fKiB. Templates larger than "
	    "50KiB must be uploaded to S3.\n"
	    "Run the following command in order to setup an S3 bucket in this "
	    "environment, and then re-deploy:\n\n \t$ cdk bootstrap %s\n",
	    r->display_name ? r->display_name : r->stack_name,
	    floor((double)size / 1024 + 0.5), env);
	return err_set(err, E_TOOBIG,
	    "Template too large to deploy (\"cdk bootstrap\" is required)");
}

static int upload(struct app *app, const struct deploy_request *r,
    struct legacy_assets *assets, const char *text, size_t size, char **ret,
    struct err *err)
{
	CLEANUP(toolkit_release) struct toolkit tk = { 0 };
	CLEANUP(free_p) char *key = NULL, *domain = NULL;
	char hex[SHA256_HEX];
	int e;

	if (!r->access)
		return too_large(app, r, size, err);
	e = toolkit_lookup(app, r->access, &tk, err);
	if (e < 0)
		return e;
	if (!tk.found || !tk.bucket)
		return too_large(app, r, size, err);
	sha256_hex(sv_from(text), hex);
	key = xasprintf("cdk/%s/%s.yml",
	    r->artifact_id ? r->artifact_id : r->stack_name, hex);
	msg_debug(app->sink,
	    "Storing template in S3 at: https://%s/%s",
	    tk.bucket_domain ? tk.bucket_domain : tk.bucket, key);
	if (assets && r->stack)
		legacy_add_template(assets, r->stack, hex, tk.bucket, key);
	else
		e = publish_bytes(r->aws, tk.bucket, key, sv_from(text),
		    "application/x-yaml", err);
	if (e < 0)
		return e;
	domain = aws_s3_url_for_cfn(r->aws);
	*ret = tk.bucket_domain
	    ? xasprintf("https://%s/%s", tk.bucket_domain, key)
	    : xasprintf("%s/%s/%s", domain, tk.bucket, key);
	return 0;
}

int body_make(struct app *app, const struct deploy_request *r,
    struct legacy_assets *assets, struct body *ret, struct err *err)
{
	CLEANUP(free_p) char *text = NULL;
	size_t size;

	if (r->template_url) {
		*ret = (struct body){ .url = xstrdup(r->template_url) };
		return 0;
	}
	text = yaml_text(r->template_);
	size = units(text);
	if (size > BODY_MAX_UNITS) {
		char *url = NULL;
		int e = upload(app, r, assets, text, size, &url, err);

		if (e < 0)
			return e;
		*ret = (struct body){ .url = url };
		return 0;
	}
	*ret = (struct body){ .text = TAKE(text) };
	return 0;
}

void body_release(struct body *b)
{
	free(b->text);
	free(b->url);
	*b = (struct body){ 0 };
}

int body_asset_url(struct aws *aws, const char *s3_url, char **ret,
    struct err *err)
{
	CLEANUP(free_p) char *filled = NULL, *base = NULL;

	if (strstr(s3_url, "${AWS::Partition}"))
		return err_set(err, E_INVALID,
		    "Cannot use '${AWS::Partition}' in the "
		    "'stackTemplateAssetObjectUrl' field");
	filled = aws_session_fill(aws_session_of(aws), s3_url,
	    aws_account(aws), aws_region(aws));
	if (!str_starts(filled, "s3://")) {
		*ret = TAKE(filled);
		return 0;
	}
	base = aws_s3_url_for_cfn(aws);
	*ret = xasprintf("%s/%s", base, filled + strlen("s3://"));
	return 0;
}
