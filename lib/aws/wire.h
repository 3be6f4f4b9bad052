/*
 * Building requests from cJSON input and reading replies, one file per
 * protocol. Pure: no clock, network or credentials.
 *
 * Hints (ops.def) are words, each about one member:
 *	Stacks[]		reply: a list, also with one or no element
 *	Enabled?		reply: a boolean
 *	Prefix=q:prefix		request: goes into the query
 *	Length=h:X-Length	request: goes into a header
 *	ETag=r:etag		reply: comes from a header
 *	Body!			reply: the whole body as it is, in base64
 *	body=Upload>Root	request: this member is the body; XML root name
 *	Parts>Part		the member's name on the wire differs
 */
#ifndef CCDK_AWS_WIRE_H
#define CCDK_AWS_WIRE_H

#include "aws/ops.h"
#include "net/http.h"
#include "util/json.h"

struct wire_request {
	const char *method;
	/* encoded as sent; an S3 path is without its bucket */
	struct strbuf path, query;
	struct strvec headers;	/* of members and protocol */
	struct strbuf body;
	char *bucket;		/* S3 only */
};

#define WIRE_REQUEST_INIT						\
	{								\
		.path = STRBUF_INIT, .query = STRBUF_INIT,		\
		.body = STRBUF_INIT					\
	}

void wire_request_release(struct wire_request *r);

/* E_INVALID names the member that is missing or cannot be sent. */
MUST_USE int wire_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err);
/* Output members of a good reply; E_NET when it cannot be read. A reply
 * that says 200 and carries an error is E_AWS. */
MUST_USE int wire_reply(const struct aws_op *op, const struct http_res *res,
    cJSON **ret, struct err *err);
/* Fills err from an error reply: E_AWS, code, status, request id, message; or
 * E_NET when it was cut off. */
int wire_error(const struct aws_op *op, const struct http_res *res,
    struct err *err);

/* ---- hints ---- */

struct hint {
	struct sv member;
	char kind;	/* '[' '?' '!' 'q' 'h' 'r' 'b' '>' */
	struct sv arg;	/* wire name; of 'b': the member */
	struct sv root; /* of 'b' */
};

/* Walks the words; *rest starts as sv_from(op->hints). */
bool hint_next(struct sv *rest, struct hint *ret);
bool hint_find(const struct aws_op *op, char kind, const char *member,
    struct hint *ret);
/* The name on the wire. Borrowed; buf holds it when it differs. */
const char *hint_wire_name(const struct aws_op *op, const char *member,
    struct strbuf *buf);

/* ---- protocols ---- */

int wire_query_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err);
int wire_json_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err);
int wire_rest_build(const struct aws_op *op, const cJSON *in,
    struct wire_request *ret, struct err *err);
/* A scalar as the wire has it ("true", "1.5", text); false for others. */
bool wire_scalar(const cJSON *v, struct strbuf *out);

/* Members as <Member>...</Member> */
int wire_xml_write(const struct aws_op *op, const cJSON *v,
    struct strbuf *out, struct err *err);
/* An XML reply folded by the hints into output members. */
int wire_xml_read(const struct aws_op *op, struct sv body, cJSON **ret,
    struct err *err);
/* The code, message and id of an XML error; false when it is none. */
bool wire_xml_error(struct sv body, char **code, char **msg, char **id);

#endif
