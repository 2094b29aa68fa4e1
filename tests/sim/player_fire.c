// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Every probe there is, one site each, by its number in the table. */
#include <stdlib.h>
#include <string.h>

#include "player.h"
#include "truth.h"

/* A string is copied for the probe and gone right after it, as in Crucible. */
static uint64_t arg_value(const struct step_arg *arg, uint64_t index, char **copy)
{
	if (!arg->text)
		return arg->value + (arg->index ? index : 0);
	*copy = strdup(arg->text);
	return (uintptr_t)*copy;
}

static void arg_wipe(char *copy)
{
	if (copy)
		memset(copy, '!', strlen(copy));
	__asm__ volatile("" ::"r"(copy) : "memory");
	free(copy);
}

#define VALUE(n, type) ((type)arg_value(&args[n], index, &copies[n]))
#define FIRE_VALUES_NONE
#define FIRE_VALUES_J	VALUE(0, uint64_t)
#define FIRE_VALUES_JJ	VALUE(0, uint64_t), VALUE(1, uint64_t)
#define FIRE_VALUES_JE	VALUE(0, uint64_t), VALUE(1, uint32_t)
#define FIRE_VALUES_JC	VALUE(0, uint64_t), VALUE(1, uint8_t)
#define FIRE_VALUES_JCE VALUE(0, uint64_t), VALUE(1, uint8_t), VALUE(2, uint32_t)
#define FIRE_VALUES_JEN VALUE(0, uint64_t), VALUE(1, uint32_t), VALUE(2, uint64_t)
#define FIRE_VALUES_EN	VALUE(0, uint32_t), VALUE(1, uint64_t)

void player_fire(int probe, const struct step_arg *args, uint64_t index)
{
	char *copies[PLAYER_ARGS] = { NULL };
	uint64_t now = truth_now();

	switch (probe) {
#define PROBE(prov, cname, name, shape)           \
	case PROBE_##cname:                       \
		USDT(cname, FIRE_VALUES_##shape); \
		break;
#include "probes.def"
	}
	for (int i = 0; i < PLAYER_ARGS; i++)
		if (copies[i])
			arg_wipe(copies[i]);
	if (now)
		pairs_fired(probe, args, index, now);
}
