/* What the function behind a custom resource logged around the failure. */
#include "deploy/investigate.h"

#include "cfn/cfnstack.h"

#define BEFORE_MS ((int64_t)2 * 60 * 1000)
#define AFTER_MS ((int64_t)15 * 60 * 1000)

enum outcome { LOG_ERROR, LOG_EMPTY, LOG_LINES };

static const cJSON *property(const cJSON *template_, const char *id,
    const char *name)
{
	const cJSON *r = json_get(json_get(template_, "Resources"), id);

	return json_get(json_get(r, "Properties"), name);
}

/* The logical id that a ServiceToken names; NULL: none. Yours. */
static char *referred(const cJSON *token)
{
	const cJSON *att = json_get(token, "Fn::GetAtt");
	const char *ref = json_str(token, "Ref");

	if (cJSON_IsArray(att) && cJSON_IsString(att->child))
		return xstrdup(att->child->valuestring);
	if (cJSON_IsString(att) && *att->valuestring != '.' &&
	    *att->valuestring)
		return xasprintf("%.*s", (int)strcspn(att->valuestring, "."),
		    att->valuestring);
	return xstrdup0(ref);
}

/* "arn:...:function:NAME[:alias]" or the name itself; yours */
static char *function_name(const char *id)
{
	const char *at = str_starts(id, "arn:") ? strstr(id, ":function:")
						: NULL;

	if (at) {
		at += strlen(":function:");
		return xasprintf("%.*s", (int)strcspn(at, ":"), at);
	}
	return str_starts(id, "arn:") || !*id ? NULL : xstrdup(id);
}

static const char *stack_arn(const struct inquiry *q)
{
	const char *arn = json_str(q->e->json, "StackId");

	return arn ? arn : q->r->stack_name;
}

static cJSON *stack_resource(struct inquiry *q, const char *id)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = cJSON_CreateObject();
	const cJSON *first;

	json_put_str(in, "StackName", stack_arn(q));
	json_put_str(in, "LogicalResourceId", id);
	out = inquiry_call(q, OP_CFN_DESCRIBE_STACK_RESOURCES, in);
	first = json_at(out, "StackResources.0");
	return first ? json_dup(first) : NULL;
}

static char *find_function(struct inquiry *q, const cJSON *token,
    const char *id)
{
	CLEANUP(json_free_p) cJSON *resource = NULL;
	const char *type, *physical;

	if (!id)
		return cJSON_IsString(token)
		    ? function_name(token->valuestring) : NULL;
	resource = stack_resource(q, id);
	type = json_str(resource, "ResourceType");
	physical = json_str(resource, "PhysicalResourceId");
	if (!physical || (type && !streq(type, "AWS::Lambda::Function")))
		return NULL;
	return function_name(physical);
}

/* The log group that the template gives the function; NULL: none. Yours. */
static char *template_group(struct inquiry *q, const cJSON *template_,
    const char *id)
{
	CLEANUP(json_free_p) cJSON *resource = NULL;
	const cJSON *group = json_get(property(template_, id, "LoggingConfig"),
	    "LogGroup");
	const char *ref = json_str(group, "Ref");
	const cJSON *name;

	if (cJSON_IsString(group))
		return xstrdup(group->valuestring);
	if (!ref)
		return NULL;
	name = property(template_, ref, "LogGroupName");
	if (cJSON_IsString(name))
		return xstrdup(name->valuestring);
	resource = stack_resource(q, ref);
	return xstrdup0(json_str(resource, "PhysicalResourceId"));
}

static char *configured_group(struct inquiry *q, const char *function)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "FunctionName", function);
	out = inquiry_call(q, OP_LAMBDA_GET_FUNCTION_CONFIGURATION, in);
	return xstrdup0(json_str(out, "LoggingConfig.LogGroup"));
}

/* ---- log lines ----------------------------------------------------------- */

static char *leveled(const char *level, const char *text)
{
	return xasprintf("%-5s %s", level, text);
}

/* One JSON object; false: it is none. *ret NULL: the platform's. */
static bool read_json_line(const char *line, char **ret)
{
	CLEANUP(json_free_p) cJSON *o = NULL;
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const char *level, *type, *text;

	if (*line != '{' || json_parse(sv_from(line), "line", &o, NULL) < 0)
		return false;
	type = json_str(o, "type");
	*ret = NULL;
	if (type && str_starts(type, "platform."))
		return true;
	level = json_str(o, "level");
	text = json_str(o, "message");
	if (text) {
		strbuf_adds(&b, text);
	} else if ((text = json_str(o, "errorMessage"))) {
		strbuf_adds(&b, text);
		JSON_EACH(at, json_get(o, "stackTrace"))
			if (cJSON_IsString(at))
				strbuf_addf(&b, "\n%s", at->valuestring);
	} else {
		strbuf_adds(&b, line);
	}
	if (level)
		*ret = leveled(level, b.buf);
	else if (b.len)
		*ret = strbuf_detach(&b);
	return true;
}

static bool is_platform_line(const char *line)
{
	static const char *const starts[] = { "INIT_START",
		"START RequestId:", "END RequestId:", "REPORT RequestId:" };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (str_starts(line, starts[i]))
			return true;
	return false;
}

