/*
 * The table of settings, which doctor shows too.
 */
#ifndef CCDK_CMD_CONFIG_H
#define CCDK_CMD_CONFIG_H

#include "cmd.h"

/* Of a settings_list(); ends without a newline. */
void config_table(const struct app *app, const cJSON *all, struct strbuf *ret);

#endif
