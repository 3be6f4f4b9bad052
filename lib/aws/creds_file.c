/*
 * The files that tokens are kept in, shared with the AWS CLI. Nobody else may
 * read them, and nothing of them is left in memory.
 */
#include <sys/stat.h>

#include "aws/creds_json.h"
#include "aws/internal.h"
#include "util/file.h"

int creds_file_read(const char *path, cJSON **ret)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_SECRET;
	int rc;

	rc = file_read(path, CREDS_JSON_MAX, &text, NULL);
	if (rc == 0)
		rc = creds_json_read(strbuf_sv(&text), ret);
	return rc;
}

int creds_file_write(const char *path, const cJSON *doc, struct err *err)
{
	CLEANUP(free_p) char *dir = path_dirname(path);
	char *text;
	int rc;

	rc = dir_make(dir, err);
	if (rc < 0)
		return rc;
	/* one that is there keeps its mode, which may be too wide */
	(void)chmod(path, 0600);
	text = creds_json_text(doc, 2);
	rc = file_write(path, sv_from(text), 0600, err);
	secret_free(text);
	return rc;
}
