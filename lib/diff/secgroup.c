/*
 * Security group rules of the changed resources: those inside a group and
 * those that are resources of their own.
 */
#include "diff/statement.h"
#include "spec/cfnspec.h"
#include "util/utf8.h"

static bool is_minus_one(const cJSON *j)
{
	return cJSON_IsNumber(j) && j->valuedouble == -1;
}

static void add_port(struct strbuf *b, const cJSON *port)
{
	if (port)
		js_string(b, port);
	else
		strbuf_adds(b, "undefined");
}

/* Strictly equal, as === has it. */
static bool same_port(const cJSON *a, const cJSON *b)
{
	if (!a || !b)
		return a == b;
	if (cJSON_IsNumber(a) && cJSON_IsNumber(b))
		return a->valuedouble == b->valuedouble;
	if (cJSON_IsString(a) && cJSON_IsString(b))
		return streq(a->valuestring, b->valuestring);
	return !a->child && !b->child &&
	    (a->type & 0xff) == (b->type & 0xff);
}

static char *protocol_of(const cJSON *rule)
{
	const cJSON *proto = json_get(rule, "IpProtocol");
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;

	if (proto && !cJSON_IsNull(proto))
		js_string(&b, proto);
	if (!b.len)
		strbuf_adds(&b, "*unknown*");
	return strbuf_detach(&b);
}

static char *protocol_cell(const cJSON *rule, const char *name)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *from = json_get(rule, "FromPort");
	const cJSON *to = json_get(rule, "ToPort");

	if (streq(name, "-1"))
		return xstrdup("Everything");
	utf8_upper(&b, sv_from(name));
	if (is_minus_one(from)) {
		strbuf_insert(&b, 0, "All ", 4);
		return strbuf_detach(&b);
	}
	strbuf_addc(&b, ' ');
	add_port(&b, from);
	if (!same_port(from, to)) {
		strbuf_addc(&b, '-');
		add_port(&b, to);
	}
	return strbuf_detach(&b);
}

static const cJSON *first_of(const cJSON *rule, const char *a, const char *b)
{
	const cJSON *j = json_get(rule, a);

	return j ? j : json_get(rule, b);
}

static void add_json(struct strbuf *key, const cJSON *j)
{
	if (j)
		json_write(key, j, 0);
	strbuf_addc(key, '\n');
	key_add_identity(key, j);
}

/* What JavaScript takes for false stands for no group. */
static bool is_truthy(const cJSON *j)
{
	if (!j || cJSON_IsNull(j) || cJSON_IsFalse(j))
		return false;
	if (cJSON_IsString(j))
		return *j->valuestring != '\0';
	return !cJSON_IsNumber(j) || j->valuedouble != 0;
}

/* What stands on the other side, and in `key` what it is compared by. */
static char *peer_cell(const cJSON *rule, struct strbuf *key)
{
	CLEANUP(strbuf_release) struct strbuf b = STRBUF_INIT;
	const cJSON *j = first_of(rule, "CidrIp", "CidrIpv6");
	const char *kind = "cidr";

	if (!j) {
		j = first_of(rule, "DestinationSecurityGroupId",
		    "SourceSecurityGroupId");
		kind = "group";
	}
	if (!j) {
		j = first_of(rule, "DestinationPrefixListId",
		    "SourcePrefixListId");
		kind = "list";
	}
	if (!j) {
		key_add(key, NULL);
		return xstrdup("?");
	}
	js_string(&b, j);
	key_add(key, kind);
	add_json(key, j);
	if (cJSON_IsString(j) && streq(b.buf, "0.0.0.0/0"))
		return xstrdup("Everyone (IPv4)");
	if (cJSON_IsString(j) && streq(b.buf, "::/0"))
		return xstrdup("Everyone (IPv6)");
	return strbuf_detach(&b);
}

