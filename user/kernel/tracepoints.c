// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tracepoints.h"

static bool has_tracepoint(const struct btf *btf, const char *name)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0;
}

int tracepoints_choose(struct bpf_object *object, char *missing, size_t size)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_program *prog;
	size_t len = 0;
	int n = 0;

	*missing = '\0';
	if (!btf)
		return -errno;
	bpf_object__for_each_program(prog, object)
	{
		const char *section = bpf_program__section_name(prog);

		if (strncmp(section, "tp_btf/", 7) || has_tracepoint(btf, section + 7))
			continue;
		bpf_program__set_autoload(prog, false);
		if (len < size)
			len += snprintf(missing + len, size - len, "%s%s", n ? ", " : "",
					section + 7);
		n++;
	}
	btf__free(btf);
	return n;
}

uint64_t tracepoints_missed(const struct bpf_object *object)
{
	struct bpf_program *prog;
	uint64_t missed = 0;

	bpf_object__for_each_program(prog, object)
	{
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_program__fd(prog);

		/* negative: it is not loaded */
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}
