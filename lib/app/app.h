/*
 * The run: created by main, passed down, the only run-wide state.
 */
#ifndef CCDK_APP_APP_H
#define CCDK_APP_APP_H

#include "app/context.h"
#include "app/locks.h"
#include "app/settings.h"
#include "aws/session.h"
#include "cli/opt.h"
#include "model/assembly.h"
#include "util/feed.h"
#include "util/msg.h"

#define CCDK_VERSION "0.1.0"
/* The release of the reference CLI whose behaviour we match. */
#define CCDK_REFERENCE_VERSION "2.1148.1"

struct app {
	struct sink *sink;
	const struct args *args;
	struct settings settings;
	struct context context;
	struct aws_session *aws;   /* NULL until app_aws() */
	struct assembly *assembly; /* NULL until app_assembly() */
	struct feed *feed; /* --json, NULL: not asked for; borrowed */
	struct dir_lock lock;	   /* on the assembly's folder */
	bool invoked_as_cdk;	   /* argv[0] is "cdk" */
	bool scratch; /* of a variant: the folder is its own and needs no
		       * lock, lookups leave cdk.context.json alone */
	bool stdout_is_ours; /* what the app prints goes to stderr */
	int64_t started_ms;
	int status; /* of the program, when nothing fails */
};

/* The session, made on first use. Borrowed; never NULL. */
struct aws_session *app_aws(struct app *app);

/*
 * The cloud assembly: runs the app (or reads the folder that --app names),
 * does context lookups, takes the reader lock; once per run. Borrowed.
 */
MUST_USE int app_assembly(struct app *app, struct assembly **ret,
    struct err *err);
/* Lets go of the assembly and its lock; the next app_assembly() runs the app
 * again, with the context that the files have by then. */
MUST_USE int app_assembly_drop(struct app *app, struct err *err);
/* The same for commands that only need assets: --app may also name an asset
 * manifest without an assembly, or its folder. */
MUST_USE int app_assets_assembly(struct app *app, struct assembly **ret,
    struct err *err);
/* Ends locks, frees what app_* made. */
void app_release(struct app *app);

#endif
