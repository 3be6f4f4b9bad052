/*
 * The run as the log viewers of build systems like it: a group per stack, the
 * first cause of a failure as an annotation, a summary table. It watches the
 * feed of events (util/feed.h); its lines go where the other text goes.
 *
 * Groups cannot overlap, so stacks that are at work at once get none.
 */
#ifndef CCDK_DEPLOY_CI_H
#define CCDK_DEPLOY_CI_H

#include "util/feed.h"

enum ci_format { CI_NONE, CI_GITHUB, CI_GITLAB };

/* "github", "gitlab", "none", or "auto": as the variables GITHUB_ACTIONS and
 * GITLAB_CI of the environment say. NULL is none. */
enum ci_format ci_format_of(const char *option);

struct ci;
/* Watches f from now on; NULL for CI_NONE. sink is borrowed. */
struct ci *ci_new(enum ci_format format, struct feed *f, struct sink *sink);
void ci_free(struct ci *ci);

/* Values in workflow commands of GitHub: property is one before "::". */
void ci_github_escape(struct strbuf *out, const char *text, bool property);
/* A cell of a Markdown table. */
void ci_markdown_escape(struct strbuf *out, const char *text);

#endif
