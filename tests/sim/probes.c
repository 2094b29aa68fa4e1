// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The semaphores of all probes, the table of them, and the counts of places reached. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probes.h"

USDT_BASE;

#define PROBE(prov, cname, name, shape)                \
	volatile uint16_t __usdt_sema_##prov##_##cname \
		__attribute__((weak, visibility("hidden"), section(".probes"))) = 0;
#include "probes.def"

const struct probe_info probe_table[PROBE_MAX] = {
#define PROBE(prov, cname, name, shape) { #prov, name, #shape, &__usdt_sema_##prov##_##cname },
#include "probes.def"
};

uint64_t probe_counts[PROBE_MAX];

int probe_find(const char *spec)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : 0;

	for (int i = 0; colon && i < PROBE_MAX; i++) {
		const struct probe_info *p = &probe_table[i];

		if (strlen(p->provider) == len && !strncmp(p->provider, spec, len) &&
		    !strcmp(p->name, colon + 1))
			return i;
	}
	return -1;
}

int probe_write_counts(const char *path, const char *provider)
{
	const char *sep = "";
	FILE *f = fopen(path, "w");

	if (!f)
		return -errno;
	fputs("{", f);
	for (int i = 0; i < PROBE_MAX; i++) {
		uint64_t n = __atomic_load_n(&probe_counts[i], __ATOMIC_RELAXED);

		if (!n || (provider && strcmp(probe_table[i].provider, provider)))
			continue;
		fprintf(f, "%s\n\"%s\": %llu", sep, probe_table[i].name, (unsigned long long)n);
		sep = ",";
	}
	fputs("\n}\n", f);
	return fclose(f) ? -errno : 0;
}
