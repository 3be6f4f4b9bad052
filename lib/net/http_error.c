#include "net/http_error.h"

#include <openssl/x509_vfy.h>

/* " through the proxy 'http://p:3128'" */
static char *way(const struct http_failure *f)
{
	return f->proxy ? xasprintf(" through the proxy '%s'", f->proxy) :
			  xstrdup("");
}

static bool says(const struct http_failure *f, const char *word)
{
	return strcasestr(f->reason, word) != NULL;
}

int http_proxy_login(const struct http_failure *f, long status,
    struct err *err)
{
	if (f->proxy_login)
		return err_set(err, E_CONFIG, "no reply from '%s': the proxy "
		    "'%s' does not accept the user name and password of its "
		    "address (%ld)", f->where, f->proxy, status);
	return err_set(err, E_CONFIG, "no reply from '%s': the proxy '%s' "
	    "wants a login (%ld): put user name and password into its "
	    "address, as in http://USER:PASSWORD@HOST:PORT", f->where,
	    f->proxy, status);
}

/* The proxy answered, but not with a tunnel. */
static int refused_tunnel(const struct http_failure *f, struct err *err)
{
	bool passing = f->connect_status == 429 || f->connect_status >= 500;

	/* 401 is what some say instead */
	if (f->connect_status == 407 || f->connect_status == 401)
		return http_proxy_login(f, f->connect_status, err);
	return err_set(err, passing ? E_NET : E_CONFIG, "no reply from '%s': "
	    "the proxy '%s' makes no connection to it (HTTP status %ld)",
	    f->where, f->proxy, f->connect_status);
}

/* ---- certificates -------------------------------------------------------- */

static int not_trusted(const struct http_failure *f, struct err *err)
{
	if (f->ca_bundle)
		return err_set(err, E_CONFIG, "the certificate of '%s' is not "
		    "trusted: %s; add the CA that signed it to '%s'",
		    f->where, f->reason, f->ca_bundle);
	return err_set(err, E_CONFIG, "the certificate of '%s' is not "
	    "trusted: %s; name a file with the CA that signed it with "
	    "--ca-bundle-path or AWS_CA_BUNDLE", f->where, f->reason);
}

static int bad_certificate(const struct http_failure *f, struct err *err)
{
	switch (f->verify) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return err_set(err, E_CONFIG, "the certificate of '%s' has "
		    "expired: it must be renewed there, unless the clock of "
		    "this machine is wrong", f->where);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return err_set(err, E_CONFIG, "the certificate of '%s' is not "
		    "valid yet: check the clock of this machine", f->where);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return not_trusted(f, err);
	}
	if (says(f, "subject name") || says(f, "does not match"))
		return err_set(err, E_CONFIG, "the certificate of '%s' is for "
		    "another name: %s; check the address of the endpoint or "
		    "proxy", f->where, f->reason);
	return err_set(err, E_CONFIG, "the certificate of '%s' is not "
	    "accepted: %s", f->where, f->reason);
}

/* A proxy that is spoken TLS to has one of its own. */
static int whose_certificate(const struct http_failure *f, struct err *err)
{
	struct http_failure own = *f;

	if (f->proxy && f->proxy_verify) {
		own.where = f->proxy;
		own.verify = f->proxy_verify;
	}
	return bad_certificate(&own, err);
}

static int failed_handshake(const struct http_failure *f, struct err *err)
{
	CLEANUP(free_p) char *through = way(f);

	if (says(f, "wrong version number") || says(f, "http request"))
		return err_set(err, E_CONFIG, "'%s' does not speak TLS%s (%s): "
		    "check whether its address begins with http or https",
		    f->where, through, f->reason);
	if (says(f, "protocol version") || says(f, "unsupported protocol"))
		return err_set(err, E_CONFIG, "'%s' offers no TLS 1.2 or "
		    "newer, and nothing older is used (%s): enable TLS 1.2 "
		    "there", f->where, f->reason);
	return err_set(err, E_NET, "no TLS connection to '%s'%s: %s",
	    f->where, through, f->reason);
}

/* ---- the rest ------------------------------------------------------------ */

static int lost(const struct http_failure *f, int code, struct err *err)
{
	CLEANUP(free_p) char *through = way(f);

	return err_set(err, code, "no reply from '%s'%s: %s", f->where,
	    through, f->reason);
}

int http_failure(const struct http_failure *f, struct err *err)
{
	if (f->connect_status / 100 > 2)
		return refused_tunnel(f, err);
	switch (f->code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return whose_certificate(f, err);
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, E_CONFIG, "the CA bundle '%s' cannot be "
		    "used: it must hold certificates in PEM form",
		    f->ca_bundle ? f->ca_bundle : "of the system");
	case CURLE_SSL_CONNECT_ERROR:
		return failed_handshake(f, err);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_WEIRD_SERVER_REPLY:
		return lost(f, E_CONFIG, err);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(err, E_NET, "the proxy '%s' is not found: "
		    "check --proxy or the environment (HTTPS_PROXY)",
		    f->proxy);
	default:
		return lost(f, E_NET, err);
	}
}