static void add_rule(struct rows *ret, const cJSON *rule, const char *group,
    bool ingress)
{
	CLEANUP(strbuf_release) struct strbuf key = STRBUF_INIT;
	CLEANUP(strbuf_release) struct strbuf own = STRBUF_INIT;
	CLEANUP(free_p) char *protocol = NULL;
	struct row *r;

	/* whatever is no text counts as a rule, be it an empty one */
	if (cJSON_IsString(rule) || cJSON_IsNull(rule))
		return;
	protocol = protocol_of(rule);
	/* a rule inside a group may still name another one */
	if (is_truthy(json_get(rule, "GroupId"))) {
		js_string(&own, json_get(rule, "GroupId"));
		group = own.buf;
	}
	r = rows_push(ret);
	r->cell[0] = xstrdup(group);
	r->cell[1] = xstrdup(ingress ? "In" : "Out");
	r->cell[2] = protocol_cell(rule, protocol);
	key_add(&key, group);
	key_add(&key, protocol);
	add_json(&key, json_get(rule, "FromPort"));
	add_json(&key, json_get(rule, "ToPort"));
	r->cell[3] = peer_cell(rule, &key);
	r->key = strbuf_detach(&key);
}

static void add_rules(struct rows *ret, const cJSON *raw, const char *id,
    bool ingress)
{
	CLEANUP(json_free_p) cJSON *list = NULL;
	CLEANUP(free_p) char *group = xasprintf("${%s.GroupId}", id);

	if (!cJSON_IsArray(raw))
		return;
	list = intrinsic_render(raw);
	/* a text, number or boolean is no rule */
	JSON_EACH(c, list)
		if (cJSON_IsObject(c) || cJSON_IsArray(c))
			add_rule(ret, c, group, ingress);
}

static void read_lists(struct diff *d, const struct resource_change *r)
{
	const char *type = r->new_type ? r->new_type : r->old_type;
	struct cfn_type t;
	struct sv rest, name;
	enum cfn_scrutiny kind;

	if (!type || resource_type_changed(r) || !cfn_type_find(type, &t))
		return;
	rest = t.scrutinised;
	while (cfn_next_scrutinised(&rest, &name, &kind)) {
		bool in = kind == CFN_INGRESS_RULES;
		struct table_change *table =
		    &d->tables[in ? TABLE_INGRESS : TABLE_EGRESS];
		CLEANUP(free_p) char *key = sv_dup(name);

		if (!in && kind != CFN_EGRESS_RULES)
			continue;
		add_rules(&table->old,
		    json_get(json_get(r->old, "Properties"), key), r->id, in);
		add_rules(&table->new_,
		    json_get(json_get(r->new_, "Properties"), key), r->id, in);
	}
}

static void read_side(struct diff *d, bool old, const char *type,
    const cJSON *raw)
{
	CLEANUP(json_free_p) cJSON *props = NULL;
	CLEANUP(strbuf_release) struct strbuf group = STRBUF_INIT;
	struct table_change *t;
	struct cfn_type known;
	const cJSON *id;
	bool in;

	if (!type || !raw || !cfn_type_find(type, &known) ||
	    (known.scrutiny != CFN_INGRESS_RULE_RESOURCE &&
		known.scrutiny != CFN_EGRESS_RULE_RESOURCE))
		return;
	in = known.scrutiny == CFN_INGRESS_RULE_RESOURCE;
	t = &d->tables[in ? TABLE_INGRESS : TABLE_EGRESS];
	props = intrinsic_render(raw);
	id = json_get(props, "GroupId");
	if (is_truthy(id))
		js_string(&group, id);
	else
		strbuf_adds(&group, "*unknown*");
	add_rule(old ? &t->old : &t->new_, props, group.buf, in);
}

void diff_find_security_groups(struct diff *d)
{
	for (size_t i = 0; i < d->resources.n; i++)
		if (resource_is_different(&d->resources.v[i]))
			read_lists(d, &d->resources.v[i]);
	for (size_t i = 0; i < d->resources.n; i++) {
		const struct resource_change *r = &d->resources.v[i];

		if (!resource_is_different(r))
			continue;
		read_side(d, true, r->old_type,
		    json_get(r->old, "Properties"));
		read_side(d, false, r->new_type,
		    json_get(r->new_, "Properties"));
	}
}
