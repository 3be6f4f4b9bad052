#include "aws/ops.h"

const struct aws_op aws_ops[OP_COUNT] = {
#define X(id, ...) { __VA_ARGS__ },
#include "aws/ops.def"
#undef X
};
