/*
 * awscall OP [JSON] [options]: one operation of the table through the whole
 * call path, for tests that check signatures, wires and errors against a
 * server. Prints the output as JSON; an error goes to stderr as
 * "code status: message" with exit status 1.
 *
 *	--body FILE	the file as request body
 *	--part OFF LEN	only that range of it
 *	--content-type T
 *	--pages		every item of every page, one line each
 *	--profile P, --region R, --account A, --role ARN, --external-id X
 *	--list		the operations' names
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "aws/call.h"
#include "util/trace.h"

static const char *const names[] = {
#define X(id, ...) #id,
#include "aws/ops.def"
#undef X
};

struct request {
	enum aws_op_id op;
	const char *input, *body_file, *content_type;
	const char *profile, *region, *account;
	struct aws_role role;
	off_t off, len;
	bool pages;
};

static void emit(struct sink *s, const struct msg *m)
{
	static const char *const levels[] = {
		[MSG_DATA] = "data", [MSG_ERROR] = "error", [MSG_REPORT] = "report",
		[MSG_RESULT] = "result", [MSG_WARN] = "warning",
		[MSG_INFO] = "info", [MSG_DEBUG] = "debug",
		[MSG_TRACE] = "trace",
	};

	(void)s;
	fprintf(stderr, "[%s] %s\n", levels[m->level], m->text);
}

static int find_op(const char *name, enum aws_op_id *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], name)) {
			*ret = (enum aws_op_id)i;
			return 0;
		}
	}
	fprintf(stderr, "no operation '%s'\n", name);
	return -1;
}

static int read_option(struct request *r, char **argv, int i, int argc)
{
	const char *a = argv[i];
	const char **text = streq(a, "--body") ? &r->body_file :
	    streq(a, "--content-type") ? &r->content_type :
	    streq(a, "--profile") ? &r->profile :
	    streq(a, "--region") ? &r->region :
	    streq(a, "--account") ? &r->account :
	    streq(a, "--role") ? &r->role.arn :
	    streq(a, "--external-id") ? &r->role.external_id : NULL;
	int64_t off, len;

	if (streq(a, "--pages")) {
		r->pages = true;
		return 1;
	}
	if (text && i + 1 < argc) {
		*text = argv[i + 1];
		return 2;
	}
	if (streq(a, "--part") && i + 2 < argc &&
	    str_to_int64(argv[i + 1], &off) &&
	    str_to_int64(argv[i + 2], &len)) {
		r->off = off;
		r->len = len;
		return 3;
	}
	fprintf(stderr, "bad option '%s'\n", a);
	return -1;
}

static int print_item(void *u, const cJSON *item)
{
	CLEANUP(free_p) char *text = json_text(item, 0);

	(void)u;
	puts(text);
	return 0;
}

static int perform(struct aws *a, const struct request *r, const cJSON *in,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	struct aws_body body = { .from_fd = true, .fd = -1, .off = r->off,
		.len = r->len, .content_type = r->content_type };
	struct stat st;
	int rc;

	if (r->pages)
		return aws_pages(a, r->op, in, print_item, NULL, err);
	if (r->body_file) {
		body.fd = open(r->body_file, O_RDONLY | O_CLOEXEC);
		if (body.fd < 0 || fstat(body.fd, &st) < 0)
			return err_set(err, E_IO, "cannot open '%s'",
			    r->body_file);
		if (body.len < 0)
			body.len = st.st_size - body.off;
		rc = aws_call_body(a, r->op, in, &body, &out, err);
		close(body.fd);
	} else {
		rc = aws_call(a, r->op, in, &out, err);
	}
	if (rc == 0)
		print_item(NULL, out);
	return rc;
}

static int run(struct aws_session *s, const struct request *r,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = NULL;
	CLEANUP(free_p) char *account = NULL, *region = NULL;
	struct aws *a;
	int rc;

	rc = json_parse(sv_from(r->input), "input", &in, err);
	if (rc == 0)
		rc = aws_session_resolve(s, r->account, r->region, &account,
		    &region, err);
	if (rc == 0)
		rc = aws_client_get(s, account, region, AWS_WRITE, &r->role,
		    &a, NULL, err);
	return rc < 0 ? rc : perform(a, r, in, err);
}

int main(int argc, char **argv)
{
	struct request r = { .input = "{}", .len = -1 };
	struct sink sink = { .emit = emit };
	CLEANUP(err_release) struct err err = { 0 };
	struct aws_session_opts o = { .version = "test", .sink = &sink };
	CLEANUP(aws_session_free_p) struct aws_session *s = NULL;
	int i = 2;

	mem_init_json();
	trace_init();
	if (argc == 2 && streq(argv[1], "--list")) {
		for (size_t n = 0; n < ARRAY_SIZE(names); n++)
			puts(names[n]);
		return 0;
	}
	if (argc < 2 || find_op(argv[1], &r.op) < 0)
		return 2;
	if (i < argc && argv[i][0] != '-')
		r.input = argv[i++];
	while (i < argc) {
		int n = read_option(&r, argv, i, argc);

		if (n < 0)
			return 2;
		i += n;
	}
	o.profile = r.profile;
	o.region = r.region;
	s = aws_session_new(&o);
	if (run(s, &r, &err) < 0) {
		fprintf(stderr, "%s %d: %s\n", err.aws_code ? err.aws_code :
		    "-", err.http_status, err_text(&err));
		return 1;
	}
	return 0;
}
