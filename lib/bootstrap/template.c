#include "bootstrap/bootstrap.h"

#include "util/file.h"
#include "util/share.h"
#include "util/yaml.h"

#define TEMPLATE_MAX ((size_t)16 << 20)

static int load_shared(const char *name, cJSON **ret, struct err *err)
{
	struct sv text;
	int rc = share_get(name, &text, err);

	return rc < 0 ? rc : yaml_parse(text, name, ret, err);
}

static int load_file(const char *path, cJSON **ret, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
	int rc = file_read(path, TEMPLATE_MAX, &text, err);

	if (rc == E_NOTFOUND)
		return err_set(err, E_IO, "ENOENT: no such file or directory, "
		    "open '%s'", path);
	return rc < 0 ? rc : yaml_parse(strbuf_sv(&text), path, ret, err);
}

static int load_legacy(const struct boot_opts *o, cJSON **ret,
    struct err *err)
{
	CLEANUP(json_free_p) cJSON *t = NULL;
	cJSON *rule, *props, *first;
	int rc = load_shared("bootstrap/legacy-template.yaml", &t, err);

	if (rc < 0)
		return rc;
	props = json_at(t, "Resources.StagingBucket.Properties");
	if (o->bucket_name)
		json_put_str(props, "BucketName", o->bucket_name);
	rule = json_at(props, "BucketEncryption."
	    "ServerSideEncryptionConfiguration.0."
	    "ServerSideEncryptionByDefault");
	if (o->kms_key_id)
		json_put_str(rule, "KMSMasterKeyID", o->kms_key_id);
	first = json_at(t, "Conditions.UsePublicAccessBlockConfiguration."
	    "Fn::Equals.0");
	if (first && o->public_access_block == 0)
		cJSON_SetValuestring(first, "false");
	*ret = TAKE(t);
	return 0;
}

int boot_template_load(struct app *app, const struct boot_opts *o,
    cJSON **ret, struct err *err)
{
	(void)app;
	if (o->template_file)
		return load_file(o->template_file, ret, err);
	if (o->legacy)
		return load_legacy(o, ret, err);
	return load_shared("bootstrap/bootstrap-template.yaml", ret, err);
}

static int version_of(const cJSON *v)
{
	int n = 0, digits = 0;

	if (cJSON_IsNumber(v))
		return v->valuedouble > 0 && v->valuedouble < 1e9 ?
		    (int)v->valuedouble : 0;
	if (!cJSON_IsString(v))
		return 0;
	for (const char *s = v->valuestring; *s >= '0' && *s <= '9' &&
	    digits < 9; s++, digits++)
		n = n * 10 + (*s - '0');
	return n;
}

int boot_template_version(const cJSON *template_)
{
	const cJSON *v = json_at(template_, "Outputs.BootstrapVersion.Value");

	if (!v)
		v = json_at(template_,
		    "Resources.CdkBootstrapVersion.Properties.Value");
	return version_of(v);
}

const char *boot_template_variant(const cJSON *template_)
{
	const char *v = json_str(template_,
	    "Parameters.BootstrapVariant.Default");

	return v ? v : "AWS CDK: Default Resources";
}

bool boot_template_has_parameter(const cJSON *template_, const char *name)
{
	return json_get(json_get(template_, "Parameters"), name) != NULL;
}
