// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "host.h"
#include "settings.h"
#include "stages.h"
#include "version.h"

/* Copies `n` texts, or all up to a NULL where `n` is negative; *out ends with a NULL, too. */
static int texts_copy(const char *const *texts, int n, char ***out)
{
	int i;

	for (i = 0; n < 0 && texts && texts[i]; i++)
		;
	n = n < 0 ? i : n;
	*out = calloc(n + 1, sizeof(**out));
	for (i = 0; i < n && *out; i++) {
		(*out)[i] = strdup(texts[i]);
		if (!(*out)[i])
			return -ENOMEM;
	}
	return *out ? 0 : -ENOMEM;
}

static int fill_command(struct series_settings *s, const struct compare_options *o,
			char *const *command, const struct series_settings *base)
{
	if (!command && !o->duration_ns && base)
		command = base->command;
	if (command)
		return texts_copy((const char *const *)command, -1, &s->command);
	s->duration = o->duration_ns ?: base && base->duration ? base->duration : COMPARE_DURATION;
	return 0;
}

static int fill_stages(struct series_settings *s, const struct compare_options *o,
		       const struct series_settings *base)
{
	char **stages = o->nstages || !base ? o->stages : base->stages;
	int n = o->nstages || !base ? o->nstages : base->nstages;
	int err = n ? texts_copy((const char *const *)stages, n, &s->stages) : 0;

	s->nstages = err ? 0 : n;
	return err;
}

static int fill_disks(struct series_settings *s, const struct compare_options *o,
		      const struct series_settings *base)
{
	const char *const *devices = o->devices;
	int n = o->ndevices, err;

	s->no_disks = o->no_disks || (!n && base && base->no_disks);
	if (!n && !s->no_disks && base) {
		devices = (const char *const *)base->devices;
		n = base->ndevices;
	}
	err = n ? texts_copy(devices, n, &s->devices) : 0;
	s->ndevices = err ? 0 : n;
	return err;
}

struct series *settings_series(const char *label, const struct compare_options *o,
			       char *const *command, const struct series *base_series)
{
	const struct series_settings *base = base_series ? &base_series->settings : NULL;
	struct series *series = series__new(label);
	struct series_settings *s;

	if (!series)
		return NULL;
	s = &series->settings;
	s->window = o->window_ns ?: base ? base->window : COMPARE_WINDOW;
	s->warmup = o->warmup_given || !base ? o->warmup_ns : base->warmup;
	series->wanted = o->runs ?: base_series ? base_series->nruns : COMPARE_RUNS;
	series->assay = strdup(assay_version);
	if (series->assay && !host_read(&series->host) && !fill_command(s, o, command, base) &&
	    !fill_stages(s, o, base) && !fill_disks(s, o, base))
		return series;
	series__free(series);
	return NULL;
}

int settings_check(const struct series *series)
{
	const struct series_settings *s = &series->settings;
	struct probe_rule *rules;

	if (s->duration && s->warmup >= s->duration) {
		log_error("--warmup leaves nothing of a run: it is as long as -d");
		return -EINVAL;
	}
	if (!s->no_disks)
		return 0;
	rules = stage_rules_of((const char *const *)s->stages, s->nstages);
	if (!rules && errno == ENOMEM)
		return -ENOMEM;
	if (!rules)
		log_error("--stages has stages of the block layer only, and --no-disks leaves "
			  "these out");
	free(rules);
	return rules ? 0 : -EINVAL;
}
