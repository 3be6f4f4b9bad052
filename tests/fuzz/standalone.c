/*
 * Feeds files, and the files of folders, to one fuzz target: what libFuzzer
 * does with a corpus, without libFuzzer. Prints the count; none is a failure.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "util/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rbe");
	/* of the exact size, so that a sanitizer sees any byte too far */
	CLEANUP(free_p) uint8_t *data = xmalloc(size);
	size_t n;

	if (!f) {
		fprintf(stderr, "%s: %m\n", path);
		return -1;
	}
	n = fread(data, 1, size, f);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	return 1;
}

/* The number of inputs, or -1. */
static int replay(const char *path)
{
	struct dirent *entry;
	struct stat st;
	int count = 0;
	DIR *dir;

	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %m\n", path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "%s: %m\n", path);
		return -1;
	}
	while ((entry = readdir(dir))) {
		CLEANUP(free_p) char *name =
		    xasprintf("%s/%s", path, entry->d_name);
		int n = entry->d_name[0] == '.' ? 0 : replay(name);

		if (n < 0) {
			count = -1;
			break;
		}
		count += n;
	}
	(void)closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay(argv[i]);

		if (n < 0)
			return 1;
		count += n;
	}
	printf("%d inputs\n", count);
	return count == 0;
}
