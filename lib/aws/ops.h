/*
 * The table of AWS operations; rows in ops.def.
 */
#ifndef CCDK_AWS_OPS_H
#define CCDK_AWS_OPS_H

#include "util/base.h"

enum aws_protocol {
	AWS_QUERY,
	AWS_EC2,
	AWS_JSON10,
	AWS_JSON11,
	AWS_REST_JSON,
	AWS_REST_XML
};

enum aws_op_flags {
	OP_SAFE = 1u << 0, /* reading: may always be repeated */
	OP_S3 = 1u << 1,   /* S3 addressing and signing */
	OP_UNSIGNED = 1u << 2,
};

enum aws_op_id {
#define X(id, ...) OP_##id,
#include "aws/ops.def"
#undef X
	OP_COUNT
};

struct aws_op {
	const char *service;   /* endpoint prefix, also AWS_ENDPOINT_URL_<X> */
	const char *signing;   /* signing name, NULL: service */
	const char *version;   /* API version or JSON target prefix */
	const char *name;      /* "DescribeStacks" */
	enum aws_protocol protocol;
	const char *http;      /* "PUT /{Bucket}/{Key+}" for REST */
	const char *items;     /* page item list */
	const char *token_in, *token_out;
	const char *hints;     /* see wire_xml.h */
	unsigned flags;
};

extern const struct aws_op aws_ops[OP_COUNT];

#endif
