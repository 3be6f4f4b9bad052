/*
 * Requests as they go out and replies as they come in, per protocol.
 */
#include "aws/wire.h"

#include <setjmp.h>

#include <cmocka.h>

static cJSON *parse(const char *text)
{
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *j = NULL;

	if (json_parse(sv_from(text), "input", &j, &err) < 0)
		fail_msg("%s", err_text(&err));
	return j;
}

static void build(const struct aws_op *op, const char *in,
    struct wire_request *ret)
{
	CLEANUP(json_free_p) cJSON *j = parse(in);
	CLEANUP(err_release) struct err err = { 0 };

	*ret = (struct wire_request)WIRE_REQUEST_INIT;
	if (wire_build(op, j, ret, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void check_request(const struct aws_op *op, const char *in,
    const char *first, const char *headers, const char *body)
{
	struct wire_request r;
	CLEANUP(free_p) char *line = NULL, *all = NULL;

	build(op, in, &r);
	line = xasprintf("%s %s%s%s", r.method, r.path.buf,
	    r.query.len ? "?" : "", r.query.buf);
	all = strvec_join(&r.headers, "|");
	assert_string_equal(line, first);
	assert_string_equal(all, headers);
	assert_string_equal(r.body.buf, body);
	wire_request_release(&r);
}

static void check_refused(const struct aws_op *op, const char *in,
    const char *text)
{
	CLEANUP(json_free_p) cJSON *j = parse(in);
	CLEANUP(err_release) struct err err = { 0 };
	struct wire_request r = WIRE_REQUEST_INIT;

	assert_int_equal(wire_build(op, j, &r, &err), E_INVALID);
	assert_string_equal(err_text(&err), text);
	wire_request_release(&r);
}

#define FORM "Content-Type: application/x-www-form-urlencoded"

static void t_query(void **state)
{
	const struct aws_op *op = &aws_ops[OP_CFN_CREATE_CHANGE_SET];
	const struct aws_op ec2 = { "ec2", NULL, "2016-11-15",
		"DescribeVpcs", AWS_EC2, NULL, NULL, NULL, NULL,
		"Filters>Filter Values>Value Vpcs>vpcSet Vpcs[]", 0 };

	(void)state;
	check_request(op, "{}", "POST /", FORM,
	    "Action=CreateChangeSet&Version=2010-05-15");
	check_request(op, "{\"StackName\":\"a b+\\u00e9~/*\",\"Tags\":[],"
	    "\"Parameters\":[{\"ParameterKey\":\"K\","
	    "\"UsePreviousValue\":true},{\"ParameterKey\":\"L\","
	    "\"ParameterValue\":\"\"}],\"Skip\":null,\"N\":60,"
	    "\"Deep\":{\"Mode\":false}}", "POST /", FORM,
	    "Action=CreateChangeSet&Version=2010-05-15"
	    "&StackName=a%20b%2B%C3%A9~%2F%2A&Tags="
	    "&Parameters.member.1.ParameterKey=K"
	    "&Parameters.member.1.UsePreviousValue=true"
	    "&Parameters.member.2.ParameterKey=L"
	    "&Parameters.member.2.ParameterValue="
	    "&N=60&Deep.Mode=false");
	check_request(&ec2, "{\"Filters\":[{\"Name\":\"tag:x\","
	    "\"Values\":[\"1\",\"2\"]}]}", "POST /", FORM,
	    "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3Ax"
	    "&Filter.1.Value.1=1&Filter.1.Value.2=2");
}

static void t_json(void **state)
{
	(void)state;
	check_request(&aws_ops[OP_SSM_GET_PARAMETER],
	    "{\"Name\":\"/a\",\"WithDecryption\":true}", "POST /",
	    "Content-Type: application/x-amz-json-1.1|"
	    "X-Amz-Target: AmazonSSM.GetParameter",
	    "{\"Name\":\"/a\",\"WithDecryption\":true}");
	check_request(&aws_ops[OP_ECR_GET_AUTHORIZATION_TOKEN], "{}",
	    "POST /", "Content-Type: application/x-amz-json-1.1|"
	    "X-Amz-Target: AmazonEC2ContainerRegistry_V20150921."
	    "GetAuthorizationToken", "{}");
}

static void t_rest(void **state)
{
	const struct aws_op lambda = { "lambda", NULL, "2015-03-31",
		"UpdateFunctionCode", AWS_REST_JSON,
		"PUT /2015-03-31/functions/{FunctionName}/code", NULL, NULL,
		NULL, "Qualifier=q:Qualifier", 0 };

	(void)state;
	check_request(&aws_ops[OP_S3_PUT_OBJECT],
	    "{\"Bucket\":\"b\",\"Key\":\"a b/../+\\u00e9~\","
	    "\"ServerSideEncryption\":\"aws:kms\"}",
	    "PUT /a%20b/../%2B%C3%A9~?x-id=PutObject",
	    "x-amz-server-side-encryption: aws:kms", "");
	check_request(&aws_ops[OP_S3_LIST_OBJECTS_V2],
	    "{\"Bucket\":\"b\",\"Prefix\":\"x/ y\",\"MaxKeys\":1}",
	    "GET /?list-type=2&prefix=x%2F%20y&max-keys=1", "", "");
	check_request(&aws_ops[OP_S3_LIST_MULTIPART_UPLOADS],
	    "{\"Bucket\":\"b\",\"Prefix\":\"k\"}",
	    "GET /?uploads&prefix=k", "", "");
	check_request(&aws_ops[OP_S3_LIST_PARTS],
	    "{\"Bucket\":\"b\",\"Key\":\"k\",\"UploadId\":\"u/1\"}",
	    "GET /k?x-id=ListParts&uploadId=u%2F1", "", "");
	check_request(&aws_ops[OP_S3_GET_OBJECT],
	    "{\"Bucket\":\"b\",\"Key\":\"k\",\"Range\":\"bytes=0-9\"}",
	    "GET /k?x-id=GetObject", "Range: bytes=0-9", "");
	check_request(&aws_ops[OP_S3_COMPLETE_MULTIPART_UPLOAD],
	    "{\"Bucket\":\"b\",\"Key\":\"k\",\"UploadId\":\"u/1\","
	    "\"MultipartUpload\":{\"Parts\":[{\"ETag\":\"\\\"<1>\\\"\","
	    "\"PartNumber\":1},{\"ETag\":\"2\",\"PartNumber\":2}]}}",
	    "POST /k?uploadId=u%2F1", "Content-Type: application/xml",
	    "<CompleteMultipartUpload "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><ETag>"
	    "&quot;&lt;1&gt;&quot;</ETag><PartNumber>1</PartNumber></Part>"
	    "<Part><ETag>2</ETag><PartNumber>2</PartNumber></Part>"
	    "</CompleteMultipartUpload>");
	check_request(&lambda, "{\"FunctionName\":\"arn:x/y\","
	    "\"Qualifier\":\"1\",\"Publish\":true}",
	    "PUT /2015-03-31/functions/arn%3Ax%2Fy/code?Qualifier=1",
	    "Content-Type: application/json", "{\"Publish\":true}");
	check_refused(&aws_ops[OP_S3_PUT_OBJECT], "{\"Bucket\":\"b\"}",
	    "PutObject needs a 'Key'");
	check_refused(&aws_ops[OP_S3_PUT_OBJECT],
	    "{\"Bucket\":\"\",\"Key\":\"k\"}", "PutObject needs a 'Bucket'");
	check_refused(&aws_ops[OP_S3_PUT_OBJECT],
	    "{\"Bucket\":\"b\",\"Key\":\"k\",\"Tpyo\":1}",
	    "PutObject does not know how to send 'Tpyo'");
	check_refused(&aws_ops[OP_S3_PUT_OBJECT],
	    "{\"Bucket\":\"b\",\"Key\":\"k\",\"SSEKMSKeyId\":\"a\\r\\nX: y\"}",
	    "PutObject: 'SSEKMSKeyId' has a line break");
}

/* ---- replies ------------------------------------------------------------- */

static struct http_res result(int status, const char *body)
{
	struct http_res r = { .status = status, .body = STRBUF_INIT };

	r.headers.free_value = free;
	strbuf_adds(&r.body, body);
	return r;
}

static void check_reply(const struct aws_op *op, const char *body,
    const char *header, const char *value, const char *want)
{
	struct http_res res = result(200, body);
	CLEANUP(json_free_p) cJSON *out = NULL;
	CLEANUP(err_release) struct err err = { 0 };
	CLEANUP(free_p) char *text = NULL;

	if (header)
		strmap_set(&res.headers, header, xstrdup(value));
	if (wire_reply(op, &res, &out, &err) < 0)
		fail_msg("%s", err_text(&err));
	text = json_text(out, 0);
	assert_string_equal(text, want);
	http_res_release(&res);
}

static void t_replies(void **state)
{
	const struct aws_op ec2 = { "ec2", NULL, "2016-11-15",
		"DescribeVpcs", AWS_EC2, NULL, NULL, NULL, NULL,
		"Vpcs>vpcSet Vpcs[]", 0 };

	(void)state;
	check_reply(&aws_ops[OP_CFN_DESCRIBE_STACKS],
	    "<DescribeStacksResponse xmlns=\"x\"><DescribeStacksResult>"
	    "<Stacks><member><StackName>a</StackName><Outputs/>"
	    "<Tags><member><Key>k</Key><Value/></member></Tags>"
	    "<EnableTerminationProtection>true</EnableTerminationProtection>"
	    "</member></Stacks></DescribeStacksResult><ResponseMetadata>"
	    "<RequestId>r</RequestId></ResponseMetadata>"
	    "</DescribeStacksResponse>", NULL, NULL,
	    "{\"Stacks\":[{\"StackName\":\"a\",\"Outputs\":[],"
	    "\"Tags\":[{\"Key\":\"k\",\"Value\":\"\"}],"
	    "\"EnableTerminationProtection\":true}]}");
	/* a list that no hint names, and one with two elements */
	check_reply(&aws_ops[OP_STS_GET_CALLER_IDENTITY],
	    "<R><GetCallerIdentityResult><L><member>1</member>"
	    "<member>2</member></L><M><member>3</member></M>"
	    "</GetCallerIdentityResult></R>", NULL, NULL,
	    "{\"L\":[\"1\",\"2\"],\"M\":[\"3\"]}");
	check_reply(&aws_ops[OP_CFN_DELETE_STACK],
	    "<DeleteStackResponse><ResponseMetadata/></DeleteStackResponse>",
	    NULL, NULL, "{\"ResponseMetadata\":\"\"}");
	check_reply(&aws_ops[OP_S3_LIST_OBJECTS_V2],
	    "<ListBucketResult><IsTruncated>false</IsTruncated>"
	    "<Contents><Key>k</Key></Contents></ListBucketResult>", NULL,
	    NULL, "{\"IsTruncated\":false,\"Contents\":[{\"Key\":\"k\"}]}");
	check_reply(&aws_ops[OP_S3_GET_OBJECT], " <Error>\x01 ", NULL, NULL,
	    "{\"Body\":\"IDxFcnJvcj4BIA==\"}");
	check_reply(&aws_ops[OP_S3_LIST_PARTS],
	    "<ListPartsResult><IsTruncated>true</IsTruncated><Part>"
	    "<PartNumber>1</PartNumber></Part></ListPartsResult>", NULL,
	    NULL, "{\"IsTruncated\":true,\"Part\":[{\"PartNumber\":\"1\"}]}");
	check_reply(&aws_ops[OP_S3_GET_BUCKET_LOCATION],
	    "<?xml version=\"1.0\"?>\n<LocationConstraint xmlns=\"x\">"
	    "eu-west-1</LocationConstraint>", NULL, NULL,
	    "{\"LocationConstraint\":\"eu-west-1\"}");
	check_reply(&aws_ops[OP_S3_GET_BUCKET_LOCATION],
	    "<LocationConstraint/>", NULL, NULL, "{}");
	check_reply(&aws_ops[OP_S3_PUT_OBJECT], "", "etag", "\"e\"",
	    "{\"ETag\":\"\\\"e\\\"\"}");
	check_reply(&aws_ops[OP_SSM_GET_PARAMETER],
	    "{\"Parameter\":{\"Value\":\"1\"}}", NULL, NULL,
	    "{\"Parameter\":{\"Value\":\"1\"}}");
	check_reply(&ec2, "<DescribeVpcsResponse><requestId>x</requestId>"
	    "<vpcSet><item><vpcId>v</vpcId><tagSet/></item></vpcSet>"
	    "</DescribeVpcsResponse>", NULL, NULL,
	    "{\"RequestId\":\"x\",\"Vpcs\":[{\"VpcId\":\"v\","
	    "\"TagSet\":\"\"}]}");
}

static void t_bad_replies(void **state)
{
	static const char *const bad[] = { "<a>", "{}", "<a/><b/>",
		"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct http_res res = result(200, bad[i]);
		CLEANUP(err_release) struct err err = { 0 };
		cJSON *out = NULL;

		assert_int_equal(wire_reply(&aws_ops[OP_CFN_LIST_STACKS],
		    &res, &out, &err), E_NET);
		assert_true(str_starts(err_text(&err),
		    "the reply to ListStacks cannot be read: "));
		assert_null(out);
		http_res_release(&res);
	}
}

struct error_case {
	enum aws_op_id op;
	int status;
	const char *body;
	const char *header, *value;
	const char *code, *msg, *id;
};

static const struct error_case errors[] = {
	{ OP_CFN_DESCRIBE_STACKS, 400,
	    "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type>"
	    "<Code>ValidationError</Code><Message>Stack with id a does not "
	    "exist</Message></Error><RequestId>r-1</RequestId>"
	    "</ErrorResponse>", NULL, NULL, "ValidationError",
	    "Stack with id a does not exist", "r-1" },
	{ OP_CFN_DESCRIBE_STACKS, 400, "<Response><Errors><Error><Code>C"
	    "</Code><Message>m</Message></Error></Errors><RequestID>r-2"
	    "</RequestID></Response>", NULL, NULL, "C", "m", "r-2" },
	{ OP_S3_GET_BUCKET_LOCATION, 404, "<?xml version=\"1.0\"?><Error>"
	    "<Code>NoSuchBucket</Code><Message>The specified bucket does not "
	    "exist</Message><RequestId>r-3</RequestId></Error>", NULL, NULL,
	    "NoSuchBucket", "The specified bucket does not exist", "r-3" },
	{ OP_S3_PUT_OBJECT, 301, "<Error><Code>PermanentRedirect</Code>"
	    "<Message>elsewhere</Message></Error>", "x-amz-bucket-region",
	    "eu-west-1", "PermanentRedirect",
	    "elsewhere (the bucket is in region 'eu-west-1')", NULL },
	{ OP_S3_HEAD_OBJECT, 404, "", "x-amz-request-id", "r-4", "NotFound",
	    "HeadObject was answered with HTTP status 404", "r-4" },
	{ OP_S3_HEAD_OBJECT, 403, "", NULL, NULL, "Forbidden",
	    "HeadObject was answered with HTTP status 403", NULL },
	{ OP_CFN_LIST_STACKS, 503, "<html><body>no</body></html>",
	    "content-type", "text/html", "ServiceUnavailable",
	    "ListStacks was answered with HTTP status 503 and a web page: a "
	    "proxy may stand between here and AWS", NULL },
	{ OP_CFN_LIST_STACKS, 500, "<!doctype html>\n<title>500</title>",
	    NULL, NULL, "InternalError", "ListStacks was answered with HTTP "
	    "status 500 and a web page: a proxy may stand between here and "
	    "AWS", NULL },
	{ OP_SSM_GET_PARAMETER, 400, "{\"__type\":\"com.amazon#"
	    "ParameterNotFound\",\"message\":\"gone\"}", "x-amzn-requestid",
	    "r-5", "ParameterNotFound", "gone", "r-5" },
	{ OP_SSM_GET_PARAMETER, 400, "{\"Message\":\"m\"}",
	    "x-amzn-errortype", "Code:http://x/", "Code", "m", NULL },
	{ OP_SSM_GET_PARAMETER, 400, "{\"__type\":\"Only\"}", NULL, NULL,
	    "Only", "Only", NULL },
	{ OP_SSM_GET_PARAMETER, 418, "teapot", "content-type", "text/plain",
	    "UnknownError", "GetParameter was answered with HTTP status 418 "
	    "and no AWS error (text/plain)", NULL },
};

static void t_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		const struct error_case *c = &errors[i];
		struct http_res res = result(c->status, c->body);
		CLEANUP(err_release) struct err err = { 0 };

		if (c->header)
			strmap_set(&res.headers, c->header,
			    xstrdup(c->value));
		assert_int_equal(wire_error(&aws_ops[c->op], &res, &err),
		    E_AWS);
		assert_int_equal(err.http_status, c->status);
		assert_string_equal(err.aws_code, c->code);
		assert_string_equal(err_text(&err), c->msg);
		assert_true(streq0(err.request_id, c->id));
		http_res_release(&res);
	}
}

/* What begins like an answer of AWS and does not end is none. */
static void t_cut_errors(void **state)
{
	static const struct {
		enum aws_op_id op;
		const char *body;
	} cut[] = {
		{ OP_CFN_LIST_STACKS, "<ErrorResponse><Error><Code>Thr" },
		{ OP_SSM_GET_PARAMETER, "{\"__type\":\"Param" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++) {
		struct http_res res = result(400, cut[i].body);
		CLEANUP(err_release) struct err err = { 0 };

		assert_int_equal(wire_error(&aws_ops[cut[i].op], &res, &err),
		    E_NET);
		assert_non_null(strstr(err_text(&err), "(HTTP status 400) "
		    "cannot be read"));
		http_res_release(&res);
	}
}

static void t_error_in_200(void **state)
{
	struct http_res res = result(200, "<?xml version=\"1.0\"?><Error>"
	    "<Code>InternalError</Code><Message>late</Message></Error>");
	CLEANUP(err_release) struct err err = { 0 };
	cJSON *out = NULL;

	(void)state;
	assert_int_equal(wire_reply(&aws_ops[OP_S3_COMPLETE_MULTIPART_UPLOAD],
	    &res, &out, &err), E_AWS);
	assert_string_equal(err.aws_code, "InternalError");
	http_res_release(&res);
}

/* Every row can be built: a method and a path, hints that parse. */
static void t_rows(void **state)
{
	static const char kinds[] = "[?!qhrb>";

	(void)state;
	for (size_t i = 0; i < OP_COUNT; i++) {
		const struct aws_op *op = &aws_ops[i];
		struct sv rest = sv_from(op->hints ? op->hints : "");
		struct hint h;

		assert_non_null(op->service);
		assert_non_null(op->name);
		assert_true(!op->items == !op->token_in);
		assert_true(!op->items == !op->token_out);
		while (hint_next(&rest, &h)) {
			if (!strchr(kinds, h.kind) || h.kind == ' ')
				fail_msg("%s: hint '%.*s'", op->name,
				    SV_FMT(h.member));
		}
		if (op->protocol == AWS_REST_XML ||
		    op->protocol == AWS_REST_JSON)
			assert_non_null(op->http);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_query),
		cmocka_unit_test(t_json),
		cmocka_unit_test(t_rest),
		cmocka_unit_test(t_replies),
		cmocka_unit_test(t_bad_replies),
		cmocka_unit_test(t_errors),
		cmocka_unit_test(t_cut_errors),
		cmocka_unit_test(t_error_in_200),
		cmocka_unit_test(t_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
