#include "asset/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "util/file.h"

#define SCHEMA_VERSION 1
#define DEPTH_MAX 500

/* ---- sizes --------------------------------------------------------------- */

static int64_t size_at(int at, const char *name, int depth)
{
	struct dirent *e;
	int64_t sum = 0;
	struct stat st;
	DIR *d;
	int fd;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return st.st_size;
	if (!S_ISDIR(st.st_mode) || depth >= DEPTH_MAX)
		return 0;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((e = readdir(d)))
		if (!streq(e->d_name, ".") && !streq(e->d_name, ".."))
			sum += MAX(size_at(fd, e->d_name, depth + 1),
			    (int64_t)0);
	closedir(d);
	return sum;
}

int64_t tree_size(const char *path)
{
	return size_at(AT_FDCWD, path, 0);
}

void bytes_text(int64_t bytes, char ret[32])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	double v = (double)bytes / 1000;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(ret, 32, "%lld B", (long long)bytes);
		return;
	}
	for (; v >= 999.95 && u + 1 < ARRAY_SIZE(units); u++)
		v /= 1000;
	snprintf(ret, 32, "%.1f %s", v, units[u]);
}

/* ---- reading ------------------------------------------------------------- */

static void item_measure(struct inventory_item *it)
{
	const cJSON *src = it->first->source;
	const char *path = json_str(src,
	    it->first->kind == ASSET_FILE ? "path" : "directory");
	CLEANUP(free_p) char *joined = NULL;

	it->size = -1;
	if (!path || json_get(src, "executable"))
		return;
	joined = path_join(it->first->manifest->dir, path);
	it->path = path_normal(joined);
	it->size = tree_size(it->path);
}

static struct inventory_item *item_of(struct inventory *inv,
    const struct asset_entry *e)
{
	CLEANUP(free_p) char *source = json_text(e->source, 0);
	CLEANUP(free_p) char *key = xasprintf("%d %s\n%s\n%s", (int)e->kind,
	    e->id, e->manifest->dir, source);
	size_t at = (size_t)(uintptr_t)strmap_get(&inv->known, key);
	struct inventory_item *it;

	if (at)
		return &inv->v[at - 1];
	inv->v = xreallocarray(inv->v, inv->n + 1, sizeof(*inv->v));
	it = &inv->v[inv->n++];
	*it = (struct inventory_item){ .first = e };
	item_measure(it);
	strmap_set(&inv->known, key, (void *)(uintptr_t)inv->n);
	return it;
}

static void add_entry(struct inventory *inv, const struct stack *s,
    const struct asset_entry *e)
{
	struct inventory_item *it = item_of(inv, e);

	if (!strvec_has(&it->stacks, s->display_name))
		strvec_add(&it->stacks, s->display_name);
	for (size_t i = 0; i < it->n_dests; i++)
		if (streq(it->dests[i]->dest_id, e->dest_id) &&
		    json_same(it->dests[i]->dest, e->dest))
			return;
	it->dests = xreallocarray(it->dests, it->n_dests + 1,
	    sizeof(*it->dests));
	it->dests[it->n_dests++] = e;
}

int inventory_read(const struct stack_list *stacks, struct inventory *ret,
    struct err *err)
{
	for (size_t i = 0; i < stacks->n; i++) {
		const struct stack *s = stacks->v[i];
		size_t n = stack_asset_artifacts(s, NULL, 0);
		CLEANUP(free_p) struct artifact **list = xcalloc(n + 1,
		    sizeof(*list));

		(void)stack_asset_artifacts(s, list, n);
		for (size_t k = 0; k < n; k++) {
			struct asset_manifest *m;
			int rc = asset_manifest_of(list[k], &m, err);

			if (rc < 0)
				return rc;
			ret->manifests = xreallocarray(ret->manifests,
			    ret->n_manifests + 1, sizeof(*ret->manifests));
			ret->manifests[ret->n_manifests++] = m;
			for (size_t j = 0; j < m->n; j++)
				add_entry(ret, s, &m->v[j]);
		}
	}
	return 0;
}

void inventory_release(struct inventory *inv)
{
	for (size_t i = 0; i < inv->n; i++) {
		strvec_release(&inv->v[i].stacks);
		free(inv->v[i].path);
		free(inv->v[i].dests);
	}
	free(inv->v);
	for (size_t i = 0; i < inv->n_manifests; i++)
		asset_manifest_free(inv->manifests[i]);
	free(inv->manifests);
	strmap_release(&inv->known);
	*inv = (struct inventory){ 0 };
}

/* ---- telling ------------------------------------------------------------- */

char *asset_place(const struct asset_entry *e)
{
	bool file = e->kind == ASSET_FILE;
	const char *a = json_str(e->dest, file ? "bucketName" :
						 "repositoryName");
	const char *b = json_str(e->dest, file ? "objectKey" : "imageTag");

	return xasprintf("%s%s%s%s", file ? "s3://" : "", a ? a : "?",
	    file ? "/" : ":", b ? b : "?");
}

static cJSON *item_json(const struct inventory_item *it)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

	json_put_str(o, "id", it->first->id);
	json_put_str(o, "displayName", it->first->display_name);
	json_put_str(o, "kind", it->first->kind == ASSET_FILE ? "file" :
								"image");
	for (size_t i = 0; i < it->stacks.n; i++)
		json_push_take(list, cJSON_CreateString(it->stacks.v[i]));
	json_add_take(o, "stacks", list);
	json_put_str(o, "manifest", it->first->manifest->path);
	json_add_take(o, "source", json_dup(it->first->source));
	if (it->path)
		json_put_str(o, "path", it->path);
	if (it->size >= 0)
		json_put_num(o, "size", (double)it->size);
	list = cJSON_CreateArray();
	for (size_t i = 0; i < it->n_dests; i++) {
		cJSON *d = json_dup(it->dests[i]->dest);

		json_put_str(d, "id", it->dests[i]->dest_id);
		json_push_take(list, d);
	}
	json_add_take(o, "destinations", list);
	return o;
}

cJSON *inventory_json(const struct inventory *inv)
{
	cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

	for (size_t i = 0; i < inv->n; i++)
		json_push_take(list, item_json(&inv->v[i]));
	json_put_num(o, "schemaVersion", SCHEMA_VERSION);
	json_add_take(o, "assets", list);
	return o;
}

static void item_text(const struct inventory_item *it, struct strbuf *b)
{
	CLEANUP(free_p) char *stacks = strvec_join(&it->stacks, ", ");
	char size[32] = "?";

	if (it->size >= 0)
		bytes_text(it->size, size);
	strbuf_addf(b, "%s%-5s  %9s  %s", b->len ? "\n" : "",
	    it->first->kind == ASSET_FILE ? "file" : "image", size,
	    it->first->display_name);
	if (!streq(it->first->display_name, it->first->id))
		strbuf_addf(b, " (%s)", it->first->id);
	strbuf_addf(b, "\n       from %s, for %s",
	    it->path ? it->path : "a program", stacks);
	for (size_t i = 0; i < it->n_dests; i++) {
		CLEANUP(free_p) char *place = asset_place(it->dests[i]);
		const char *region = json_str(it->dests[i]->dest, "region");

		strbuf_addf(b, "\n       to %s%s%s%s", place,
		    region ? " (" : "", region ? region : "",
		    region ? ")" : "");
	}
}

char *inventory_text(const struct inventory *inv)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < inv->n; i++)
		item_text(&inv->v[i], &b);
	return strbuf_detach(&b);
}
