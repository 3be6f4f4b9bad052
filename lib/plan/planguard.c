#include "plan/planguard.h"

void plan_losses_init(struct plan_losses *l)
{
	strbuf_init(&l->text);
	strbuf_init(&l->flags);
}

void plan_losses_release(struct plan_losses *l)
{
	/* the results of a plan that was never begun are all zero */
	if (!l->text.buf)
		return;
	strbuf_release(&l->text);
	strbuf_release(&l->flags);
}

void plan_losses_add(struct plan_losses *l, const struct plan_losses *more)
{
	strbuf_adds(&l->text, more->text.buf);
	strbuf_adds(&l->flags, more->flags.buf);
}

static void add_losses(const struct guard *g, struct plan_losses *out)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct guard one = { .v = &g->v[i], .n = 1 };

		if (guard_losses(&one))
			guard_report(&one, NULL, &out->text);
	}
	guard_flags(g, &out->flags);
}

int plan_guard(const struct guard_request *r, const struct strvec *allow,
    bool *used, cJSON *list, struct strbuf *text,
    struct plan_losses *losses, struct err *err)
{
	CLEANUP(guard_release) struct guard g = { 0 };
	int e = guard_deployment(r, &g, err);

	if (e < 0)
		return err_wrap(err, "%s: finding out whether data would be "
		    "lost", r->stack_name);
	guard_allow(&g, allow, used);
	guard_report(&g, list, text);
	add_losses(&g, losses);
	return 0;
}

int plan_guard_again(const cJSON *list, const struct strvec *allow,
    bool *used, struct plan_losses *losses, struct strvec *ret_allowed,
    struct err *err)
{
	CLEANUP(guard_release) struct guard g = { 0 };
	int e = guard_read(list, &g, err);

	if (e < 0)
		return e;
	for (size_t i = 0; ret_allowed && i < g.n; i++)
		if (g.v[i].allowed)
			strvec_addf(ret_allowed, "%s.%s", g.v[i].stack,
			    g.v[i].logical_id);
	guard_allow(&g, allow, used);
	add_losses(&g, losses);
	return 0;
}
