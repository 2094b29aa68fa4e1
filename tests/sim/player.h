/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The player's parts: a script as a list of steps, and what fires them. */
#ifndef SIM_PLAYER_H
#define SIM_PLAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "probes.h"

#define PLAYER_ARGS    3
#define PLAYER_THREADS 64
#define PLAYER_DEPTH   8

enum step_kind {
	STEP_FIRE,
	STEP_SLEEP,
	STEP_WAIT,
	STEP_WAIT_OFF,
	STEP_PRINT,
	STEP_REPEAT,
	STEP_END
};

struct step_arg {
	char *text; /* a string, or NULL */
	bool index; /* the loop's index is added */
	uint64_t value;
};

struct step {
	enum step_kind kind;
	int probe;
	struct step_arg args[PLAYER_ARGS];
	uint64_t ns;
	uint64_t count;
	char *text;
	uint32_t thread;
	uint32_t other; /* of a repeat: its end; of an end: its repeat */
};

struct script {
	struct step *steps;
	uint32_t len, cap;
	uint32_t threads; /* the highest number, and one */
};

/* player_parse.c: false, after a message with file and line. */
bool script_parse(struct script *s, FILE *f, const char *name);
void script_free(struct script *s);

/* player_fire.c */
void player_fire(int probe, const struct step_arg *args, uint64_t index);

/* player_truth.c */
void pairs_fired(int probe, const struct step_arg *args, uint64_t index, uint64_t when);
void pairs_free(void);

#endif
