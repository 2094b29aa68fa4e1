// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is kept of the machine, against what its own tools say: readelf, uname, nproc.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compare/host.h"
#include "test.h"

/* The first line that a command prints, without its newline; "" when it is not there. */
static const char *says(const char *command)
{
	static char line[512];
	FILE *f = popen(command, "r");

	line[0] = '\0';
	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	if (f)
		pclose(f);
	return line;
}

/* --- the host --- */

static void a_host_is_what_its_tools_say(void)
{
	struct series *s = series__new("test");
	uint64_t kilobytes;

	CHECK_INT(host_read(&s->host), 0);
	CHECK_STR(s->host.name, says("uname -n"));
	CHECK_STR(s->host.machine, says("uname -m"));
	CHECK_STR(s->host.kernel, says("uname -r"));
	CHECK_INT(s->host.cpus, atoi(says("getconf _NPROCESSORS_ONLN")));
	kilobytes = strtoull(says("awk '/^MemTotal/ { print $2 }' /proc/meminfo"), NULL, 10);
	CHECK_INT(s->host.memory / 1024, kilobytes);
	CHECK(s->host.cpu != NULL);
	series__free(s);
}

static double loadavg(void)
{
	return atof(says("cut -d' ' -f1 /proc/loadavg"));
}

/* It changes every 5 s: what is read in between is the one or the other, which the file rounds. */
static void load_is_the_minutes(void)
{
	double before = loadavg(), load = host_load(), after = loadavg();
	double least = before < after ? before : after, most = before < after ? after : before;

	CHECK(load >= least - 0.01 && load <= most + 0.01);
}

static void check_cpu(const char *cpuinfo, const char *want)
{
	FILE *f = fmemopen((void *)cpuinfo, strlen(cpuinfo), "r");
	char text[64];

	CHECK_STR(host_cpu(f, text, sizeof(text)), want);
	fclose(f);
}

static void a_cpu_is_its_first_models_name(void)
{
	check_cpu("processor\t: 0\nmodel\t\t: 167\nmodel name\t: Intel(R) Xeon(R) @ 2.0GHz \n"
		  "stepping\t: 8\n\nprocessor\t: 1\nmodel name\t: another\n",
		  "Intel(R) Xeon(R) @ 2.0GHz");
}

static void an_arm_is_its_part(void)
{
	check_cpu("processor\t: 0\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\n"
		  "CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n"
		  "CPU revision\t: 1\n\nprocessor\t: 1\nCPU part\t: 0xd40\n",
		  "Arm implementer 0x41 part 0xd0c");
}

static void a_cpu_without_a_name_is_unknown(void)
{
	check_cpu("processor\t: 0\nhart\t: 2\nisa\t: rv64imafdc\n", "");
	check_cpu("model name", "");
	check_cpu("\n", "");
}

static void a_long_cpus_name_is_cut(void)
{
	char line[256] = "model name\t: ";

	memset(line + strlen(line), 'x', 200);
	line[212] = '\0';
	check_cpu(line, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

/* --- build IDs --- */

static void a_binarys_build_id_is_readelfs(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char command[256], text[BUILD_ID_SIZE];
	const char *want;

	snprintf(command, sizeof(command),
		 "readelf -n /proc/%d/exe 2>/dev/null | sed -n 's/.*Build ID: //p'", getpid());
	want = says(command);
	if (!*want) {
		close(fd);
		SKIP("no readelf, or this linker makes no build ID");
	}
	CHECK_STR(build_id_read(fd, text, sizeof(text)), want);
	close(fd);
}

/* What cc makes of nothing, with more options. */
static bool make_object(const char *path, const char *options)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "echo 'int main(void) { return 0; }' | cc -x c - %s -o %s 2>/dev/null", options,
		 path);
	return !system(command);
}

static void check_made(const char *options, const char *want)
{
	char path[] = "/tmp/test_host.XXXXXX", text[BUILD_ID_SIZE];
	int fd = mkstemp(path), made;

	CHECK(make_object(path, options));
	made = open(path, O_RDONLY);
	CHECK_STR(build_id_read(made, text, sizeof(text)), want);
	close(made);
	close(fd);
	unlink(path);
}

static void a_build_id_that_was_chosen_is_read(void)
{
	if (system("cc --version >/dev/null 2>&1"))
		SKIP("no cc");
	check_made("-Wl,--build-id=0x0123456789abcdef", "0123456789abcdef");
	/* stripped of what is not loaded */
	check_made("-s -Wl,--build-id=0xfedc", "fedc");
	check_made("-Wl,--build-id=none", "");
}

static void a_build_id_is_cut_where_there_is_no_room(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char all[BUILD_ID_SIZE], some[6], one[1];

	build_id_read(fd, all, sizeof(all));
	all[strlen(all) > 4 ? 4 : strlen(all)] = '\0';
	CHECK_STR(build_id_read(fd, some, sizeof(some)), all);
	CHECK_STR(build_id_read(fd, one, sizeof(one)), "");
	close(fd);
}

/* The first `size` bytes of this program. */
static int cut_file(size_t size)
{
	int in = open("/proc/self/exe", O_RDONLY), out = memfd_create("cut", 0);
	char *bytes = malloc(size);

	if (read(in, bytes, size) != (ssize_t)size || write(out, bytes, size) != (ssize_t)size)
		exit(1);
	free(bytes);
	close(in);
	return out;
}

static void what_is_no_elf_has_no_build_id(void)
{
	static const size_t sizes[] = { 0, 1, 16, 63, 64, 200, 500 };
	char text[BUILD_ID_SIZE] = "x";
	int fd = open("/proc/self/status", O_RDONLY);

	CHECK_STR(build_id_read(fd, text, sizeof(text)), "");
	close(fd);
	CHECK_STR(build_id_read(-1, text, sizeof(text)), "");
	/* cut short: before the notes, and in the midst of the headers */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = cut_file(sizes[i]);
		CHECK_STR(build_id_read(fd, text, sizeof(text)), "");
		close(fd);
	}
}

static const struct test tests[] = {
	TEST(a_host_is_what_its_tools_say),
	TEST(load_is_the_minutes),
	TEST(a_cpu_is_its_first_models_name),
	TEST(an_arm_is_its_part),
	TEST(a_cpu_without_a_name_is_unknown),
	TEST(a_long_cpus_name_is_cut),
	TEST(a_binarys_build_id_is_readelfs),
	TEST(a_build_id_that_was_chosen_is_read),
	TEST(a_build_id_is_cut_where_there_is_no_room),
	TEST(what_is_no_elf_has_no_build_id),
};

TEST_MAIN("host")
