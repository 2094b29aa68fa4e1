// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/signature.h"
#include "list.h"
#include "render/json.h"
#include "reports/report.h"
#include "status.h"

static void print_text(const struct report *report)
{
	char line[256];

	printf("%s: %s\n", report->name, report->summary);
	if (report->aliases)
		printf("    also: %s\n", report->aliases);
	for (int i = 0; report->source && report->source->tracepoints[i]; i++)
		printf("    %s\n", report->source->tracepoints[i]);
	for (const struct probe_rule *rule = report->rules; rule && rule->provider; rule++)
		if (!report_rule_repeats(report, rule))
			printf("    %s\n", report_rule_text(rule, line, sizeof(line)));
}

static void print_json(const struct report *report)
{
	json_t *object = json_object(), *probes = json_array(), *gone = json_object();
	json_t *tracepoints = json_array();
	char probe[128];

	json_set(object, "report", json_string(report->name));
	if (report->aliases)
		json_set(object, "aliases", json_string(report->aliases));
	json_set(object, "summary", json_string(report->summary));
	for (int i = 0; report->source && report->source->tracepoints[i]; i++)
		json_array_append_new(tracepoints, json_string(report->source->tracepoints[i]));
	for (const struct probe_rule *rule = report->rules; rule && rule->provider; rule++) {
		const char *why = signature_gone(rule->provider, rule->probe);

		if (report_rule_repeats(report, rule))
			continue;
		snprintf(probe, sizeof(probe), "%s:%s", rule->provider, rule->probe);
		json_array_append_new(probes, json_string(probe));
		if (why)
			json_set(gone, probe, json_string(why));
	}
	if (report->args)
		json_set(object, "arguments", json_string(report->args));
	json_set(object, "probes", probes);
	json_set(object, "gone", gone);
	json_set(object, "tracepoints", tracepoints);
	json_print(stdout, object);
}

int cmd_list(int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "-j");

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("Usage: assay list [-j]\nThe reports, with the probes each uses; -j: as JSON, an "
		       "object a line.\n");
		return STATUS_OK;
	}
	if (argc > 1 && !json) {
		log_error("list takes -j and nothing else");
		return STATUS_USAGE;
	}
	for (int i = 0; reports[i]; i++) {
		if (json)
			print_json(reports[i]);
		else
			print_text(reports[i]);
	}
	return STATUS_OK;
}
