/*
 * Runs a command and writes "exit-status wall-seconds peak-kilobytes" to the
 * file named first. A process starts with the peak memory of the one that
 * started it, so this must be a small program: a script language would be
 * measured instead of a small command.
 * usage: measure RESULT COMMAND [ARG...]
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double start;
	FILE *out;
	pid_t pid;
	int status;

	if (argc < 3)
		return 2;
	start = now();
	if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0)
		return 2;
	if (wait4(pid, &status, 0, &used) != pid)
		return 2;
	out = fopen(argv[1], "w");
	if (!out)
		return 2;
	fprintf(out, "%d %.6f %ld\n",
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    now() - start, used.ru_maxrss);
	return fclose(out) ? 2 : 0;
}
