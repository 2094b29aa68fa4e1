// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where processes run, from texts of /proc/PID/cgroup as engines and systemd make them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/where.h"
#include "test.h"

#define ID   "4f1a9c3be7d2508866ab01fcd3e94f7715c0a2b98de6431f70ac5be2d8914c03"
#define ID2  "0d2b7c9e1f3a5b4c6d8e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"
#define UID  "b1946ac9_2d3e_4f5a_8b6c_7d8e9fa0b1c2"
#define UUID "b1946ac9-2d3e-4f5a-8b6c-7d8e9fa0b1c2"

struct row {
	const char *cgroup, *where;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char where[256];

		CHECK(where_cgroup(rows[i].cgroup, where, sizeof(where)) == where);
		if (strcmp(where, rows[i].where) != 0)
			printf("# %s\n", rows[i].cgroup);
		CHECK_STR(where, rows[i].where);
	}
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void containers_have_their_engine_and_id(void)
{
	static const struct row rows[] = {
		/* docker: systemd driver, cgroupfs driver, rootless */
		{ "0::/system.slice/docker-" ID ".scope\n", "docker-4f1a9c3be7d2" },
		{ "0::/docker/" ID "\n", "docker-4f1a9c3be7d2" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID
		  ".scope\n",
		  "docker-4f1a9c3be7d2" },
		/* podman: root, rootless, what runs in it, cgroupfs driver, pods */
		{ "0::/machine.slice/libpod-" ID ".scope\n", "podman-4f1a9c3be7d2" },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", "podman-4f1a9c3be7d2" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID
		  ".scope/container\n",
		  "podman-4f1a9c3be7d2" },
		{ "0::/libpod_parent/libpod-" ID "\n", "podman-4f1a9c3be7d2" },
		{ "0::/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope\n",
		  "podman-4f1a9c3be7d2" },
		/* kubernetes: containerd and cri-o under systemd, each class of pods, and cgroupfs
		 */
		{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID
		  ".slice/cri-containerd-" ID ".scope\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubepods.slice/kubepods-pod" UID ".slice/crio-" ID ".scope\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID
		  ".slice/crio-" ID ".scope/container\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubepods/burstable/pod" UUID "/" ID "\n", "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubepods/pod" UUID "/" ID "\n", "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID
		  ".slice/cri-containerd-" ID ".scope\n",
		  "kubernetes-4f1a9c3be7d2" },
		/* any other engine that has a folder of that name */
		{ "0::/garden/" ID "\n", "container-4f1a9c3be7d2" },
	};

	CHECK_ROWS(rows);
}

static void the_innermost_container_counts(void)
{
	static const struct row rows[] = {
		/* kind: a kubernetes in docker; docker in docker */
		{ "0::/system.slice/docker-" ID2 ".scope/kubelet.slice/kubelet-kubepods.slice/"
		  "kubelet-kubepods-pod" UID ".slice/cri-containerd-" ID ".scope\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/docker/" ID2 "/docker/" ID "\n", "docker-4f1a9c3be7d2" },
		{ "0::/kubepods/burstable/pod" UUID "/" ID2 "/docker/" ID "\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/lxc.payload.web/system.slice/docker-" ID ".scope\n", "docker-4f1a9c3be7d2" },
		/* the units in a container are its own */
		{ "0::/docker/" ID "/system.slice/nginx.service\n", "docker-4f1a9c3be7d2" },
		{ "0::/system.slice/docker-" ID ".scope/init.scope\n", "docker-4f1a9c3be7d2" },
		{ "0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/cron.service\n",
		  "nspawn-web" },
		{ "0::/lxc.payload.web/system.slice/cron.service\n", "lxc-web" },
	};

	CHECK_ROWS(rows);
}

static void machines_have_their_name(void)
{
	static const struct row rows[] = {
		{ "0::/machine.slice/systemd-nspawn@web.service/payload\n", "nspawn-web" },
		{ "0::/machine.slice/machine-web.scope/payload\n", "nspawn-web" },
		{ "0::/lxc.payload.web\n", "lxc-web" },
		{ "0::/lxc.payload.web-2.example\n", "lxc-web-2.example" },
		{ "0::/lxc.payload.web/init.scope\n", "lxc-web" },
		{ "0::/lxc.monitor.web\n", "-" },
	};

	CHECK_ROWS(rows);
}