static bool starts_with_date(const char *s)
{
	static const char shape[] = "dddd-dd-ddT";

	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9'
				    : s[i] != shape[i])
			return false;
	return true;
}

char *investigate_log_line(const char *raw)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	char *ret, *level, *text;

	strbuf_adds(&b, raw);
	strbuf_rtrim(&b);
	if (read_json_line(b.buf, &ret))
		return ret;
	if (is_platform_line(b.buf))
		return NULL;
	/* time, request, level, message */
	level = starts_with_date(b.buf) ? strchr(b.buf, '\t') : NULL;
	level = level ? strchr(level + 1, '\t') : NULL;
	text = level ? strchr(level + 1, '\t') : NULL;
	if (!text)
		return xstrdup(b.buf);
	*text = '\0';
	return leveled(level + 1, text + 1);
}

static enum outcome read_log(struct inquiry *q, const char *group,
    const char *stream, struct strvec *ret)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "logGroupName", group);
	json_put_num(in, "startTime", (double)(q->e->time_ms - BEFORE_MS));
	json_put_num(in, "endTime", (double)(q->e->time_ms + AFTER_MS));
	json_put_num(in, "limit", INQUIRY_LOG_EVENTS);
	if (stream) {
		cJSON *list = cJSON_CreateArray();

		json_push_take(list, cJSON_CreateString(stream));
		json_add_take(in, "logStreamNames", list);
	}
	out = inquiry_call(q, OP_LOGS_FILTER_LOG_EVENTS, in);
	JSON_EACH(e, json_get(out, "events")) {
		const char *raw = json_str(e, "message");
		char *line = raw ? investigate_log_line(raw) : NULL;

		if (line)
			strvec_add_take(ret, line);
	}
	return !out ? LOG_ERROR
	    : json_at(out, "events.0") ? LOG_LINES : LOG_EMPTY;
}

/* The stream that is named first, then the whole group. */
static enum outcome read_logs(struct inquiry *q, const char *group,
    const char *stream, struct strvec *ret)
{
	if (stream && read_log(q, group, stream, ret) == LOG_LINES)
		return LOG_LINES;
	return read_log(q, group, NULL, ret);
}

/* "... (see CloudWatch Log Stream: 2026/...)", or the physical id is one. */
static char *stream_of(const struct inquiry *q)
{
	static const char marker[] = "CloudWatch Log Stream:";
	const char *at = q->e->reason ? strstr(q->e->reason, marker) : NULL;
	const char *id = q->e->physical_id;
	size_t n;

	if (at) {
		at += strlen(marker);
		at += strspn(at, " \t\r\n");
		n = strcspn(at, " \t\r\n");
		if (n)
			return xasprintf("%.*s", (int)n, at);
	}
	/* 2026/01/31/... */
	if (strlen(id) > 11 && id[4] == '/' && id[7] == '/' &&
	    id[10] == '/' && strspn(id, "0123456789") == 4)
		return xstrdup(id);
	return NULL;
}

static void tell_logs(struct inquiry *q, const char *function,
    const char *from_template)
{
	CLEANUP(free_p) char *group = xasprintf("/aws/lambda/%s", function);
	CLEANUP(free_p) char *other = NULL, *page = NULL;
	CLEANUP(free_p) char *stream = stream_of(q);
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	enum outcome got = read_logs(q, group, stream, &lines);

	if (got != LOG_LINES) {
		other = from_template ? xstrdup(from_template)
				      : configured_group(q, function);
		if (other && *other && !streq(other, group)) {
			enum outcome then = read_logs(q, other, stream,
			    &lines);

			if (then == LOG_LINES || got != LOG_EMPTY)
				got = then;
			free(group);
			group = TAKE(other);
		}
	}
	inquiry_begin(q);
	inquiry_line(q, "Logs from %s:", group);
	if (got == LOG_LINES)
		inquiry_log(q, &lines);
	else if (got == LOG_ERROR)
		inquiry_line(q, "Could not fetch logs (the log group may not "
		    "exist, or the credentials lack logs:FilterLogEvents). "
		    "See the console link below.");
	else
		inquiry_line(q, "No log events found around the time of "
		    "failure. The function may not have produced output, or "
		    "logging may not be configured.");
	page = inquiry_log_page(q, group);
	inquiry_link(q, "Logs", page);
}

void investigate_custom_resource(struct inquiry *q)
{
	CLEANUP(json_free_p) cJSON *template_ = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *id = NULL, *function = NULL, *group = NULL;
	const cJSON *token;

	if (cfnstack_template_stage(q->aws, stack_arn(q), NULL, &template_,
		&err) < 0) {
		msg_debug(q->sink, "Looking into %s: GetTemplate failed: %s",
		    q->e->logical_id, err_text(&err));
		return;
	}
	token = property(template_, q->e->logical_id, "ServiceToken");
	if (!token)
		return;
	id = referred(token);
	function = find_function(q, token, id);
	if (!function)
		return;
	group = id ? template_group(q, template_, id) : NULL;
	tell_logs(q, function, group);
}
