/*
 * The file of `ccdk plan`: what a plan will do to which stacks, on what it is
 * based, and under which names the change sets wait. Made to be read in a
 * review: JSON, indented, members in a fixed order, the last one a digest of
 * the others, so that a plan that was edited is not taken for one.
 *
 *	planfile_seal(json);  text = json_text(json, 2);
 *	planfile_parse(text, "plan.json", &file, err);
 *
 * Reading is pure, bounded and strict: another format version, an unknown
 * kind, a missing member are errors that say what and where.
 */
#ifndef CCDK_PLAN_PLANFILE_H
#define CCDK_PLAN_PLANFILE_H

#include "model/assembly.h"

#define PLANFILE_FORMAT 1
#define PLANFILE_MAX (64u << 20) /* bytes */
#define PLANFILE_STACKS_MAX 5000

enum plan_kind { PLAN_CREATE, PLAN_UPDATE, PLAN_IMPORT, PLAN_NONE };

/* One stack of a plan. All borrowed from the file. */
struct plan_entry {
	enum plan_kind kind;
	bool later; /* its change set is made when the plan is applied */
	const cJSON *json, *base;
	const char *id; /* hierarchical */
	const char *environment;
	/* NULL without a change set: */
	const char *set_name, *set_arn, *stack_id, *set_digest;
	struct stack *stack; /* as far as the file knows it */
	size_t *deps;	     /* indexes of entries that go first; owned */
	size_t n_deps;
};

struct planfile {
	cJSON *json;
	const char *id, *created;
	const char *expires; /* NULL: never */
	int64_t expires_ms;
	struct plan_entry *v;
	size_t n;
	struct assembly *assembly; /* what the entries' stacks belong to */
};

/* Checks version and digest, then all the rest. */
MUST_USE int planfile_parse(struct sv text, const char *what,
    struct planfile **ret, struct err *err);
/* The rest alone; consumes json. */
MUST_USE int planfile_adopt(cJSON *take, const char *what,
    struct planfile **ret, struct err *err);
void planfile_free(struct planfile *f);
DEFINE_CLEANUP(struct planfile, planfile_free)

/* Adds the digest over everything that is in it. */
void planfile_seal(cJSON *plan);

/* "sha256:<hex>" of a value's compact text; yours. */
char *plan_digest(const cJSON *j);
/* As many characters of a text as a message needs to tell digests apart. */
int plan_brief(const char *text);
/* The word of a kind in the file: "create". */
const char *plan_kind_word(enum plan_kind kind);

#endif
