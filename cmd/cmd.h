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
};

struct cmd {
	const char *name;
	unsigned flags;
	/* 0, or a negative error code with err filled: exit status 1 */
	int (*run)(struct app *app, struct err *err);
};

extern const struct cmd cmd_bootstrap, cmd_deploy, cmd_destroy, cmd_diff,
    cmd_list, cmd_metadata, cmd_publish_assets, cmd_synth, cmd_version;

#endif
