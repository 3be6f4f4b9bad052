#include "util/xml.h"

#include <expat.h>

#include "util/strmap.h"

#define DEPTH_MAX 200
/* objects up to this size are searched member by member */
#define FEW_NAMES 16
#define CHUNK_MAX (1u << 20)

/* An element whose end has not come yet. */
struct level {
	struct level *up;
	size_t depth;
	char *name;
	struct strbuf text;
	cJSON *object; /* from the first child element on */
	size_t n_names;
	struct strmap index; /* name -> member, once there are many */
};

struct reader {
	XML_Parser parser;
	struct level *top;
	cJSON *root;
	const char *problem; /* why we stopped; NULL: ask expat */
	unsigned long line, column;
	int code;
};

static void mark(struct reader *r)
{
	r->line = XML_GetCurrentLineNumber(r->parser);
	r->column = XML_GetCurrentColumnNumber(r->parser) + 1;
}

static void stop(struct reader *r, int code, const char *problem)
{
	r->problem = problem;
	r->code = code;
	/* after the stop expat stands behind the culprit */
	mark(r);
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static void level_free(struct level *l)
{
	strmap_release(&l->index);
	json_free(l->object);
	strbuf_release(&l->text);
	free(l->name);
	free(l);
}
DEFINE_CLEANUP(struct level, level_free)

static void XMLCALL start_element(void *user, const XML_Char *name,
    const XML_Char **attributes UNUSED)
{
	struct reader *r = user;
	struct level *l;

	if (r->top && r->top->depth == DEPTH_MAX) {
		stop(r, E_TOOBIG, "nested deeper than 200 levels");
		return;
	}
	l = xcalloc(1, sizeof(*l));
	strbuf_init(&l->text);
	l->name = xstrdup(name);
	l->up = r->top;
	l->depth = l->up ? l->up->depth + 1 : 1;
	r->top = l;
}

static void XMLCALL character_data(void *user, const XML_Char *s, int n)
{
	struct reader *r = user;

	/* what stands between child elements is layout */
	if (r->top && !r->top->object)
		strbuf_add(&r->top->text, s, (size_t)n);
}

static void XMLCALL start_doctype(void *user, const XML_Char *name UNUSED,
    const XML_Char *sysid UNUSED, const XML_Char *pubid UNUSED,
    int has_internal_subset UNUSED)
{
	stop(user, E_INVALID, "document type declarations are refused");
}

static cJSON *find(const struct level *l, const char *name)
{
	cJSON *last = l->object->child ? l->object->child->prev : NULL;

	/* lists mostly stand in one piece */
	if (last && streq(last->string, name))
		return last;
	return l->index.n ? strmap_get(&l->index, name) :
			    json_get(l->object, name);
}

static void add_name(struct level *l, const char *name, cJSON *child)
{
	cJSON_AddItemToObject(l->object, name, child);
	l->n_names++;
	if (l->n_names == FEW_NAMES) {
		JSON_EACH(c, l->object)
			(void)strmap_add(&l->index, c->string, c);
	} else if (l->n_names > FEW_NAMES) {
		(void)strmap_add(&l->index, name, child);
	}
}

/* The member becomes a list with its old value in it. */
static void make_list(cJSON *member)
{
	cJSON *first = cJSON_CreateNull();

	first->type = member->type & 0xff;
	first->child = member->child;
	first->valuestring = member->valuestring;
	member->type = cJSON_Array | (member->type & cJSON_StringIsConst);
	member->child = NULL;
	member->valuestring = NULL;
	cJSON_AddItemToArray(member, first);
}

static void add_child(struct level *l, const char *name, cJSON *child)
{
	cJSON *same;

	if (!l->object)
		l->object = cJSON_CreateObject();
	same = find(l, name);
	if (!same) {
		add_name(l, name, child);
		return;
	}
	if (!cJSON_IsArray(same))
		make_list(same);
	cJSON_AddItemToArray(same, child);
}

/* Blanks with a newline are layout too, as for the JavaScript SDK. */
static bool is_layout(const struct strbuf *text)
{
	return strchr(text->buf, '\n') && !sv_trim(strbuf_sv(text)).n;
}

static void XMLCALL end_element(void *user, const XML_Char *name UNUSED)
{
	struct reader *r = user;
	CLEANUP(level_free_p) struct level *l = r->top;
	cJSON *value;

	/* expat may end an empty element even after we stopped at its start */
	if (r->problem) {
		l = NULL;
		return;
	}
	if (l->object)
		value = TAKE(l->object);
	else
		value = cJSON_CreateString(is_layout(&l->text) ? "" :
								 l->text.buf);
	r->top = l->up;
	if (r->top) {
		add_child(r->top, l->name, value);
		return;
	}
	r->root = cJSON_CreateObject();
	cJSON_AddItemToObject(r->root, l->name, value);
}

static bool feed(XML_Parser parser, struct sv text)
{
	do {
		size_t n = MIN(text.n, (size_t)CHUNK_MAX);
		bool last = n == text.n;

		if (XML_Parse(parser, text.p, (int)n, last) !=
		    XML_STATUS_OK)
			return false;
		text.p += n;
		text.n -= n;
	} while (text.n);
	return true;
}

static int failed(struct reader *r, struct err *err)
{
	const char *problem = r->problem;

	if (!problem) {
		problem = XML_ErrorString(XML_GetErrorCode(r->parser));
		mark(r);
	}
	return err_set(err, r->code, "bad XML at %lu:%lu: %s", r->line,
	    r->column, problem);
}

int xml_parse(struct sv text, cJSON **ret, struct err *err)
{
	struct reader r = { .code = E_INVALID };
	int rc = 0;

	if (!text.p)
		text = SV("");
	r.parser = XML_ParserCreate(NULL);
	if (!r.parser)
		return err_set(err, E_FAIL, "out of memory reading XML");
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, start_element, end_element);
	XML_SetCharacterDataHandler(r.parser, character_data);
	XML_SetStartDoctypeDeclHandler(r.parser, start_doctype);
	if (!feed(r.parser, text) || !r.root)
		rc = failed(&r, err);
	XML_ParserFree(r.parser);
	while (r.top) {
		struct level *up = r.top->up;

		level_free(r.top);
		r.top = up;
	}
	if (rc < 0)
		json_free(r.root);
	else
		*ret = r.root;
	return rc;
}

void xml_escape(struct strbuf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		switch (*p) {
		case '&':
			strbuf_adds(out, "&amp;");
			break;
		case '<':
			strbuf_adds(out, "&lt;");
			break;
		case '>':
			strbuf_adds(out, "&gt;");
			break;
		case '"':
			strbuf_adds(out, "&quot;");
			break;
		case '\r': /* readers would turn it into a newline */
			strbuf_adds(out, "&#x0D;");
			break;
		default:
			strbuf_addc(out, *p);
		}
	}
}
