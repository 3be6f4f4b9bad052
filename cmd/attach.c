#include "cmd.h"

#include "deploy/attach.h"
#include "model/select.h"

/* With --app the stack is found by its path or its name, with its roles. */
static int find_stack(struct app *app, const char *name, struct stack **ret,
    struct err *err)
{
	struct assembly *a;
	int r = app_assembly(app, &a, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < a->n_all; i++)
		if (streq(a->all[i]->hierarchical_id, name) ||
		    streq(a->all[i]->name, name))
			*ret = a->all[i];
	return *ret ? 0 : err_set(err, E_NOTFOUND, "the app has no stack "
	    "'%s'; without --app any stack of the account can be named",
	    name);
}

static int attach_run(struct app *app, struct err *err)
{
	const struct strvec *pos = &app->args->pos;
	struct stack *s = NULL;
	int r = 0;

	if (!pos->n)
		return err_set(err, E_CONFIG, "which stack? ccdk attach STACK");
	if (json_get(app->args->given, "app"))
		r = find_stack(app, pos->v[0], &s, err);
	return r < 0 ? r : attach_stack(app, pos->v[0], s, err);
}

const struct cmd cmd_attach = {
	.name = "attach",
	.flags = CMD_FEED,
	.run = attach_run,
};
