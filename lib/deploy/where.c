#include "deploy/where.h"

#include "cfn/cfnstack.h"
#include "util/file.h"

#define TEMPLATE_MAX (64u << 20)

const char *where_of(const struct deploy_request *r)
{
	return r->hierarchical_id ? r->hierarchical_id : r->stack_name;
}

static const char *metadata(const cJSON *template_, const char *id,
    const char *key)
{
	const cJSON *resource = json_get(json_get(template_, "Resources"), id);
	const cJSON *v = json_get(json_get(resource, "Metadata"), key);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

/* The template of a nested stack as the assembly has it; NULL: it has none. */
static cJSON *load(const struct deploy_request *r, const cJSON *template_,
    const char *id)
{
	const char *name = metadata(template_, id, "aws:asset:path");
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	CLEANUP(free_p) char *path = NULL;
	cJSON *ret = NULL;

	if (!name || !r->stack ||
	    assembly_file(r->stack->artifact->assembly, name, &path, NULL) <
		0 ||
	    file_read(path, TEMPLATE_MAX, &text, NULL) < 0 ||
	    cfnstack_parse_template(strbuf_sv(&text), path, &ret, NULL) < 0)
		return NULL;
	return ret;
}

static char *construct_path(const struct deploy_request *r,
    const struct strvec *nested, const char *id)
{
	const cJSON *at = r->template_;
	cJSON *mine = NULL;
	const char *found;
	char *ret;

	for (size_t i = 0; i < nested->n; i++) {
		cJSON *next = load(r, at, nested->v[i]);

		cJSON_Delete(mine);
		at = mine = next;
		if (!mine)
			return NULL;
	}
	found = metadata(at, id, "aws:cdk:path");
	ret = found ? xstrdup(found) : NULL;
	cJSON_Delete(mine);
	return ret;
}

char *where_is(const struct deploy_request *r, const struct strvec *nested,
    const char *id)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	char *path = id ? construct_path(r, nested, id) : NULL;

	if (path)
		return path;
	strbuf_adds(&b, where_of(r));
	for (size_t i = 0; i < nested->n; i++)
		strbuf_addf(&b, "/Nested stack %s", nested->v[i]);
	if (id)
		strbuf_addf(&b, "/%s", id);
	return strbuf_detach(&b);
}
