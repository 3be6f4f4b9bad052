#include "deploy/nested.h"

#include "util/file.h"

#define TEMPLATE_MAX (64u << 20)
/* deeper than CloudFormation allows; a folder could name itself */
#define DEPTH_MAX 32

struct loader {
	struct aws *aws;
	const struct assembly *assembly;
	/* of two assemblies one may be missing */
	const struct assembly *old_assembly;
	unsigned depth;
};

void nested_release(struct nested *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		nested_release(v[i].v, v[i].n);
		free(v[i].logical_id);
		free(v[i].physical_name);
		json_free(v[i].old);
		json_free(v[i].new_);
	}
	free(v);
}

/* "arn:...:stack/NAME/uuid" */
static char *name_in_arn(const char *arn)
{
	const char *slash = strchr(arn, '/');
	struct sv rest = sv_from(slash ? slash + 1 : arn), name;

	return sv_next(&rest, '/', &name) ? sv_dup(name) : xstrdup(arn);
}

static int each_resource(void *u, const cJSON *item)
{
	struct strmap *names = u;
	const char *id = json_str(item, "LogicalResourceId");
	const char *arn = json_str(item, "PhysicalResourceId");
	const char *type = json_str(item, "ResourceType");

	if (id && arn && type && streq(type, "AWS::CloudFormation::Stack"))
		strmap_set(names, id, name_in_arn(arn));
	return 0;
}

/* logical id -> physical stack name of the parent's nested stacks */
static int list_deployed(struct loader *l, const char *parent,
    struct strmap *ret, struct err *err)
{
	CLEANUP(json_free_p) cJSON *in = cJSON_CreateObject();

	if (!parent)
		return 0;
	json_put_str(in, "StackName", parent);
	return aws_pages(l->aws, OP_CFN_LIST_STACK_RESOURCES, in,
	    each_resource, ret, err);
}

static const char *asset_path(const cJSON *resource)
{
	const char *type = json_str(resource, "Type");
	const cJSON *path =
	    json_get(json_get(resource, "Metadata"), "aws:asset:path");

	return type && streq(type, "AWS::CloudFormation::Stack") &&
		cJSON_IsString(path)
	    ? path->valuestring
	    : NULL;
}

static int read_from(const struct assembly *a, const char *name, cJSON **ret,
    struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = NULL;
	int r = assembly_file(a, name, &path, err);

	if (r == 0)
		r = file_read(path, TEMPLATE_MAX, &text, err);
	return r < 0 ? r
		     : cfnstack_parse_template(strbuf_sv(&text), path, ret,
			   err);
}

static int load_all(struct loader *l, const cJSON *template_,
    const cJSON *old, const char *parent, struct nested **ret_v,
    size_t *ret_n, struct err *err);

/* The paths are those of the template in the two assemblies, or NULL. */
static int load_one(struct loader *l, struct nested *n, const char *path,
    const char *old_path, struct err *err)
{
	int r = 0;

	if (path)
		r = read_from(l->assembly, path, &n->new_, err);
	if (r == 0 && l->old_assembly && old_path)
		r = read_from(l->old_assembly, old_path, &n->old, err);
	else if (r == 0 && n->physical_name)
		r = cfnstack_template_stage(l->aws, n->physical_name,
		    "Original", &n->old, err);
	if (!n->new_)
		n->new_ = cJSON_CreateObject();
	if (!n->old)
		n->old = cJSON_CreateObject();
	return r < 0 ? r
		     : load_all(l, n->new_, n->old, n->physical_name, &n->v,
			   &n->n, err);
}

static int load_all(struct loader *l, const cJSON *template_,
    const cJSON *old, const char *parent, struct nested **ret_v,
    size_t *ret_n, struct err *err)
{
	const cJSON *resources = json_get(template_, "Resources");
	/* what is no longer wanted is known of assemblies only */
	const cJSON *gone =
	    l->old_assembly ? json_get(old, "Resources") : NULL;
	CLEANUP(strmap_release) struct strmap names = { .free_value = free };
	struct nested *v = NULL;
	size_t n = 0;
	int r = 0;

	JSON_EACH(c, resources)
		n += asset_path(c) != NULL;
	JSON_EACH(c, gone)
		n += asset_path(c) != NULL;
	if (n == 0)
		return 0;
	if (++l->depth > DEPTH_MAX)
		return err_set(err, E_TOOBIG, "stacks are nested too deep");
	r = list_deployed(l, parent, &names, err);
	v = xcalloc(n, sizeof(*v));
	n = 0;
	JSON_EACH(c, resources) {
		const char *path = asset_path(c);

		if (r < 0 || !path)
			continue;
		v[n].logical_id = xstrdup(c->string);
		v[n].physical_name = xstrdup0(strmap_get(&names, c->string));
		r = load_one(l, &v[n++], path,
		    asset_path(json_get(json_get(old, "Resources"),
			c->string)), err);
	}
	JSON_EACH(c, gone) {
		const char *path = asset_path(c);

		if (r < 0 || !path || asset_path(json_get(resources, c->string)))
			continue;
		v[n].logical_id = xstrdup(c->string);
		r = load_one(l, &v[n++], NULL, path, err);
	}
	l->depth--;
	if (r < 0) {
		nested_release(v, n);
		return r;
	}
	*ret_v = v;
	*ret_n = n;
	return 0;
}

int nested_load(struct aws *aws, const struct assembly *a,
    const cJSON *template_, const char *parent, struct nested **ret_v,
    size_t *ret_n, struct err *err)
{
	struct loader l = { .aws = aws, .assembly = a };

	*ret_v = NULL;
	*ret_n = 0;
	return load_all(&l, template_, NULL, parent, ret_v, ret_n, err);
}

int nested_load_pair(const struct assembly *old_assembly, const cJSON *old,
    const struct assembly *new_assembly, const cJSON *new_,
    struct nested **ret_v, size_t *ret_n, struct err *err)
{
	struct loader l = { .assembly = new_assembly,
		.old_assembly = old_assembly };

	*ret_v = NULL;
	*ret_n = 0;
	return load_all(&l, new_, old, NULL, ret_v, ret_n, err);
}
