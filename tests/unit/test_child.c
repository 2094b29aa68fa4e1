// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command behind `--`: held until it is let go, its end; and what is different with a load.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/child.h"
#include "test.h"

/* Our own stdin, stdout and stderr, while a test has others in their places: something to read. */
struct streams {
	int kept[3];
	int out, err; /* files that take what is printed */
};

static void streams_begin(struct streams *s)
{
	int input[2];

	fflush(stdout);
	s->out = memfd_create("out", 0);
	s->err = memfd_create("err", 0);
	if (s->out < 0 || s->err < 0 || pipe(input) || write(input[1], "typed\n", 6) != 6)
		exit(1);
	for (int i = 0; i < 3; i++)
		s->kept[i] = dup(i);
	dup2(input[0], 0);
	dup2(s->out, 1);
	dup2(s->err, 2);
	close(input[0]);
	close(input[1]);
}

static void streams_end(struct streams *s)
{
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		dup2(s->kept[i], i);
		close(s->kept[i]);
	}
}

static char *text_of(int fd)
{
	static char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Starts a shell's script, and lets it go. */
static struct child *start(const char *script, bool load)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL };
	struct child *child;

	if (child__new(argv, load, &child) || child_release(child))
		exit(1);
	return child;
}

static int end(struct child *child)
{
	int status = child_wait(child);

	child__free(child);
	return status;
}

static void a_command_tells_its_status(void)
{
	CHECK_INT(end(start("exit 0", false)), 0);
	CHECK_INT(end(start("exit 7", true)), 7);
	CHECK_INT(end(start("kill -9 $$", true)), 128 + 9);
}

static void a_command_is_held_until_it_is_let_go(void)
{
	char *const argv[] = { "true", NULL };
	struct child *child;

	if (child__new(argv, true, &child))
		exit(1);
	CHECK(!child_ended(child, 50));
	CHECK_INT(child_release(child), 0);
	CHECK(child_ended(child, 5000));
	CHECK_INT(end(child), 0);
}

static void a_command_that_is_not_there_is_told(void)
{
	char *const argv[] = { "/nonexistent/command", NULL };
	struct child *child;

	if (child__new(argv, true, &child))
		exit(1);
	CHECK_INT(child_release(child), -ENOENT);
	child__free(child);
}

static void a_commands_streams_are_ours(void)
{
	struct streams s;
	int status;

	streams_begin(&s);
	status = end(start("echo printed; cat", false));
	streams_end(&s);
	CHECK_INT(status, 0);
	CHECK_STR(text_of(s.out), "printed\ntyped\n");
	CHECK_STR(text_of(s.err), "");
	close(s.out);
	close(s.err);
}

/* Who reads our stdout wants our results; who waits for input would wait for ever. */
static void a_load_prints_to_stderr_and_reads_nothing(void)
{
	struct streams s;
	int status;

	streams_begin(&s);
	status = end(start("echo printed; cat; exit 3", true));
	streams_end(&s);
	CHECK_INT(status, 3);
	CHECK_STR(text_of(s.out), "");
	CHECK_STR(text_of(s.err), "printed\n");
	close(s.out);
	close(s.err);
}

static void a_load_is_a_group_of_its_own(void)
{
	struct child *load = start("sleep 10", true), *command = start("sleep 10", false);

	CHECK_INT(getpgid(child_pid(load)), child_pid(load));
	CHECK_INT(getpgid(child_pid(command)), getpgrp());
	child_signal(load, SIGTERM);
	child_signal(command, SIGTERM);
	CHECK_INT(end(load), 128 + SIGTERM);
	CHECK_INT(end(command), 128 + SIGTERM);
}

/* What a load's shell leaves behind becomes our child, so that its end can be waited for. */
static void a_signal_reaches_all_of_a_load(void)
{
	struct child *load;
	struct streams s;
	int status = 0;
	pid_t pid, ended = 0;

	streams_begin(&s);
	load = start("sleep 100 & echo $!; wait", true);
	streams_end(&s);
	for (int i = 0; i < 500 && !strchr(text_of(s.err), '\n'); i++)
		usleep(10000);
	pid = atoi(text_of(s.err));
	child_signal(load, SIGTERM);
	CHECK_INT(end(load), 128 + SIGTERM);
	CHECK(pid > 0);
	for (int i = 0; i < 500 && !(ended = waitpid(pid, &status, WNOHANG)); i++)
		usleep(10000);
	CHECK_INT(ended, pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	close(s.out);
	close(s.err);
}

static const struct test tests[] = {
	TEST(a_command_tells_its_status),
	TEST(a_command_is_held_until_it_is_let_go),
	TEST(a_command_that_is_not_there_is_told),
	TEST(a_commands_streams_are_ours),
	TEST(a_load_prints_to_stderr_and_reads_nothing),
	TEST(a_load_is_a_group_of_its_own),
	TEST(a_signal_reaches_all_of_a_load),
};

TEST_MAIN("child")
