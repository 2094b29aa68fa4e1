// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>

#include "core/loss.h"
#include "core/units.h"
#include "output_words.h"
#include "outputs.h"
#include "render/json.h"

/* null for what JSON has no number for, and what was not measured. */
static json_t *number(double value, bool known)
{
	return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text(const char *s)
{
	return json_text(s ? s : "");
}

static json_t *texts(char *const *list, int n)
{
	json_t *array = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(array, text(list[i]));
	return array;
}

/* --- a side --- */

static json_t *json_host(const struct series_host *host)
{
	json_t *object = json_object();

	json_set(object, "name", text(host->name));
	json_set(object, "machine", text(host->machine));
	json_set(object, "cpu", text(host->cpu));
	json_set(object, "cpus", integer(host->cpus));
	json_set(object, "memory_bytes", integer(host->memory));
	json_set(object, "kernel", text(host->kernel));
	return object;
}

static json_t *json_binaries(const struct series *s)
{
	json_t *array = json_array();

	for (int i = 0; i < s->nbinaries; i++) {
		json_t *object = json_object();

		json_set(object, "path", text(s->binaries[i].path));
		json_set(object, "build_id", text(s->binaries[i].build_id));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_settings(const struct series_settings *settings)
{
	json_t *object = json_object();

	json_set(object, "window_ns", integer(settings->window));
	json_set(object, "duration_ns", integer(settings->duration));
	json_set(object, "warmup_ns", integer(settings->warmup));
	json_set(object, "stages", texts(settings->stages, settings->nstages));
	json_set(object, "devices", texts(settings->devices, settings->ndevices));
	json_set(object, "disks", json_boolean(!settings->no_disks));
	return object;
}

static json_t *json_losses(const struct series *s)
{
	json_t *object = json_object();
	uint64_t losses[FOLD_LOSS_MAX];

	words_losses(s, losses);
	for (int i = 0; i < FOLD_LOSS_MAX; i++)
		json_set(object, loss_key(i), integer(losses[i]));
	return object;
}

static json_t *json_run_list(const struct series *s)
{
	json_t *array = json_array();
	char time[40];

	for (int i = 0; i < s->nruns; i++) {
		const struct series_run *run = &s->runs[i];
		json_t *object = json_object();

		json_set(object, "time",
			 json_string(time_format_utc(run->wall, time, sizeof(time))));
		json_set(object, "duration_ns", integer(series_run_ns(run)));
		json_set(object, "load", number(run->load, true));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *json_side(const struct series *s)
{
	json_t *object = json_object();
	int nargs = 0;

	while (s->settings.command && s->settings.command[nargs])
		nargs++;
	json_set(object, "label", text(s->label));
	json_set(object, "runs", json_integer(s->nruns));
	json_set(object, "wanted", json_integer(s->wanted));
	json_set(object, "interrupted", json_boolean(s->interrupted));
	json_set(object, "assay", text(s->assay));
	json_set(object, "host", json_host(&s->host));
	json_set(object, "binaries", json_binaries(s));
	json_set(object, "command", nargs ? texts(s->settings.command, nargs) : json_null());
	json_set(object, "settings", json_settings(&s->settings));
	json_set(object, "losses", json_losses(s));
	json_set(object, "each_run", json_run_list(s));
	return object;
}

/* --- stages --- */

static json_t *json_change(const struct change *c, enum metric m)
{
	bool compared = change_compared(c);
	json_t *object = json_object();

	json_set(object, "verdict", json_string(verdict_text(c->verdict)));
	json_set(object, "unit", json_string(m == METRIC_THROUGHPUT ? "per_second" : "ns"));
	json_set(object, "before", number(c->a, c->a > 0));
	json_set(object, "after", number(c->b, c->b > 0));
	json_set(object, "change", number(c->change, compared));
	json_set(object, "low", number(c->low, compared));
	json_set(object, "high", number(c->high, compared));
	json_set(object, "more_runs", json_integer(c->more_runs));
	return object;
}

static json_t *json_stage(const struct stage_change *s)
{
	json_t *object = json_object(), *counts = json_array(), *all = json_object();
	char what[512];

	for (int side = 0; side < 2; side++)
		json_array_append_new(counts, integer(s->count[side]));
	for (int m = 0; m < METRICS; m++)
		json_set(all, metrics[m].key, json_change(&s->changes[m], m));
	json_set(object, "stage", text(s->name));
	json_set(object, "text", text(stage_text(s->name, what, sizeof(what))));
	json_set(object, "depth", json_string(words_depth(s->depth)));
	json_set(object, "verdict", json_string(verdict_text(s->verdict)));
	json_set(object, "counts", counts);
	json_set(object, "main", json_string(metrics[s->main].key));
	json_set(object, "metrics", all);
	return object;
}

int output_json(const struct comparison *c, FILE *out)
{
	json_t *object = json_object(), *sides = json_array(), *list = json_array();
	json_t *verdicts = json_object();
	char sentence[1024];

	for (int side = 0; side < 2; side++)
		json_array_append_new(sides, json_side(c->series[side]));
	for (int i = 0; i < c->nstages; i++)
		json_array_append_new(list, json_stage(&c->stages[i]));
	for (int v = VERDICT_SLOWER; v >= 0; v--)
		json_set(verdicts, verdict_text(v), json_integer(c->nverdicts[v]));
	json_set(object, "report", json_string("comparison"));
	json_set(object, "verdict", json_string(verdict_text(c->verdict)));
	json_set(object, "sentence", text(comparison_sentence(c, sentence, sizeof(sentence))));
	json_set(object, "threshold", number(c->threshold, true));
	json_set(object, "confidence", number(c->confidence, true));
	json_set(object, "reach", number(c->reach, true));
	json_set(object, "compared", json_integer(c->ncompared));
	json_set(object, "verdicts", verdicts);
	json_set(object, "forced", texts(c->forced, c->nforced));
	json_set(object, "sides", sides);
	json_set(object, "stages", list);
	return json_print(out, object);
}
