/*
 * The topics and alarms that were given, checked before anything is sent.
 */
#include "deploy/run.h"

#include <ctype.h>
#include <math.h>

#define TRIGGERS_MAX 5
#define MONITORING_MAX 180

/* All of the text from set, and at least one. */
static bool only(struct sv v, const char *set)
{
	if (v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!strchr(set, v.p[i]) || !v.p[i])
			return false;
	return true;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* aws, aws-cn, aws-us-gov */
static bool is_partition(struct sv v)
{
	struct sv part;

	if (!sv_next(&v, '-', &part) || !sv_eq(part, "aws"))
		return false;
	while (sv_next(&v, '-', &part))
		if (!only(part, LOWER))
			return false;
	return true;
}

bool run_valid_topic(const char *arn)
{
	struct sv rest = sv_from(arn), f[6];
	size_t n = 0, colons = 0;

	for (const char *p = arn; *p; p++)
		colons += *p == ':';
	if (colons != 5)
		return false;
	for (const char *p = arn; n < 6; n++) {
		const char *end = strchr(p, ':');

		f[n] = (struct sv){ p, end ? (size_t)(end - p) : strlen(p) };
		p = end ? end + 1 : p + f[n].n;
	}
	(void)rest;
	return sv_eq(f[0], "arn") && is_partition(f[1]) &&
	    f[1].p[f[1].n - 1] != '-' && sv_eq(f[2], "sns") &&
	    only(f[3], LOWER DIGITS "-") && only(f[4], DIGITS) &&
	    only(f[5], LOWER UPPER DIGITS "-_");
}

/* arn:<a-z0-9->:cloudwatch:<region>:<digits>:alarm:<any>, in any case */
static bool is_alarm(const char *arn)
{
	CLEANUP(free_p) char *low = str_lower(arn);
	struct sv f[6];
	const char *p = low;

	for (size_t n = 0; n < 6; n++) {
		const char *end = strchr(p, ':');

		if (!end)
			return false;
		f[n] = (struct sv){ p, (size_t)(end - p) };
		p = end + 1;
	}
	return *p && sv_eq(f[0], "arn") && only(f[1], LOWER DIGITS "-") &&
	    sv_eq(f[2], "cloudwatch") && only(f[3], LOWER DIGITS "-") &&
	    only(f[4], DIGITS) && sv_eq(f[5], "alarm");
}

static int add_triggers(const struct strvec *alarms, cJSON *list,
    struct err *err)
{
	for (size_t i = 0; i < alarms->n; i++) {
		cJSON *t;

		if (!is_alarm(alarms->v[i]))
			return err_set(err, E_CONFIG, "rollback trigger arn %s "
			    "is not a valid CloudWatch alarm arn",
			    alarms->v[i]);
		t = cJSON_CreateObject();
		json_put_str(t, "Arn", alarms->v[i]);
		json_put_str(t, "Type", "AWS::CloudWatch::Alarm");
		json_push_take(list, t);
	}
	if (alarms->n > TRIGGERS_MAX)
		return err_set(err, E_CONFIG, "a maximum of 5 rollback "
		    "triggers can be specified, got %zu", alarms->n);
	return 0;
}

int run_rollback_configuration(const struct run_opts *o, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *config = NULL;
	cJSON *list;
	double m = o->monitoring_minutes;
	int r = 0;

	*ret = NULL;
	if (!o->alarms)
		return 0;
	config = cJSON_CreateObject();
	list = cJSON_CreateArray();
	json_add_take(config, "RollbackTriggers", list);
	if (!(o->alarms->n == 1 && strcasecmp(o->alarms->v[0], "none") == 0))
		r = add_triggers(o->alarms, list, err);
	if (r < 0)
		return r;
	if (m > MONITORING_MAX || (m >= 0 && floor(m) < m) ||
	    (m < 0 && m > -0.5)) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		json_write_number(&b, m);
		return err_set(err, E_CONFIG, "monitoring time must be a whole "
		    "number between 0 and 180 minutes, got %s", b.buf);
	}
	if (m >= 0)
		json_put_num(config, "MonitoringTimeInMinutes", m);
	*ret = TAKE(config);
	return 0;
}
