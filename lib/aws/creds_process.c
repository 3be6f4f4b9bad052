/*
 * credential_process: a command line that prints credentials as JSON. The
 * reference runs it through the shell, so do we. Its own messages are not
 * shown: they are not for us to judge, and may hold what nobody should see.
 */
#include "aws/creds_json.h"
#include "aws/internal.h"
#include "util/proc.h"
#include "util/timeutil.h"

#define PROCESS_MS 120000

static void wipe_result(struct proc_result *r)
{
	if (r->out.cap)
		explicit_bzero(r->out.buf, r->out.len);
	if (r->err_out.cap)
		explicit_bzero(r->err_out.buf, r->err_out.len);
	proc_result_release(r);
}

static int complain(const char *p, const struct proc_result *r,
    struct err *err)
{
	if (r->timed_out)
		return err_set(err, E_INVALID, "Profile %s credential_process "
		    "did not end within %d seconds", p, PROCESS_MS / 1000);
	if (r->signal)
		return err_set(err, E_INVALID, "Profile %s credential_process "
		    "was ended by %s", p, proc_signal_name(r->signal));
	return err_set(err, E_INVALID, "Profile %s credential_process ended "
	    "with status %d; run its command to see why", p, r->status);
}

int creds_process_fetch(struct creds_ctx *c, const char *p, struct creds *ret,
    struct err *err)
{
	char shell[] = "/bin/sh", option[] = "-c";
	CLEANUP(free_p) char *line = xstrdup(config_get(c->config, p,
	    "credential_process"));
	char *argv[] = { shell, option, line, NULL };
	struct proc q = { .argv = argv, .out = PROC_CAPTURE,
		.err_out = PROC_NULL, .capture_max = CREDS_JSON_MAX,
		.timeout_ms = PROCESS_MS, .share_group = true };
	CLEANUP(wipe_result) struct proc_result r = { .out = STRBUF_INIT,
		.err_out = STRBUF_INIT };
	int rc;

	rc = proc_run(&q, &r, err);
	if (rc == E_TOOBIG)
		return err_set(err, E_INVALID, "Profile %s credential_process "
		    "printed more than %zu bytes", p, CREDS_JSON_MAX);
	if (rc < 0)
		return err_wrap(err, "Profile %s credential_process", p);
	if (r.status != 0)
		return complain(p, &r, err);
	rc = creds_json_process(strbuf_sv(&r.out), p, now_utc(), ret, err);
	if (rc == 0)
		ret->source = xasprintf("process of profile '%s'", p);
	if (rc == 0)
		ret->mend = xasprintf("see to it that the credential_process "
		    "of profile '%s' gives new ones", p);
	return rc;
}
