/*
 * What `cdk diff` leaves out unless --strict is given.
 */
#include "diff/tree.h"

static bool truthy(const cJSON *j)
{
	if (cJSON_IsString(j))
		return *j->valuestring != '\0';
	if (cJSON_IsNumber(j))
		return j->valuedouble != 0;
	return cJSON_IsTrue(j) || cJSON_IsArray(j) || cJSON_IsObject(j);
}

static bool is_bootstrap_rule(const struct change *c)
{
	return truthy(json_get(c->old, "CheckBootstrapVersion")) ||
	    truthy(json_get(c->new_, "CheckBootstrapVersion"));
}

static bool is_cdk_metadata(const struct resource_change *r)
{
	return streq0(r->old_type, "AWS::CDK::Metadata") ||
	    streq0(r->new_type, "AWS::CDK::Metadata");
}

static void hide(struct diff *d)
{
	struct changes *unknown = &d->section[SEC_UNKNOWN];
	struct resource_changes *l = &d->resources;
	bool had_changes = !diff_is_empty(d);
	size_t n = 0;

	for (size_t i = 0; i < unknown->n; i++)
		if (!is_bootstrap_rule(&unknown->v[i]))
			unknown->v[n++] = unknown->v[i];
	unknown->n = n;
	n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (is_cdk_metadata(&l->v[i]))
			resource_release(&l->v[i]);
		else
			l->v[n++] = l->v[i];
	}
	l->n = n;
	d->hid_everything = had_changes && diff_is_empty(d);
}

/* GetTemplate gives '?' for every character beyond ASCII; so do we. */
static char *mangle(const char *text)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < 0x80)
			strbuf_addc(&b, (char)*p);
		else if ((*p & 0xc0) != 0x80)
			strbuf_addc(&b, '?');
	}
	return strbuf_detach(&b);
}

static bool text_is_ascii(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static bool is_ascii(const cJSON *j)
{
	if (!text_is_ascii(j->string) ||
	    (cJSON_IsString(j) && !text_is_ascii(j->valuestring)))
		return false;
	JSON_EACH(c, j)
		if (!is_ascii(c))
			return false;
	return true;
}

/* The new template as it would come back, or NULL when it is all ASCII. */
static cJSON *mangled(const cJSON *template)
{
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(free_p) char *ascii = NULL;
	cJSON *ret = NULL;

	if (is_ascii(template))
		return NULL;
	text = json_text(template, 0);
	ascii = mangle(text);
	if (json_parse(sv_from(ascii), "template", &ret, NULL) < 0)
		return NULL;
	return ret;
}

struct diff *diff_for_display(const cJSON *old, const cJSON *new_,
    const cJSON *change_set, bool is_import, bool strict)
{
	CLEANUP(diff_free_p) struct diff *d =
	    diff_templates(old, new_, change_set, is_import);
	CLEANUP(json_free_p) cJSON *ascii = NULL;
	bool was_empty = diff_is_empty(d);
	size_t omitted = 0;

	if (strict)
		return TAKE(d);
	if (!was_empty && new_ && (ascii = mangled(new_))) {
		CLEANUP(diff_free_p) struct diff *m =
		    diff_templates(old, ascii, change_set, false);

		if (diff_count(m) < diff_count(d)) {
			omitted = diff_count(d) - diff_count(m);
			diff_free(d);
			d = TAKE(m);
			(void)diff_own(d, TAKE(ascii));
		}
	}
	d->was_empty = was_empty;
	d->omitted = omitted;
	hide(d);
	return TAKE(d);
}
