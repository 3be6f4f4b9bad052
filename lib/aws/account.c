/*
 * Which account credentials belong to: asked of STS once and kept on disk by
 * access key id, in the file that the reference CLI uses too.
 */
#include <pwd.h>

#include "aws/internal.h"
#include "util/file.h"

#define CACHE_MAX (1u << 20)
#define ENTRIES_MAX 1000

static char *cache_file(void)
{
	const char *home = getenv("CDK_HOME");
	CLEANUP(free_p) char *dir = NULL;
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (home && *home)
		dir = path_abs(home);
	else if (getpwuid_r(getuid(), &pw, buf, sizeof(buf), &found) == 0 &&
	    found)
		dir = path_join(found->pw_dir, ".cdk");
	else
		return NULL;
	return path_join(dir, "cache/accounts_partitions.json");
}

static cJSON *cache_read(const char *path)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(json_free_p) cJSON *doc = NULL;

	if (!path || file_read(path, CACHE_MAX, &text, NULL) < 0 ||
	    json_parse(strbuf_sv(&text), path, &doc, NULL) < 0 ||
	    !cJSON_IsObject(doc))
		return cJSON_CreateObject();
	return TAKE(doc);
}

static bool cache_get(const char *key_id, char **ret_account,
    char **ret_partition)
{
	CLEANUP(free_p) char *path = cache_file();
	CLEANUP(json_free_p) cJSON *doc = cache_read(path);
	const cJSON *e = json_get(doc, key_id);
	const char *account = json_str(e, "accountId");
	const char *partition = json_str(e, "partition");

	if (!account || !partition)
		return false;
	*ret_account = xstrdup(account);
	*ret_partition = xstrdup(partition);
	return true;
}

/* A cache that cannot be written is no error. */
static void cache_put(const char *key_id, const char *account,
    const char *partition)
{
	CLEANUP(free_p) char *path = cache_file(), *dir = NULL, *text = NULL;
	CLEANUP(json_free_p) cJSON *doc = cache_read(path);
	cJSON *e = cJSON_CreateObject();

	if (cJSON_GetArraySize(doc) >= ENTRIES_MAX) {
		json_free(doc);
		doc = cJSON_CreateObject();
	}
	json_put_str(e, "accountId", account);
	json_put_str(e, "partition", partition);
	json_add_take(doc, key_id, e);
	if (!path)
		return;
	dir = path_dirname(path);
	text = json_text(doc, 2);
	if (dir_make(dir, NULL) == 0)
		(void)!file_write(path, sv_from(text), 0666, NULL);
}

int account_identity(struct aws *a, struct aws_identity *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *out = NULL;
	const char *account, *arn, *start, *end;
	int rc;

	rc = aws_call(a, OP_STS_GET_CALLER_IDENTITY, NULL, &out, err);
	if (rc < 0)
		return rc;
	account = json_str(out, "Account");
	arn = json_str(out, "Arn");
	start = arn ? strchr(arn, ':') : NULL;
	end = start ? strchr(start + 1, ':') : NULL;
	if (!account || !end)
		return err_set(err, E_INVALID, "STS didn't return an account "
		    "ID");
	ret->account = xstrdup(account);
	ret->partition = xstrndup(start + 1, (size_t)(end - start - 1));
	ret->arn = xstrdup(arn);
	ret->user_id = xstrdup0(json_str(out, "UserId"));
	return 0;
}

int account_lookup(struct aws_session *s, const struct creds *c,
    char **ret_account, char **ret_partition, bool *ret_from_sts,
    struct err *err)
{
	CLEANUP(aws_identity_release) struct aws_identity found = { 0 };
	struct aws a;
	int rc;

	if (cache_get(c->access_key_id, ret_account, ret_partition)) {
		*ret_from_sts = false;
		msg_debug(s->sink, "Retrieved account ID %s from disk cache",
		    *ret_account);
		return 0;
	}
	msg_debug(s->sink, "Looking up default account ID from STS");
	client_init(&a, s, aws_session_region(s), c);
	rc = account_identity(&a, &found, err);
	client_release(&a);
	if (rc < 0)
		return rc;
	*ret_account = TAKE(found.account);
	*ret_partition = TAKE(found.partition);
	*ret_from_sts = true;
	cache_put(c->access_key_id, *ret_account, *ret_partition);
	msg_debug(s->sink, "Default account ID: %s", *ret_account);
	return 0;
}
