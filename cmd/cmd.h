/*
 * A command is one constant; main.c lists them. Its options and usage stand in
 * the options table of lib/cli (same name). Flags say what is ready before run
 * is entered.
 */
#ifndef CCDK_CMD_CMD_H
#define CCDK_CMD_CMD_H

#include "app/app.h"

enum cmd_flags {
	CMD_NO_SETTINGS = 1u << 0, /* does not read cdk.json */
	CMD_ANY_PLUGIN = 1u << 1, /* plug-ins that are asked for are no
				   * hindrance */
	CMD_FEED = 1u << 2, /* --json is a feed of events (util/feed.h) */
};

struct cmd {
	const char *name;
	unsigned flags;
	/* 0 (the exit status is app->status, 0 unless set), or a negative
	 * error code with err filled: exit status 1 */
	int (*run)(struct app *app, struct err *err);
};

/*
 * Opens an address with a command line for the shell, in which %u stands for
 * it; NULL: xdg-open. Whether that works or not: the address has been printed.
 * The address must be one that the shell takes as a plain word, but for '&'.
 */
void browser_open(struct app *app, const char *command, const char *url,
    const char *doing);

extern const struct cmd cmd_acknowledge, cmd_apply, cmd_assets, cmd_attach, cmd_bootstrap,
    cmd_cli_telemetry, cmd_completion, cmd_config, cmd_context, cmd_deploy, cmd_destroy,
    cmd_diff, cmd_docs, cmd_doctor, cmd_flags, cmd_init, cmd_list, cmd_login,
    cmd_metadata, cmd_notices, cmd_plan, cmd_publish_assets, cmd_resume, cmd_rollback,
    cmd_synth, cmd_version, cmd_whoami;

#endif
