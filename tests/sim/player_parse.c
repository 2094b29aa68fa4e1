// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A player's script, read and checked as a whole before anything fires. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"
#include "util.h"

struct parser {
	struct script *script;
	const char *name;
	unsigned int line;
	uint32_t thread;
	uint32_t open[PLAYER_DEPTH]; /* repeats without an end */
	int depth;
};

static bool parse_error(const struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool parse_error(const struct parser *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s:%u: %s\n", util_prog, p->name, p->line, text);
	return false;
}

static struct step *step_add(struct parser *p, enum step_kind kind)
{
	struct script *s = p->script;
	struct step *step;

	if (s->len == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 64;
		struct step *steps = util_alloc(cap, sizeof(*steps));

		if (s->len)
			memcpy(steps, s->steps, s->len * sizeof(*steps));
		free(s->steps);
		s->steps = steps;
		s->cap = cap;
	}
	step = &s->steps[s->len++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->thread = p->thread;
	return step;
}

static char *skip_blanks(char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* Cut off the first word; what follows it. */
static char *next_word(char *at, char **word)
{
	at = skip_blanks(at);
	*word = at;
	while (*at && !isspace((unsigned char)*at))
		at++;
	if (*at)
		*at++ = '\0';
	return at;
}

static bool parse_integer(const char *text, char **end, uint64_t *value)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, end, 0);
	return !errno;
}

/* One escape after a backslash; the place behind it, or NULL. */
static const char *parse_escape(const char *at, char *out)
{
	static const char letters[] = "abefnrtv\\\"'?", values[] = "\a\b\033\f\n\r\t\v\\\"'?";
	const char *letter = *at ? strchr(letters, *at) : NULL;
	char digits[4] = "", *end;
	unsigned long v;

	if (letter) {
		*out = values[letter - letters];
		return at + 1;
	}
	if (*at == 'x') {
		strncpy(digits, at + 1, 2);
		v = strtoul(digits, &end, 16);
		at += 1 + (end - digits);
	} else {
		strncpy(digits, at, 3);
		v = strtoul(digits, &end, 8);
		at += end - digits;
	}
	/* A NUL would end the string for the tracer. */
	if (end == digits || !v || v > 255)
		return NULL;
	*out = (char)v;
	return at;
}

static bool parse_string(const struct parser *p, char **at, struct step_arg *arg)
{
	const char *in = *at + 1;
	char *out = arg->text = util_alloc(strlen(in) + 1, 1);

	while (*in && *in != '"') {
		if (*in != '\\') {
			*out++ = *in++;
			continue;
		}
		in = parse_escape(in + 1, out++);
		if (!in)
			return parse_error(p, "no such escape in a string");
	}
	if (!*in)
		return parse_error(p, "a string without its closing quote");
	*at += in + 1 - *at;
	return true;
}

/* %i, %i+N, %i-N */
static bool parse_index(const struct parser *p, char **at, struct step_arg *arg)
{
	char *in = *at + 2, sign = *in;

	if (!p->depth)
		return parse_error(p, "%%i outside of a repeat");
	arg->index = true;
	if (sign == '+' || sign == '-') {
		if (!parse_integer(in + 1, &in, &arg->value))
			return parse_error(p, "%%i%c: a number must follow", sign);
		if (sign == '-')
			arg->value = -arg->value;
	}
	*at = in;
	return true;
}

static bool parse_arg(const struct parser *p, char **at, char width, struct step_arg *arg)
{
	bool minus = **at == '-', ok;

	if (**at == '"') {
		ok = parse_string(p, at, arg);
		if (ok && width != 'J' && width != 'N')
			return parse_error(p, "a string where the probe has a small integer");
	} else if (!strncmp(*at, "%i", 2)) {
		ok = parse_index(p, at, arg);
	} else {
		ok = parse_integer(*at + minus, at, &arg->value);
		if (!ok)
			return parse_error(p, "'%.40s': not an integer, a string or %%i", *at);
		if (minus)
			arg->value = -arg->value;
		if (!minus && ((width == 'C' && arg->value > UINT8_MAX) ||
			       (width == 'E' && arg->value > UINT32_MAX)))
			return parse_error(p, "%llu: too large for this argument",
					   (unsigned long long)arg->value);
	}
	if (ok && **at && !isspace((unsigned char)**at))
		return parse_error(p, "'%.40s': does not belong to an argument", *at);
	return ok;
}

static bool parse_fire(struct parser *p, const char *word, char *rest)
{
	struct step *step = step_add(p, STEP_FIRE);
	const char *shape;
	size_t want, n;

	step->probe = probe_find(word);
	if (step->probe < 0)
		return parse_error(p, "%s: no such probe; see --list", word);
	shape = probe_table[step->probe].shape;
	want = strcmp(shape, "NONE") ? strlen(shape) : 0;
	for (n = 0; n < want; n++) {
		rest = skip_blanks(rest);
		if (!*rest)
			return parse_error(p, "%s: %zu arguments are needed, %zu are given", word,
					   want, n);
		if (!parse_arg(p, &rest, shape[n], &step->args[n]))
			return false;
	}
	if (*skip_blanks(rest))
		return parse_error(p, "%s: more than %zu arguments", word, want);
	return true;
}

static bool parse_sleep(struct parser *p, const char *word)
{
	struct step *step = step_add(p, STEP_SLEEP);

	if (!time_parse(word, &step->ns))
		return parse_error(p, "sleep %s: not a duration such as 250us, 10ms, 1s", word);
	return true;
}

static bool parse_wait(struct parser *p, enum step_kind kind, const char *word)
{
	struct step *step = step_add(p, kind);

	step->probe = probe_find(word);
	if (step->probe < 0)
		return parse_error(p, "wait %s: no such probe; see --list", word);
	return true;
}

static bool parse_thread(struct parser *p, const char *word)
{
	uint64_t n;
	char *end;

	if (!parse_integer(word, &end, &n) || *end || n >= PLAYER_THREADS)
		return parse_error(p, "thread %s: not a number below %d", word, PLAYER_THREADS);
	p->thread = (uint32_t)n;
	if (p->thread >= p->script->threads)
		p->script->threads = p->thread + 1;
	return true;
}

static bool parse_repeat(struct parser *p, const char *word)
{
	struct step *step;
	uint64_t n;
	char *end;

	if (!parse_integer(word, &end, &n) || *end)
		return parse_error(p, "repeat %s: not a count", word);
	if (p->depth == PLAYER_DEPTH)
		return parse_error(p, "repeats nested more than %d deep", PLAYER_DEPTH);
	p->open[p->depth++] = p->script->len;
	step = step_add(p, STEP_REPEAT);
	step->count = n;
	return true;
}

static bool parse_end(struct parser *p)
{
	struct step *step;

	if (!p->depth)
		return parse_error(p, "end without a repeat");
	step = step_add(p, STEP_END);
	step->other = p->open[--p->depth];
	p->script->steps[step->other].other = p->script->len - 1;
	return true;
}

static bool parse_line(struct parser *p, char *line)
{
	char *word, *rest, *arg, *tail;

	line = skip_blanks(line);
	for (tail = line + strlen(line); tail > line && isspace((unsigned char)tail[-1]);)
		*--tail = '\0';
	if (!*line || *line == '#')
		return true;
	rest = next_word(line, &word);
	if (strchr(word, ':'))
		return parse_fire(p, word, rest);
	if (!strcmp(word, "print")) {
		step_add(p, STEP_PRINT)->text = strdup(rest);
		return true;
	}
	rest = next_word(rest, &arg);
	if (*skip_blanks(rest))
		return parse_error(p, "%s: '%.40s' is too much", word, skip_blanks(rest));
	if (!strcmp(word, "sleep"))
		return parse_sleep(p, arg);
	if (!strcmp(word, "wait"))
		return parse_wait(p, STEP_WAIT, arg);
	if (!strcmp(word, "wait-off"))
		return parse_wait(p, STEP_WAIT_OFF, arg);
	if (!strcmp(word, "thread"))
		return parse_thread(p, arg);
	if (!strcmp(word, "repeat"))
		return parse_repeat(p, arg);
	if (!strcmp(word, "end") && !*arg)
		return parse_end(p);
	return parse_error(p, "%.40s: neither a probe (PROVIDER:NAME) nor a command", word);
}

bool script_parse(struct script *s, FILE *f, const char *name)
{
	struct parser p = { .script = s, .name = name };
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	s->threads = 1;
	while (ok && getline(&line, &size, f) >= 0) {
		p.line++;
		ok = parse_line(&p, line);
	}
	free(line);
	if (ok && ferror(f))
		ok = parse_error(&p, "read: %s", err_name(errno));
	if (ok && p.depth)
		ok = parse_error(&p, "a repeat without its end");
	return ok;
}

void script_free(struct script *s)
{
	for (uint32_t i = 0; i < s->len; i++) {
		free(s->steps[i].text);
		for (int a = 0; a < PLAYER_ARGS; a++)
			free(s->steps[i].args[a].text);
	}
	free(s->steps);
}
