/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes of probes.def as things to fire: USDT(gw__read__start, job). The arguments are only
 * evaluated while somebody is attached; that the place was reached is counted always, so that a
 * test can compare what a tracer saw with what there was to see.
 */
#ifndef SIM_PROBES_H
#define SIM_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "usdt.h"

enum probe_id {
#define PROBE(prov, cname, name, shape) PROBE_##cname,
#include "probes.def"
	PROBE_MAX,
};

struct probe_info {
	const char *provider;
	const char *name;
	const char *shape; /* J u64, C u8, E u32, N u64; "EN" and "JJ" may carry pointers too */
	volatile uint16_t *sema;
};

extern const struct probe_info probe_table[PROBE_MAX];
extern uint64_t probe_counts[PROBE_MAX];

/* PROVIDER:NAME to a row of the table, -1 when there is none. */
int probe_find(const char *spec);
/* Write what was reached as JSON; an errno, negative, on failure. */
int probe_write_counts(const char *path, const char *provider);

static inline __attribute__((always_inline)) void probe_count(enum probe_id id)
{
	__atomic_fetch_add(&probe_counts[id], 1, __ATOMIC_RELAXED);
}

#define PROBE(prov, cname, name, shape)                                                           \
	extern volatile uint16_t __usdt_sema_##prov##_##cname                                     \
		__attribute__((weak, visibility("hidden")));                                      \
	static inline __attribute__((always_inline)) bool probe_on_##cname(void)                  \
	{                                                                                         \
		return __builtin_expect(__usdt_sema_##prov##_##cname != 0, 0);                    \
	}                                                                                         \
	static inline __attribute__((always_inline)) void probe_fire_##cname(USDT_PARAMS_##shape) \
	{                                                                                         \
		USDT_MOVE_##shape;                                                                \
		__asm__ volatile(USDT_SITE(#prov, "__usdt_sema_" #prov "_" #cname, name,          \
					   USDT_ARGS_##shape)::USDT_OPS_##shape                   \
				 : "memory");                                                     \
	}
#include "probes.def"

#define USDT(cname, ...)                                 \
	do {                                             \
		probe_count(PROBE_##cname);              \
		if (probe_on_##cname()) {                \
			USDT_UNIQUE;                     \
			probe_fire_##cname(__VA_ARGS__); \
			USDT_UNIQUE;                     \
		}                                        \
	} while (0)

#endif
