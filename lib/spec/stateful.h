/*
 * Resource types that hold what no template can bring back: databases,
 * buckets, keys and the like (share/data/stateful.tsv, written from
 * tests/gen/stateful.txt). All views live as long as the program. Thread-safe.
 */
#ifndef CCDK_SPEC_STATEFUL_H
#define CCDK_SPEC_STATEFUL_H

#include "util/strbuf.h"

struct stateful_type {
	struct sv kind;	 /* "database" */
	struct sv holds; /* "tables and their rows" */
	bool snapshot;	 /* a policy may be Snapshot */
	struct sv unless; /* holds nothing with this property; "" none */
};

/* false: not one of them. */
bool stateful_find(const char *type, struct stateful_type *ret);

#endif
