/*
 * The scripts of share/completions, and what they ask for while somebody
 * types: the stacks of the last assembly. Nothing is run for that, nothing
 * locked, and what is wrong stays unsaid.
 */
#include "cmd.h"

#include "util/file.h"
#include "util/share.h"

/* ---- stacks -------------------------------------------------------------- */

/* Where the last assembly lies. Yours. */
static char *assembly_dir(const struct app *app)
{
	const char *command = settings_str(&app->settings, "app");
	const char *output = settings_str(&app->settings, "output");

	if (command && file_is_dir(command))
		return xstrdup(command);
	return xstrdup(output && *output ? output : "cdk.out");
}

static void print_stacks(struct app *app)
{
	CLEANUP(free_p) char *dir = assembly_dir(app);
	CLEANUP(assembly_free_p) struct assembly *a = NULL;
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;

	if (assembly_load(dir, &a, NULL) < 0)
		return;
	for (size_t i = 0; i < a->n_all; i++) {
		const char *id = a->all[i]->hierarchical_id;

		/* one name is one line */
		if (!strpbrk(id, "\r\n"))
			strbuf_addf(&text, "%s%s", text.len ? "\n" : "", id);
	}
	if (text.len)
		msg_text(app->sink, MSG_RESULT, text.buf);
}

/* ---- scripts ------------------------------------------------------------- */

static int print_script(struct app *app, const char *shell, struct err *err)
{
	static const char *const files[][2] = {
		{ "bash", "completions/ccdk.bash" },
		{ "zsh", "completions/_ccdk" },
		{ "fish", "completions/ccdk.fish" } };
	CLEANUP(free_p) char *text = NULL, *as_cdk = NULL;
	struct sv script = { "", 0 };
	int rc = E_NOTFOUND;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (streq(shell, files[i][0]))
			rc = share_get(files[i][1], &script, err);
	if (rc == E_NOTFOUND && !script.n)
		return err_set(err, E_CONFIG, "there is no completion for the "
		    "shell '%s': bash, zsh or fish", shell);
	if (rc < 0)
		return rc;
	text = sv_dup(script);
	if (text[0] && text[strlen(text) - 1] == '\n')
		text[strlen(text) - 1] = '\0';
	as_cdk = app->invoked_as_cdk ? str_replace(text, "ccdk", "cdk") : NULL;
	msg_text(app->sink, MSG_RESULT, as_cdk ? as_cdk : text);
	return 0;
}

static int run(struct app *app, struct err *err)
{
	const struct strvec *pos = &app->args->pos;

	if (args_bool(app->args, "stacks", false)) {
		print_stacks(app);
		return 0;
	}
	if (!pos->n)
		return err_set(err, E_CONFIG, "which shell? run 'ccdk "
		    "completion bash', 'ccdk completion zsh' or 'ccdk "
		    "completion fish'");
	return print_script(app, pos->v[0], err);
}

const struct cmd cmd_completion = { .name = "completion",
	.flags = CMD_ANY_PLUGIN, .run = run };
