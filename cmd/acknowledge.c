#include "cmd.h"

#include <math.h>

#define KEY "acknowledged-issue-numbers"

/* A whole number as JavaScript's Number() takes it, blanks around it too. */
static bool read_number(const char *text, double *ret)
{
	struct sv v = sv_trim(sv_from(text));
	CLEANUP(free_p) char *t = sv_dup(v);
	char *end;

	*ret = 0;
	if (!v.n)
		return true;
	if (t[0] == '0' && (t[1] == 'x' || t[1] == 'X')) {
		if (!t[2] || t[2 + strspn(t + 2, "0123456789abcdefABCDEF")])
			return false;
	} else if (t[strspn(t, "0123456789+-.eE")] ||
	    !strpbrk(t, "0123456789")) {
		return false;
	}
	*ret = strtod(t, &end);
	return !*end && isfinite(*ret) && !(floor(*ret) < *ret);
}

/* The list with the number in it, once; *ret is yours. */
static int add_number(const cJSON *old, double n, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *list = NULL, *item = NULL;

	if (old && !cJSON_IsNull(old) && !cJSON_IsArray(old))
		return err_set(err, E_INVALID, "the context value '" KEY
		    "' is not a list");
	list = cJSON_CreateArray();
	item = cJSON_CreateNumber(n);
	JSON_EACH(v, old) {
		bool twice = false;

		JSON_EACH(seen, list)
			twice |= json_same(seen, v);
		if (!twice)
			json_push_take(list, json_dup(v));
	}
	JSON_EACH(seen, list) {
		if (json_same(seen, item)) {
			*ret = TAKE(list);
			return 0;
		}
	}
	json_push_take(list, TAKE(item));
	*ret = TAKE(list);
	return 0;
}

static int run(struct app *app, struct err *err)
{
	const struct strvec *pos = &app->args->pos;
	const char *id = pos->n ? pos->v[0] : "undefined";
	cJSON *list = NULL;
	double n;
	int rc;

	if (!read_number(id, &n))
		return err_set(err, E_CONFIG, "Invalid notice ID '%s': 'cdk "
		    "acknowledge' only accepts numeric notice IDs (e.g. 'cdk "
		    "acknowledge 12345'). Scoped construct warnings such as "
		    "'@aws-cdk/aws-ecs:minHealthyPercent' are acknowledged in "
		    "code with "
		    "Annotations.of(scope).acknowledgeWarning('<id>').", id);
	rc = add_number(context_get(&app->context, KEY), n, &list, err);
	if (rc < 0)
		return rc;
	context_set_take(&app->context, KEY, list);
	return context_save(&app->context, err);
}

const struct cmd cmd_acknowledge = { .name = "acknowledge", .run = run };
