/*
 * CRC-32 as zip, PNG and S3 (x-amz-checksum-crc32) have it: no protection
 * against anybody, but it finds what a line or a disk spoils, at memory speed.
 */
#ifndef CCDK_UTIL_CRC32_H
#define CCDK_UTIL_CRC32_H

#include "util/err.h"
#include "util/strbuf.h"

uint32_t crc32_data(struct sv data);
/* Of len bytes of an open file from offset off; E_IO when they are not all
 * there. */
MUST_USE int crc32_fd(int fd, off_t off, off_t len, uint32_t *ret,
    struct err *err);
/* Most significant byte first, as S3 spells it in base64. */
void crc32_bytes(uint32_t crc, unsigned char ret[4]);

#endif
