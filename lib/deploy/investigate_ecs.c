/* Why the tasks of an ECS service stopped, and what they logged. */
#include "deploy/investigate.h"

#include "util/timeutil.h"

#define TASKS_MAX 3

struct service {
	struct inquiry *q;
	char *cluster; /* NULL: the default one */
	char *name;
	struct strvec tasks; /* ids that stopped, newest first */
};

static void service_release(struct service *s)
{
	free(s->cluster);
	free(s->name);
	strvec_release(&s->tasks);
}

/* "arn:...:service/CLUSTER/NAME", "CLUSTER/NAME" or "NAME" */
static bool read_name(const char *id, struct service *s)
{
	const char *at = str_starts(id, "arn:") ? strstr(id, ":service/") : NULL;
	struct sv rest = sv_from(at ? at + strlen(":service/") : id);
	struct sv part[2] = { { 0 } }, more;
	size_t n = 0;

	while (n < 2 && sv_next(&rest, '/', &part[n]))
		n++;
	if (!n || !part[0].n || sv_next(&rest, '/', &more) ||
	    (n == 2 && !part[1].n) || (at && n < 2))
		return false;
	s->cluster = n == 2 ? sv_dup(part[0]) : NULL;
	s->name = sv_dup(part[n - 1]);
	return true;
}

static cJSON *of_cluster(const struct service *s)
{
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "cluster", s->cluster);
	return in;
}

static cJSON *one_text(const char *text)
{
	cJSON *list = cJSON_CreateArray();

	json_push_take(list, cJSON_CreateString(text));
	return list;
}

static bool list_tasks(struct service *s, bool of_service)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = of_cluster(s);

	if (of_service)
		json_put_str(in, "serviceName", s->name);
	json_put_str(in, "desiredStatus", "STOPPED");
	out = inquiry_call(s->q, OP_ECS_LIST_TASKS, in);
	JSON_EACH(arn, json_get(out, "taskArns")) {
		const char *id = cJSON_IsString(arn)
		    ? strrchr(arn->valuestring, '/') : NULL;

		if (id && id[1] && s->tasks.n < TASKS_MAX)
			strvec_add(&s->tasks, id + 1);
	}
	return out && !s->tasks.n;
}

static void add_task(struct service *s, struct strvec *lines)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = of_cluster(s);
	const cJSON *task;
	const char *why;

	json_add_take(in, "tasks", one_text(s->tasks.v[0]));
	out = inquiry_call(s->q, OP_ECS_DESCRIBE_TASKS, in);
	task = json_at(out, "tasks.0");
	why = json_str(task, "stoppedReason");
	if (why)
		strvec_add_take(lines, xasprintf("Task stopped: %s", why));
	JSON_EACH(c, json_get(task, "containers")) {
		const char *name = json_str(c, "name");
		const char *reason = json_str(c, "reason");
		double code = 0;

		if (reason)
			strvec_add_take(lines, xasprintf(
			    "Container \"%s\": %s", name ? name : "",
			    reason));
		if (json_num(c, "exitCode", &code) && code != 0)
			strvec_add_take(lines, xasprintf(
			    "Container \"%s\" exited with code %d",
			    name ? name : "", (int)code));
	}
	if (lines->n && s->tasks.n > 1)
		strvec_add_take(lines, xasprintf(
		    "(%zu other failed task(s) not shown)", s->tasks.n - 1));
}

/* The service's own word when its tasks say nothing. */
static void add_event(const cJSON *service, struct strvec *lines)
{
	JSON_EACH(e, json_get(service, "events")) {
		const char *text = json_str(e, "message");

		if (text && (strstr(text, "stopped") ||
			strstr(text, "failed") || strstr(text, "unhealthy"))) {
			strvec_add(lines, text);
			return;
		}
	}
}

static void tell_tasks(struct service *s, const cJSON *service)
{
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	CLEANUP(free_p) char *page = NULL;
	const char *region = aws_region(s->q->aws);

	if (list_tasks(s, true))
		(void)list_tasks(s, false);
	if (s->tasks.n)
		add_task(s, &lines);
	if (!lines.n)
		add_event(service, &lines);
	if (!lines.n)
		return;
	inquiry_begin(s->q);
	for (size_t i = 0; i < lines.n; i++)
		inquiry_line(s->q, "%s", lines.v[i]);
	page = xasprintf("https://%s.console.aws.amazon.com/ecs/v2/clusters/"
	    "%s/services/%s/tasks?status=STOPPED&region=%s", region,
	    s->cluster ? s->cluster : "default", s->name, region);
	inquiry_link(s->q, "Tasks", page);
}

