/*
 * Which trust store libcurl loads, and how. A hashed directory is read on
 * demand and is quickest; a bundle is parsed once per multi handle, but only
 * when no directory is set beside it. So exactly one of the two is set. Where
 * NODE_EXTRA_CA_CERTS adds to the system's store, both are, or the two bundles
 * become one in memory. As in Node, it adds nothing to a bundle of one's own.
 */
#ifndef CCDK_NET_TLSCA_H
#define CCDK_NET_TLSCA_H

#include "util/strbuf.h"

struct tlsca {
	char *file;	    /* CURLOPT_CAINFO, or NULL */
	char *path;	    /* CURLOPT_CAPATH, or NULL */
	struct strbuf both; /* CURLOPT_CAINFO_BLOB; empty: the two above */
};

/*
 * bundle replaces the system's store (NULL: keep it). default_file and
 * default_path are what libcurl was built with; extra is added. Files that are
 * not there are passed over, as the reference does.
 */
void tlsca_pick(const char *bundle, const char *extra,
    const char *default_file, const char *default_path, struct tlsca *ret);
void tlsca_release(struct tlsca *t);

#endif
