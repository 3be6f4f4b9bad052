/*
 * One error, passed explicitly. Functions that can fail return 0 or a negative
 * enum err_code and fill the caller's struct err; the text says what, where,
 * why and what to do next.
 *
 *	if (!region)
 *		return err_set(err, E_CONFIG, "no region for stack '%s'", name);
 *	if (manifest_read(a, err) < 0)
 *		return err_wrap(err, "reading cloud assembly '%s'", dir);
 *
 * Message form: lower-case start, no full stop, subject in single quotes;
 * texts that users of the reference CLI match on stay byte-equal to it.
 * A struct err is released by its owner (CLEANUP(err_release)); setting a new
 * error replaces the old one. err may be NULL where the caller does not care.
 */
#ifndef CCDK_UTIL_ERR_H
#define CCDK_UTIL_ERR_H

#include "util/base.h"

enum err_code {
	E_FAIL = -1,	  /* anything without a class of its own */
	E_NOTFOUND = -2,  /* expected outcome: the thing is not there */
	E_INVALID = -3,	  /* outside data that is not what it should be */
	E_IO = -4,	  /* file system */
	E_CONFIG = -5,	  /* settings, options, profiles */
	E_NET = -6,	  /* no HTTP reply at all */
	E_AWS = -7,	  /* an error reply; aws_code and http_status are set */
	E_AUTH = -8,	  /* no or unusable credentials */
	E_CANCELLED = -9, /* the user said stop */
	E_DECLINED = -10, /* a prompt was answered with no: printed yellow */
	E_TOOBIG = -11,	  /* over a limit of ours */
	E_SILENT = -12	  /* exit 1, everything was said already */
};

struct err {
	int code;
	int http_status;
	char *aws_code;	  /* "ValidationError" */
	char *request_id;
	char *name;	  /* class shown in cause lines: "DeploymentError" */
	char *msg;
	struct err *cause; /* printed as "‣ name: msg" below the message */
	char *note;	   /* lines that are printed below all causes */
	cJSON *facts;	   /* what programs want to know about it */
};

#define err_set(e, code, ...) (err_set_((e), (code), __VA_ARGS__), (code))

void err_set_(struct err *e, int code, const char *fmt, ...) PRINTF(3, 4);
/* "text: old message"; keeps everything else. Returns e's code. */
int err_wrap(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* The old error becomes the cause of a new one of the same code. */
int err_over(struct err *e, const char *name, const char *fmt, ...)
    PRINTF(3, 4);
void err_set_name(struct err *e, const char *name);
/* Lines for below the message, and the same as data; facts is taken. */
void err_add_note(struct err *e, const char *note, cJSON *facts);
/* The first facts of e and its causes, NULL: none. */
const cJSON *err_facts(const struct err *e);
void err_release(struct err *e);
/* Moves src to dst (released first); src is empty afterwards. */
void err_move(struct err *dst, struct err *src);
void err_copy(struct err *dst, const struct err *src);
/* An AWS error reply with this code? */
bool err_is_aws(const struct err *e, const char *aws_code);
/* What kind of error it is, in a word: its name, AWS's code, or "Error". */
const char *err_class(const struct err *e);
/* The message, never NULL. */
const char *err_text(const struct err *e);

#endif
