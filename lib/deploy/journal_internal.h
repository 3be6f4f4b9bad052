/* Shared by the journal_*.c only. */
#ifndef CCDK_DEPLOY_JOURNAL_INTERNAL_H
#define CCDK_DEPLOY_JOURNAL_INTERNAL_H

#include "deploy/journal.h"

/* What was asked for, in the words of the command line, without what is
 * secret; the names of that go to secrets. Yours. */
cJSON *journal_options(const struct journal_start *s, struct strvec *secrets);
/* Removes what is too old to be of use. */
void journal_prune(const char *folder);
/* Removes what a deployment that ended well has made pointless: what is left
 * of earlier ones of this folder, with no other stacks. */
void journal_supersede(const struct journal_data *d);

#endif
