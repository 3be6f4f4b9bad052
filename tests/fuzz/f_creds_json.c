#include "aws/creds_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A good result is whole; a bad one leaves nothing behind and is explained. */
static void check(int rc, struct creds *c, struct err *err, bool token)
{
	if (rc == 0 && (!c->access_key_id || !*c->access_key_id ||
	    !c->secret_access_key || !*c->secret_access_key ||
	    (token && (!c->session_token || !c->expires))))
		abort();
	if (rc < 0 && (c->access_key_id || c->secret_access_key ||
	    c->session_token || !*err_text(err)))
		abort();
	creds_release(c);
	err_release(err);
}

static void check_login(struct sv text)
{
	CLEANUP(creds_json_free_p) cJSON *doc = NULL;
	struct creds c = { 0 };
	struct err err = { 0 };

	if (creds_json_read(text, &doc) == 0)
		check(creds_json_login(doc, &c, &err), &c, &err, true);
}

static void check_message(struct sv text)
{
	CLEANUP(free_p) char *why = creds_json_error(text);

	if (why && strlen(why) > 200)
		abort();
	for (const char *p = why; p && *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct creds c = { 0 };
	struct err err = { 0 };

	check(creds_json_process(text, "p", 1700000000, &c, &err), &c, &err,
	    false);
	/* an expiry at the very start of 1970 counts as none */
	check(creds_json_metadata(text, &c, &err), &c, &err, false);
	check(creds_json_sso_role(text, &c, &err), &c, &err, false);
	check_login(text);
	check_message(text);
	return 0;
}
