#include "util/share.h"

#include "util/file.h"

static int from_folder(const char *dir, const char *name, struct sv *ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	CLEANUP(free_p) char *path = path_join(dir, name);

	if (file_read(path, 0, &b, err) < 0)
		return err_wrap(err, "reading share file '%s'", name);
	ret->n = b.len;
	ret->p = strbuf_detach(&b); /* kept until the program ends */
	return 0;
}

int share_get(const char *name, struct sv *ret, struct err *err)
{
	const char *dir = getenv("CCDK_DATADIR");

	if (dir && *dir)
		return from_folder(dir, name, ret, err);
	for (const struct share_file *f = share_files; f->name; f++) {
		if (streq(f->name, name)) {
			ret->p = f->start;
			ret->n = (size_t)(f->end - f->start);
			return 0;
		}
	}
	return err_set(err, E_NOTFOUND, "no share file '%s'", name);
}
