/*
 * What the files of the flags command share.
 */
#ifndef CCDK_CMD_FLAGS_H
#define CCDK_CMD_FLAGS_H

#include "cmd.h"
#include "model/flags.h"

/* What the line, or the dialogue, asks for. */
struct flags_request {
	struct app *app;
	const struct flag_list *flags;
	const struct strvec *names;
	const char *value; /* NULL or "": none */
	bool set, all, unconfigured, recommended, fallback, safe;
};

/* A table of these flags, sorted, on the sink. */
void flags_table(struct app *app, const struct flag_list *flags);

/* One flag of the name, several, those that change nothing. */
MUST_USE int flags_set_one(const struct flags_request *q, struct err *err);
MUST_USE int flags_set_many(const struct flags_request *q, struct err *err);
MUST_USE int flags_set_safe(const struct flags_request *q, struct err *err);

#endif
