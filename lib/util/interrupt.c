#include "util/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "util/timeutil.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction old[ARRAY_SIZE(signals)];
static atomic_int kept;
static atomic_int watch_fd = -1;

/* As it was before: the handler that removes temporary files, or none. */
static void restore(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
}

static void on_signal(int sig)
{
	int saved = errno, fd = atomic_load(&watch_fd);
	uint64_t one = 1;
	bool again = atomic_exchange(&kept, sig) != 0;

	restore();
	if (again)
		(void)raise(sig); /* as soon as this handler returns */
	else if (fd < 0)
		cancel_request();
	else if (write(fd, &one, sizeof(one)) < 0)
		cancel_request();
	errno = saved;
}

static void install(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	/* the event that cancel_request() writes to has to be there already */
	(void)wait_ms(0);
	sigfillset(&act.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], NULL, &old[i]);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (old[i].sa_handler != SIG_IGN) /* nohup */
			sigaction(signals[i], &act, NULL);
}

void interrupt_defer(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
}

int interrupt_watch(void)
{
	static int fd = -1;

	/* never closed: the handler may be running on another thread */
	if (fd < 0)
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_store(&watch_fd, fd);
	interrupt_defer();
	return fd;
}

void interrupt_unwatch(void)
{
	atomic_store(&watch_fd, -1);
}

int interrupt_kept(void)
{
	return atomic_load(&kept);
}

void interrupt_raise(void)
{
	int sig = interrupt_kept();
	sigset_t set;

	if (!sig)
		return;
	/* it goes to this thread, which may be one that takes no signals */
	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(sig);
}