/* True when there was something in the log. */
static bool tell_log(struct service *s, const char *group, const char *prefix,
    const char *container)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(strvec_release) struct strvec lines = { 0 };
	CLEANUP(free_p) char *page = NULL, *stream = NULL;
	cJSON *in = cJSON_CreateObject();

	json_put_str(in, "logGroupName", group);
	json_put_num(in, "startTime",
	    (double)(now_utc_ms() - INQUIRY_LOG_BACK_MS));
	json_put_num(in, "limit", INQUIRY_LOG_EVENTS);
	if (prefix && container && s->tasks.n) {
		stream = xasprintf("%s/%s/%s", prefix, container,
		    s->tasks.v[0]);
		json_add_take(in, "logStreamNames", one_text(stream));
	} else if (prefix) {
		json_put_str(in, "logStreamNamePrefix", prefix);
	}
	out = inquiry_call(s->q, OP_LOGS_FILTER_LOG_EVENTS, in);
	JSON_EACH(e, json_get(out, "events")) {
		CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

		if (!json_str(e, "message"))
			continue;
		strbuf_adds(&b, json_str(e, "message"));
		strbuf_rtrim(&b);
		strvec_add(&lines, b.buf);
	}
	if (!json_at(out, "events.0"))
		return false;
	inquiry_begin(s->q);
	inquiry_log(s->q, &lines);
	if (s->tasks.n > 1)
		inquiry_line(s->q, "(showing logs from last failed task; %zu "
		    "other failed task(s) available in console)",
		    s->tasks.n - 1);
	page = inquiry_log_page(s->q, group);
	inquiry_link(s->q, "Logs", page);
	return true;
}

static void tell_no_logging(struct inquiry *q)
{
	static const char *const lines[] = {
		"No CloudWatch Logs configuration found. Enable logging to "
		"see container output on failure.",
		"Example:",
		"  taskDefinition.addContainer(\"app\", {",
		"    // ...",
		"    logging: ecs.LogDrivers.awsLogs({ streamPrefix: "
		"\"my-service\" }),",
		"  });",
	};

	inquiry_begin(q);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		inquiry_line(q, "%s", lines[i]);
}

static void tell_logs(struct service *s, const char *definition)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	cJSON *in = cJSON_CreateObject();
	size_t logging = 0, told = 0;

	json_put_str(in, "taskDefinition", definition);
	out = inquiry_call(s->q, OP_ECS_DESCRIBE_TASK_DEFINITION, in);
	if (!out)
		return;
	JSON_EACH(c, json_at(out, "taskDefinition.containerDefinitions")) {
		const cJSON *log = json_get(c, "logConfiguration");
		const cJSON *options = json_get(log, "options");
		const char *group = json_str(options, "awslogs-group");

		if (!streq0(json_str(log, "logDriver"), "awslogs") || !group)
			continue;
		logging++;
		told += tell_log(s, group,
		    json_str(options, "awslogs-stream-prefix"),
		    json_str(c, "name"));
	}
	if (!logging) {
		tell_no_logging(s->q);
	} else if (!told) {
		inquiry_begin(s->q);
		inquiry_line(s->q, "No CloudWatch Logs found.");
	}
}

static void tell_gone(struct inquiry *q)
{
	if (q->r->no_rollback)
		return;
	inquiry_begin(q);
	inquiry_line(q, "The service and its tasks were removed during "
	    "rollback, so container-level failure detail is unavailable.");
	inquiry_line(q, "Re-run the deployment with `--no-rollback` to retain "
	    "the failed tasks and see why they stopped.");
}

void investigate_ecs_service(struct inquiry *q)
{
	CLEANUP(service_release) struct service s = { .q = q };
	CLEANUP(json_free_p) cJSON *out = NULL;
	const cJSON *service;
	cJSON *in;

	if (!read_name(q->e->physical_id, &s))
		return;
	in = of_cluster(&s);
	json_add_take(in, "services", one_text(s.name));
	out = inquiry_call(q, OP_ECS_DESCRIBE_SERVICES, in);
	service = json_at(out, "services.0");
	if (!service) {
		tell_gone(q);
		return;
	}
	tell_tasks(&s, service);
	if (json_str(service, "taskDefinition"))
		tell_logs(&s, json_str(service, "taskDefinition"));
}