static void units_have_their_name(void)
{
	static const struct row rows[] = {
		{ "0::/system.slice/crucible-pantry.service\n", "crucible-pantry.service" },
		{ "0::/system.slice/crucible-downstairs@3801.service\n",
		  "crucible-downstairs@3801.service" },
		{ "0::/system.slice/system-getty.slice/getty@tty1.service\n",
		  "getty@tty1.service" },
		{ "0::/init.scope\n", "init.scope" },
		{ "0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "init.scope" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-web.service\n",
		  "app-web.service" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
		  "app-gnome-term-4711.scope\n",
		  "app-gnome-term-4711.scope" },
		/* a folder that the unit made for itself */
		{ "0::/system.slice/web.service/workers\n", "web.service" },
		/* engines' own processes */
		{ "0::/system.slice/docker.service\n", "docker.service" },
		{ "0::/system.slice/containerd.service\n", "containerd.service" },
		{ "0::/machine.slice/libpod-conmon-" ID ".scope\n", "libpod-conmon-" ID ".scope" },
		{ "0::/kubepods.slice/kubepods-pod" UID ".slice/crio-conmon-" ID ".scope\n",
		  "crio-conmon-" ID ".scope" },
		/* a slice alone is no unit that runs anything */
		{ "0::/user.slice\n", "-" },
		{ "0::/system.slice\n", "-" },
	};

	CHECK_ROWS(rows);
}

static void version_1_has_a_line_a_controller(void)
{
	static const struct row rows[] = {
		{ "12:pids:/docker/" ID "\n11:memory:/docker/" ID "\n10:cpu,cpuacct:/docker/" ID
		  "\n1:name=systemd:/docker/" ID "\n0::/system.slice/containerd.service\n",
		  "docker-4f1a9c3be7d2" },
		{ "12:cpuset:/\n11:freezer:/\n10:devices:/system.slice/web.service\n"
		  "1:name=systemd:/system.slice/web.service\n0::/system.slice/web.service\n",
		  "web.service" },
		{ "3:cpu,cpuacct:/\n2:cpuset:/\n1:name=systemd:/\n0::/\n", "-" },
		{ "9:perf_event:/kubepods/besteffort/pod" UUID "/" ID
		  "\n1:name=systemd:/kubepods/besteffort/pod" UUID "/" ID "\n",
		  "kubernetes-4f1a9c3be7d2" },
		/* hybrid: the limits are the first's, and the first one tells */
		{ "1:name=systemd:/user.slice/user-0.slice/session-1.scope\n"
		  "0::/user.slice/user-0.slice/session-1.scope\n",
		  "session-1.scope" },
	};

	CHECK_ROWS(rows);
}

static void elsewhere_is_a_dash(void)
{
	static const struct row rows[] = {
		{ "", "-" },
		{ "\n", "-" },
		{ "0::/\n", "-" },
		{ "0::/", "-" },
		{ "0::", "-" },
		{ "0:", "-" },
		{ "0", "-" },
		{ ":::::", "-" },
		{ "0::/../..\n", "-" },
		{ "0::/a/b\n", "-" },
		/* nearly */
		{ "0::/docker-.scope\n", "docker-.scope" },
		{ "0::/docker-web.scope\n", "docker-web.scope" },
		{ "0::/docker-4f1a9c3be7d.scope\n", "docker-4f1a9c3be7d.scope" },
		{ "0::/docker-4F1A9C3BE7D2.scope\n", "docker-4F1A9C3BE7D2.scope" },
		{ "0::/docker\n", "-" },
		{ "0::/docker/4f1a9c3be7d2\n", "-" },
		{ "0::/docker/" ID "0\n", "-" },
		{ "0::/" ID "\n", "-" },
		{ "0::/.service\n", "-" },
		{ "0::/.scope\n", "-" },
		{ "0::/service\n", "-" },
		{ "0::/web.service.d\n", "-" },
		{ "0::/lxc.payload.\n", "-" },
		{ "0::/systemd-nspawn@.service\n", "systemd-nspawn@.service" },
	};

	CHECK_ROWS(rows);
}

