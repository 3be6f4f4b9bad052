/*
 * One object into S3: a single request up to 5 MiB, else parts of 5 MiB, four
 * at a time. The whole is signed and carries its SHA-256; parts carry their
 * CRC-32 in a signed header, and are signed themselves only in the clear to
 * other machines or where the bucket asks for it: hashing would take longer
 * than the way to a server nearby. An upload that was interrupted (the process
 * ended, the network went away) is gone on with the next time: parts that S3
 * has already with the same checksum are not sent again. After any other
 * failure what was begun is taken back.
 */
#ifndef CCDK_ASSET_S3_UPLOAD_H
#define CCDK_ASSET_S3_UPLOAD_H

#include "asset/meter.h"
#include "aws/call.h"

struct s3_object {
	struct aws *aws;
	const char *bucket, *key, *content_type;
	struct meter_of of; /* for who looks on */
	const char *algorithm, *key_id; /* encryption headers, may be NULL */
	struct sv data;
	bool from_fd;
	int fd;
	off_t size; /* of the file */
};

MUST_USE int s3_upload(const struct s3_object *o, struct err *err);

/* What an object of this size is cut into. */
off_t s3_part_size(off_t size);

#endif
