// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/escape.h"
#include "output_words.h"
#include "outputs.h"

#define MOST_ERRORS 10 /* GitHub shows no more of a step */
#define MOST_NAMES  20 /* of stages in a message */

/* --- workflow commands --- */

/*
 * Fit for a terminal, where a job's log is read, too; then as the runner has it: a value of a
 * property ends at a comma or colon, a message with the line.
 */
static int put(FILE *out, const char *raw, bool property)
{
	char *text = escape_dup(raw);

	if (!text)
		return -ENOMEM;
	for (const char *p = text; *p; p++) {
		if (*p == '%' || (property && (*p == ':' || *p == ',')))
			fprintf(out, "%%%02X", (unsigned int)*p);
		else
			fputc(*p, out);
	}
	free(text);
	return 0;
}

/* A command; lines of the message are what is between newlines. */
static int command(FILE *out, const char *name, const char *title, const char *message)
{
	char *lines = strdup(message), *rest = lines, *line;
	const char *between = "";
	int err = lines ? 0 : -ENOMEM;

	if (!err) {
		fprintf(out, "::%s title=", name);
		err = put(out, title, true);
		fputs("::", out);
	}
	while (!err && (line = strsep(&rest, "\n"))) {
		fputs(between, out);
		err = put(out, line, false);
		between = "%0A";
	}
	if (lines)
		fputc('\n', out);
	free(lines);
	return err;
}

/* Sends a message as a command, and frees it. An empty one is not sent. */
static int message_send(struct text *m, FILE *out, const char *name, const char *title)
{
	char *text = text_end(m);
	int err = text ? 0 : -ENOMEM;

	if (text && *text)
		err = command(out, name, title, text);
	free(text);
	return err;
}

/* A name is one line, whatever is in it. */
static void add_name(FILE *out, const char *name)
{
	escape_print(out, name);
}

/* --- what is said --- */

static int send_slower(const struct stage_change *s, FILE *out)
{
	char *title, text[512];
	struct text m;
	int err;

	if (asprintf(&title, "assay: %s is slower", s->name) < 0)
		return -ENOMEM;
	if (!text_begin(&m)) {
		free(title);
		return -ENOMEM;
	}
	add_name(m.out, s->name);
	fprintf(m.out, ": %s", words_change(s, s->main, text, sizeof(text)));
	for (int i = 0; i < METRICS; i++)
		if (i != (int)s->main && s->changes[i].verdict == VERDICT_SLOWER)
			fprintf(m.out, "\n%s", words_change(s, i, text, sizeof(text)));
	stage_text(s->name, text, sizeof(text));
	if (strcmp(text, s->name)) { /* not so of a stage that this program does not know */
		fputc('\n', m.out);
		add_name(m.out, text);
	}
	err = message_send(&m, out, "error", title);
	free(title);
	return err;
}

/* The names of the stages of that verdict behind the first `skip`, with what is said of each. */
static void add_stages(const struct comparison *c, enum verdict verdict, int skip, FILE *out)
{
	int n = 0;

	for (int i = 0; i < c->nstages; i++) {
		const struct stage_change *s = &c->stages[i];
		char text[256], runs[64];

		if (s->verdict != verdict || n++ < skip || n > skip + MOST_NAMES)
			continue;
		fputc('\n', out);
		add_name(out, s->name);
		fprintf(out, ": %s", words_change(s, s->main, text, sizeof(text)));
		words_more_runs(s->changes[s->main].more_runs, runs, sizeof(runs));
		if (*runs)
			fprintf(out, ", %s", runs);
	}
	if (n > skip + MOST_NAMES)
		fprintf(out, "\nand %d more", n - skip - MOST_NAMES);
}

/* All of a verdict, behind the first `skip`, in one command. */
static int send_rest(const struct comparison *c, enum verdict verdict, int skip, const char *name,
		     FILE *out)
{
	int n = c->nverdicts[verdict] - skip;
	struct text m;
	char title[128];

	if (!text_begin(&m))
		return -ENOMEM;
	snprintf(title, sizeof(title), "assay: %d%s stage%s %s", n, skip ? " more" : "",
		 n == 1 ? "" : "s",
		 verdict == VERDICT_SLOWER ? (n == 1 ? "is slower" : "are slower")
					   : "may be slower, or not");
	fprintf(m.out, "%s at a threshold of %.4g %%:",
		verdict == VERDICT_SLOWER ? "slower" : "can't be told apart from noise",
		c->threshold * 100);
	add_stages(c, verdict, skip, m.out);
	return message_send(&m, out, name, title);
}

static int send_all_slower(const struct comparison *c, FILE *out, int most)
{
	int n = 0, err = 0, shown = c->nverdicts[VERDICT_SLOWER];

	/* the last one stands for those that there is no room for */
	if (shown > most)
		shown = most - 1;
	for (int i = 0; i < c->nstages && n < shown && !err; i++) {
		if (c->stages[i].verdict != VERDICT_SLOWER)
			continue;
		err = send_slower(&c->stages[i], out);
		n++;
	}
	if (!err && c->nverdicts[VERDICT_SLOWER] > shown)
		err = send_rest(c, VERDICT_SLOWER, shown, "error", out);
	return err;
}

/* --- what touches the numbers --- */

struct remarks {
	struct text warning, notice;
};

static void add_note(void *arg, enum words_note note, const char *text)
{
	struct remarks *notes = arg;
	FILE *out = note == WORDS_LOST ? notes->notice.out : notes->warning.out;

	if (ftell(out))
		fputc('\n', out);
	add_name(out, text);
}

static int send_notes(const struct comparison *c, FILE *out)
{
	struct remarks notes;
	int err, sent;

	if (!text_begin(&notes.warning))
		return -ENOMEM;
	if (!text_begin(&notes.notice)) {
		free(text_end(&notes.warning));
		return -ENOMEM;
	}
	err = words_notes(c, add_note, &notes);
	sent = message_send(&notes.warning, out, "warning",
			    c->nforced ? "assay: compared although it should not be"
				       : "assay: fewer runs than asked for");
	err = err ? err : sent;
	sent = message_send(&notes.notice, out, "notice", "assay: not all was counted");
	return err ? err : sent;
}

/* One for all, where no stage has one of its own. */
static int send_sentence(const struct comparison *c, FILE *out)
{
	bool none = c->verdict == VERDICT_TOO_FEW;
	char text[1024];

	comparison_sentence(c, text, sizeof(text));
	return command(out, none ? "warning" : "notice",
		       none ? "assay: nothing was compared" : "assay: no regression", text);
}

int output_github(const struct comparison *c, FILE *out, bool strict)
{
	bool unsure = c->nverdicts[VERDICT_INCONCLUSIVE] > 0;
	int err = 0;

	if (c->nverdicts[VERDICT_SLOWER])
		err = send_all_slower(c, out, MOST_ERRORS - (strict && unsure));
	if (!err && unsure)
		err = send_rest(c, VERDICT_INCONCLUSIVE, 0, strict ? "error" : "warning", out);
	if (!err && !unsure && !c->nverdicts[VERDICT_SLOWER])
		err = send_sentence(c, out);
	return err ? err : send_notes(c, out);
}

int output_github_failed(const char *command_name, const char *why, FILE *out)
{
	struct text message;
	char title[64];

	if (!text_begin(&message))
		return -ENOMEM;
	snprintf(title, sizeof(title), "assay %s", command_name);
	fprintf(message.out, "could not measure: %s", why);
	return message_send(&message, out, "error", title);
}
