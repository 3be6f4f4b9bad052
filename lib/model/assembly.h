/*
 * A cloud assembly: the folder an app writes, with its manifest, artifacts and
 * nested assemblies (stages). Source: cloud assembly schema versions 1 to 55,
 * behaviour of the reference CLI.
 *
 * assembly_load() reads manifest.json files only; templates, asset manifests
 * and metadata files are read when asked for. A loaded assembly is immutable
 * apart from those caches; everything in it is borrowed and lives until
 * assembly_free(). Paths that leave the assembly folder are refused.
 */
#ifndef CCDK_MODEL_ASSEMBLY_H
#define CCDK_MODEL_ASSEMBLY_H

#include "util/err.h"
#include "util/json.h"
#include "util/strmap.h"

/* Highest schema major we know, and what apps are told. */
#define ASSEMBLY_SCHEMA_MAJOR 55
#define ASSEMBLY_SCHEMA_VERSION "55.0.0"

enum artifact_type {
	ARTIFACT_UNKNOWN, /* "none" and types of newer schemas: kept, ignored */
	ARTIFACT_STACK,
	ARTIFACT_ASSETS,
	ARTIFACT_ASSEMBLY,
	ARTIFACT_TREE,
	ARTIFACT_FLAGS
};

struct assembly;

struct artifact {
	struct assembly *assembly; /* the one that contains it */
	enum artifact_type type;
	const char *id;
	const cJSON *json;  /* manifest entry */
	const cJSON *props; /* its "properties", may be NULL */
	const char *display_name; /* from the manifest, may be NULL */
	struct strvec deps; /* ids in the same assembly */
	struct stack *stack; /* of a stack artifact, else NULL */
};

/* A stack is an artifact of type ARTIFACT_STACK with what is derived. */
struct stack {
	struct artifact *artifact;
	const char *id;		/* artifact id */
	const char *name;	/* CloudFormation stack name */
	const char *hierarchical_id; /* "Prod/Api", what patterns match */
	char *display_name;	/* hierarchical id, " (name)" when it differs */
	char *account, *region; /* may be "unknown-account"/"unknown-region" */
	char *template_path;	/* absolute or relative to the cwd */
	bool nested_assembly;	/* not in the top-level assembly */
	bool termination_protection;
	cJSON *template_cache;
};

struct assembly {
	char *dir;
	char *display_name; /* of a stage; NULL at the top */
	char *version;
	cJSON *manifest;
	struct artifact *artifacts;
	size_t n_artifacts;
	struct strmap by_id; /* id -> struct artifact * */
	struct assembly **nested;
	size_t n_nested;
	struct stack **stacks; /* own stacks, manifest order */
	size_t n_stacks;
	/* Top level only: all stacks, nested ones appended breadth-first. */
	struct stack **all;
	size_t n_all;
	/* set when the manifest, or that of a nested assembly, is of a newer
	 * schema than we know */
	char *newer_warning;
};

MUST_USE int assembly_load(const char *dir, struct assembly **ret,
    struct err *err);
/*
 * Pure: the manifest's text as an assembly of folder `dir`, without its
 * nested assemblies; assembly_load adds those.
 */
MUST_USE int assembly_parse(struct sv text, const char *dir,
    struct assembly **ret, struct err *err);
void assembly_free(struct assembly *a);
DEFINE_CLEANUP(struct assembly, assembly_free)

/* manifest.missing of the top-level assembly (list or NULL). Borrowed. */
const cJSON *assembly_missing(const struct assembly *a);

/* The synthesized template, read once. Borrowed. */
MUST_USE int stack_template(struct stack *s, const cJSON **ret,
    struct err *err);
/* Strings from the artifact's properties; NULL when absent. */
const char *stack_prop(const struct stack *s, const char *path);
/*
 * Artifacts of type ARTIFACT_ASSETS among the stack's dependencies, in
 * the order listed: how many there are; up to max of them go to ret.
 */
size_t stack_asset_artifacts(const struct stack *s, struct artifact **ret,
    size_t max);
/* The same for stacks it depends on directly (same assembly). */
size_t stack_deps(const struct stack *s, struct stack **ret, size_t max);
/* Metadata of an artifact: additionalMetadataFile first, inline after it:
 * {"/path": [{type, data?, trace?}, ...]}; *ret is yours. */
MUST_USE int artifact_metadata(const struct artifact *a, cJSON **ret,
    struct err *err);
/*
 * Logical id -> construct path as the progress display shows it: without the
 * leading "/", the stack's name and a final "/Resource". Values are char *,
 * freed with the map.
 */
MUST_USE int stack_construct_paths(const struct stack *s, struct strmap *ret,
    struct err *err);

/* Version is "MAJOR.MINOR.PATCH" with an optional tail; -1 when it is not. */
int assembly_version_major(const char *version);

/* A file of the assembly as a path; E_INVALID when it leaves the folder. */
MUST_USE int assembly_file(const struct assembly *a, const char *name,
    char **ret, struct err *err);

#endif