static void engines_without_systemd_have_names_of_their_own(void)
{
	static const struct row rows[] = {
		/* containerd that is given a name for systemd, and has the cgroupfs driver */
		{ "0::/system.slice/containerd.service/kubepods-besteffort-pod" UID
		  ".slice:cri-containerd:" ID "\n",
		  "kubernetes-4f1a9c3be7d2" },
		{ "0::/kubepods/burstable/pod" UUID "/crio-" ID "\n", "kubernetes-4f1a9c3be7d2" },
		/* libvirt's machines are no systemd-nspawn */
		{ "0::/machine.slice/machine-qemu\\x2d3\\x2dweb.scope/libvirt/emulator\n",
		  "machine-qemu\\x2d3\\x2dweb.scope" },
	};

	CHECK_ROWS(rows);
}

/* Shorter names are other names. */
static void a_folder_named_like_the_beginning_of_docker_is_not_docker(void)
{
	static const struct row rows[] = {
		{ "0::/d/" ID "\n", "container-4f1a9c3be7d2" },
		{ "0::/dock/" ID "\n", "container-4f1a9c3be7d2" },
		{ "0::/dockers/" ID "\n", "container-4f1a9c3be7d2" },
	};

	CHECK_ROWS(rows);
}

/* Names are chosen by whoever may make them: they pass as they are, and are escaped when printed.
 */
static void odd_names_pass_as_they_are(void)
{
	static const struct row rows[] = {
		{ "0::/a:b:c/web.service\n", "web.service" },
		{ "0::/system.slice/we\033[31mb.service\n", "we\033[31mb.service" },
		{ "0::/system.slice/\xff\xfe.service\n", "\xff\xfe.service" },
		{ "0::/system.slice/%s%n.service\n", "%s%n.service" },
		{ "0::/system.slice/web\\x2dtwo.service\n", "web\\x2dtwo.service" },
		{ "0::/lxc.payload.\033c\n", "lxc-\033c" },
		{ "0:://///web.service//\n", "web.service" },
	};

	CHECK_ROWS(rows);
}

static void names_are_cut_to_fit(void)
{
	char where[8], name[4096];

	memset(where, 'z', sizeof(where));
	CHECK_STR(where_cgroup("0::/system.slice/crucible.service\n", where, 5), "cruc");
	CHECK_STR(where_cgroup("0::/docker/" ID "\n", where, 5), "dock");
	CHECK_STR(where_cgroup("", where, 1), "");
	CHECK_INT(where[5], 'z');

	memset(name, 'x', sizeof(name));
	memcpy(name, "0::/", 4);
	strcpy(name + sizeof(name) - 10, ".service");
	where_cgroup(name, where, sizeof(where));
	CHECK_STR(where, "xxxxxxx");
	/* the rest is missing, as when the text is longer than what is read of it */
	name[100] = '\0';
	CHECK_STR(where_cgroup(name, where, sizeof(where)), "-");
}

static void processes_have_theirs(void)
{
	char own[256], text[4096], of_text[256], path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", getpid());
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	CHECK_STR(where_process(getpid(), own, sizeof(own)),
		  where_cgroup(text, of_text, sizeof(of_text)));
	/* nobody's */
	CHECK_STR(where_process(0, own, sizeof(own)), "-");
	CHECK_STR(where_process(UINT32_MAX, own, sizeof(own)), "-");
}

static const struct test tests[] = {
	TEST(containers_have_their_engine_and_id),
	TEST(the_innermost_container_counts),
	TEST(machines_have_their_name),
	TEST(units_have_their_name),
	TEST(version_1_has_a_line_a_controller),
	TEST(elsewhere_is_a_dash),
	TEST(engines_without_systemd_have_names_of_their_own),
	TEST(a_folder_named_like_the_beginning_of_docker_is_not_docker),
	TEST(odd_names_pass_as_they_are),
	TEST(names_are_cut_to_fit),
	TEST(processes_have_theirs),
};

TEST_MAIN("where")
