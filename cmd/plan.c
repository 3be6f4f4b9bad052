#include "cmd.h"
#include "deploy_options.h"

#include "app/validation.h"
#include "deploy/outputs.h"
#include "plan/planmake.h"
#include "util/file.h"
#include "util/interrupt.h"

#define HOURS_MAX 87600 /* ten years */

static int read_expiry(const struct app *app, int64_t *ret, struct err *err)
{
	double hours = args_num(app->args, "expiresIn", 0);

	*ret = 0;
	if (!args_get(app->args, "expiresIn"))
		return 0;
	if (!(hours > 0 && hours <= HOURS_MAX))
		return err_set(err, E_CONFIG, "--expires-in is a number of "
		    "hours between 0 and %d", HOURS_MAX);
	*ret = (int64_t)(hours * 3600);
	return 0;
}

/* Both at once would leave one of them unread. */
static int check_options(const struct app *app, struct err *err)
{
	const struct args *a = app->args;

	if (args_str(a, "discard") && (a->pos.n || args_str(a, "out") ||
		args_bool(a, "json", false)))
		return err_set(err, E_CONFIG, "--discard takes the file of a "
		    "plan and nothing else: its stacks are in it");
	return deploy_options_check(app, err);
}

static int discard(struct app *app, const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(planfile_free_p) struct planfile *f = NULL;
	int r = file_read(path, PLANFILE_MAX, &text, err);

	if (r == 0)
		r = planfile_parse(strbuf_sv(&text), path, &f, err);
	if (r == 0)
		r = plan_discard(app, f, err);
	if (r == 0)
		msg_info(app->sink, "Plan '%s' discarded", f->id);
	return r;
}

/* ---- the result ---------------------------------------------------------- */

/* A plan that nobody has a file of is no use to anybody. */
static int take_back(struct app *app, const struct plan_made *made,
    struct err *err)
{
	CLEANUP(planfile_free_p) struct planfile *f = NULL;
	int r = planfile_adopt(json_dup(made->json), "the plan", &f, err);

	return r < 0 ? r : plan_discard(app, f, err);
}

static void add_count(struct strbuf *b, size_t n, const char *words)
{
	if (n)
		strbuf_addf(b, "%s%zu %s", b->len ? ", " : "", n, words);
}

static void say_summary(struct app *app, const struct plan_made *m)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	add_count(&b, m->create, "to create");
	add_count(&b, m->update, "to update");
	add_count(&b, m->import, "to import into");
	add_count(&b, m->later, "later");
	add_count(&b, m->unchanged, "unchanged");
	msg_info(app->sink, "\n✨  Plan %s: %s", json_str(m->json, "id"),
	    b.buf);
	if (!m->losses.text.len)
		return;
	strbuf_setlen(&b, 0);
	strbuf_adds(&b, "⚠️  Data would be lost:\n");
	strbuf_adds(&b, m->losses.text.buf);
	strbuf_addf(&b, "'ccdk apply' refuses that until it is allowed, then "
	    "or now:%s", m->losses.flags.buf);
	msg_text(app->sink, MSG_WARN, b.buf);
}

/* Only the file of a plan can take its change sets away again. */
static int keep_former(struct app *app, const char *path, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(planfile_free_p) struct planfile *former = NULL;
	CLEANUP(free_p) char *kept = xasprintf("%s~", path);

	if (file_read(path, PLANFILE_MAX, &text, NULL) < 0 ||
	    planfile_parse(strbuf_sv(&text), path, &former, NULL) < 0)
		return 0;
	if (rename(path, kept) < 0)
		return err_set(err, E_IO, "%s: keeping the former plan as "
		    "'%s': %s", path, kept, strerror(errno));
	msg_warn(app->sink, "The former plan in '%s' (%s) is '%s' now; if it "
	    "will not be applied: ccdk plan --discard %s", path, former->id,
	    kept, kept);
	return 0;
}

static int write_file(struct app *app, const struct plan_made *m,
    const char *path, struct err *err)
{
	CLEANUP(err_release) struct err ignored = { 0 };
	int r = keep_former(app, path, err);

	if (r == 0)
		r = outputs_write(path, m->json, err);

	if (r < 0) {
		if (take_back(app, m, &ignored) < 0)
			msg_warn(app->sink, "%s", err_text(&ignored));
		return r;
	}
	msg_info(app->sink, "Written to '%s'. Apply it with: ccdk apply %s",
	    path, path);
	return 0;
}

static int put_result(struct app *app, const struct plan_made *m,
    struct err *err)
{
	const char *path = args_str(app->args, "out");
	bool json = args_bool(app->args, "json", false);
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (json) {
		json_write(&text, m->json, 2);
	} else {
		strbuf_adds(&text, m->text.buf);
		strbuf_rtrim(&text);
	}
	if (text.len)
		msg_text(app->sink, MSG_RESULT, text.buf);
	say_summary(app, m);
	if (path)
		return write_file(app, m, path, err);
	if (json)
		return 0;
	msg_info(app->sink, "Nothing was kept; -o FILE keeps a plan");
	return take_back(app, m, err);
}

/* ---- the run ------------------------------------------------------------- */

static int make(struct app *app, struct deploy_options *o,
    const struct assembly *a, const struct stack_list *stacks,
    struct err *err)
{
	CLEANUP(plan_made_release) struct plan_made made = { 0 };
	struct plan_opts p = { .run = &o->o,
		.allow = o->o.allow_data_loss };
	int r = read_expiry(app, &p.expires_in_s, err);

	if (r == 0)
		r = plan_make(app, &p, a, stacks, &made, err);
	return r < 0 ? r : put_result(app, &made, err);
}

static int plan(struct app *app, struct err *err)
{
	CLEANUP(deploy_options_release) struct deploy_options o = { 0 };
	CLEANUP(stack_list_release) struct stack_list stacks = { 0 };
	struct assembly *a;
	int64_t unused;
	const char *path = args_str(app->args, "out");
	int r = read_expiry(app, &unused, err);

	if (r == 0 && path)
		r = outputs_check(path, false, err);
	if (r < 0)
		return r;
	deploy_options_read(app, &o);
	r = deploy_options_files(app, &o, err);
	if (r == 0)
		r = app_assembly(app, &a, err);
	if (r == 0)
		r = deploy_select(app, a, false, &stacks, err);
	if (r == 0)
		r = stacks_check_names(&stacks, err);
	if (r == 0)
		r = app_validate(app, a, &stacks, err);
	if (r == 0)
		r = deploy_refuse_migration(err);
	if (r < 0)
		return r;
	if (stacks.n == 0) {
		msg_error(app->sink, "This app contains no stacks");
		return 0;
	}
	deploy_options_unknown_stacks(app, &o, &stacks);
	return make(app, &o, a, &stacks, err);
}

static int plan_run(struct app *app, struct err *err)
{
	const char *file = args_str(app->args, "discard");
	int r = check_options(app, err);

	if (r < 0)
		return r;
	r = file ? discard(app, file, err) : plan(app, err);
	/* it was said, and the signal says the rest */
	return r == E_CANCELLED && interrupt_kept()
	    ? err_set(err, E_SILENT, "interrupted")
	    : r;
}

const struct cmd cmd_plan = { .name = "plan", .run = plan_run };
