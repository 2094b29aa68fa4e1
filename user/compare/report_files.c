// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "outputs.h"
#include "page/page.h"
#include "render/render.h"
#include "report_files.h"

/* --- before --- */

/* The path with all links followed, of a file that need not be there yet. 0 or -errno. */
static int resolve(const char *path, char resolved[PATH_MAX])
{
	char parent[PATH_MAX], folder[PATH_MAX];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (realpath(path, resolved))
		return 0;
	if (errno != ENOENT || !*name)
		return -errno;
	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path + 1) : 1,
		 slash ? path : ".");
	if (!realpath(parent, folder))
		return -errno;
	if (snprintf(resolved, PATH_MAX, "%s/%s", strcmp(folder, "/") ? folder : "", name) >=
	    PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static bool is_regular_or_new(const char *path)
{
	struct stat st;

	return stat(path, &st) ? errno == ENOENT : S_ISREG(st.st_mode);
}

struct named_path {
	const char *option, *path;
	bool is_read; /* and not written */
	char resolved[PATH_MAX];
};

/* No two of them may be the same file: one would overwrite the other, or what is compared with. */
static int check_apart(const struct named_path *paths, int n)
{
	for (int i = 0; i < n; i++) {
		if (!is_regular_or_new(paths[i].resolved))
			continue; /* a terminal, /dev/null */
		for (int k = 0; k < i; k++) {
			if (strcmp(paths[i].resolved, paths[k].resolved) ||
			    (paths[i].is_read && paths[k].is_read))
				continue;
			log_error("%s %s: that is the file of %s, too", paths[i].option,
				  paths[i].path, paths[k].option);
			return -EINVAL;
		}
	}
	return 0;
}

#define MOST_PATHS 7

/* All files that the options name, and those of ab's -o. */
static int check_paths(const struct report_files *f)
{
	const struct compare_options *o = f->o;
	const struct {
		const char *option, *path;
	} all[MOST_PATHS] = {
		{ "--baseline", o->baseline }, { "NEW.json", o->measured },
		{ "-o", f->kept[0] },	       { "-o", f->kept[1] },
		{ "--junit", o->junit },       { "--markdown", o->markdown },
		{ "--html", o->html },
	};
	struct named_path *paths = calloc(MOST_PATHS, sizeof(*paths));
	int n = 0, err;

	if (!paths) {
		log_error("open files: %s", err_name(ENOMEM));
		return -ENOMEM;
	}
	for (int i = 0; i < MOST_PATHS; i++) {
		if (!all[i].path || !*all[i].path)
			continue;
		paths[n].option = all[i].option;
		paths[n].path = all[i].path;
		paths[n].is_read = i < 2;
		/* what can't be found is told by who opens it */
		if (!resolve(all[i].path, paths[n].resolved))
			n++;
	}
	err = check_apart(paths, n);
	free(paths);
	return err;
}

/* "stdout" or "stderr" when that is open on the file, which is put in its place; else NULL. */
static const char *standard_stream(const char *path)
{
	struct stat file, st;

	if (stat(path, &file))
		return NULL;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &st) && st.st_dev == file.st_dev && st.st_ino == file.st_ino)
			return fd == STDOUT_FILENO ? "stdout" : "stderr";
	return NULL;
}

/* Whether runs can be kept there: they are written beside it first, and renamed. */
static int check_kept(const char *path)
{
	char folder[PATH_MAX], probe[PATH_MAX + 16];
	const char *stream;
	struct stat st;
	int fd;

	if (!strcmp(path, "/dev/null"))
		return 0;
	/* it is written anew after each run: that is nothing for a pipe */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		log_error("-o %s: it is there, and no regular file", path);
		return -EINVAL;
	}
	stream = standard_stream(path);
	if (stream) {
		log_error("-o %s: that is where %s goes", path, stream);
		return -EINVAL;
	}
	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0'; /* it is resolved: from the root on */
	snprintf(probe, sizeof(probe), "%s/.assay-XXXXXX", folder);
	fd = mkostemp(probe, O_CLOEXEC);
	if (fd < 0) {
		log_error("-o %s: make a file in its folder: %s%s", path, err_name(errno),
			  err_cure(errno));
		return -EINVAL;
	}
	close(fd);
	unlink(probe);
	return 0;
}

static int find_kept(const char *name, const char *suffix, char kept[PATH_MAX])
{
	char path[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s%s", name, suffix) >= (int)sizeof(path))
		err = -ENAMETOOLONG;
	else
		err = resolve(path, kept);
	if (err)
		log_error("-o %s: find its folder: %s", name, err_name(err));
	return err ? -EINVAL : check_kept(kept);
}

static int open_kept(struct report_files *f, const struct help_page *page)
{
	const char *name = f->o->output;
	int err;

	if (!name)
		return 0;
	if (page != &ab_page)
		return find_kept(name, "", f->kept[0]);
	err = find_kept(name, ".a.json", f->kept[0]);
	return err ?: find_kept(name, ".b.json", f->kept[1]);
}

static int open_one(const char *option, const char *path, const char *mode, FILE **out)
{
	if (!path)
		return 0;
	*out = fopen(path, mode);
	if (*out)
		return 0;
	log_error("open %s %s: %s%s", option, path, err_name(errno), err_cure(errno));
	return -EINVAL;
}

int report_files_open(struct report_files *f, const struct compare_options *o,
		      const struct help_page *page)
{
	int err;

	*f = (struct report_files){ .o = o, .command = page->name };
	err = open_kept(f, page) ?: check_paths(f);
	err = err ?: open_one("--junit", o->junit, "we", &f->junit);
	/* others write to a job's summary, too */
	err = err ?: open_one("--markdown", o->markdown, "ae", &f->markdown);
	err = err ?: open_one("--html", o->html, "we", &f->html);
	if (err)
		report_files_fail(f, "a file could not be opened");
	return err;
}

/* --- after --- */

/* Closes it; `err` is what came of writing to it. What went wrong is said, and returned. */
static int close_one(const char *option, const char *path, FILE **file, int err)
{
	FILE *f = *file;

	if (!f)
		return 0;
	*file = NULL;
	/* an error of before has no errno any more */
	if (!err && ferror(f))
		err = -EIO;
	if (fclose(f) && (!err || err == -EIO))
		err = -errno;
	if (err)
		log_error("write %s %s: %s%s", option, path, err_name(err),
			  err == -ENOSPC ? "; make room" : "");
	return err;
}

int report_files_print(int err)
{
	errno = EIO;
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -errno;
	if (err == -EPIPE) {
		clearerr(stdout);
		err = 0;
	}
	if (err)
		log_error("write to stdout: %s", err_name(err));
	return err;
}

static bool is_coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

static int annotated(int err)
{
	if (err)
		log_error("print workflow commands: %s", err_name(err));
	return err;
}

static int print(const struct report_files *f, const struct comparison *c)
{
	int err = f->o->json
			  ? output_json(c, stdout)
			  : output_table(c, stdout, render_width(stdout), f->o->all, is_coloured());

	err = report_files_print(err);
	/* the runner reads both streams; this one is no one's to parse */
	if (f->o->github)
		err = annotated(output_github(c, stderr, f->o->strict)) ?: err;
	return err;
}

/* The first error of them is returned; what comes after one is written all the same. */
int report_files_write(struct report_files *f, const struct comparison *c)
{
	const struct compare_options *o = f->o;
	int err = print(f, c), more;

	if (f->junit) {
		more = output_junit(c, f->junit, o->strict);
		more = close_one("--junit", o->junit, &f->junit, more);
		err = err ?: more;
	}
	if (f->markdown) {
		more = output_markdown(c, f->markdown);
		more = close_one("--markdown", o->markdown, &f->markdown, more);
		err = err ?: more;
	}
	if (f->html) {
		more = page_print(c, f->html);
		more = close_one("--html", o->html, &f->html, more);
		err = err ?: more;
	}
	return err;
}

int report_files_fail(struct report_files *f, const char *why)
{
	const struct compare_options *o = f->o;
	int err = 0, more;

	if (f->junit) {
		more = output_junit_failed(f->command, why, f->junit);
		err = close_one("--junit", o->junit, &f->junit, more);
	}
	if (f->markdown) {
		more = output_markdown_failed(f->command, why, f->markdown);
		more = close_one("--markdown", o->markdown, &f->markdown, more);
		err = err ?: more;
	}
	if (f->html) {
		page_print_failed(f->command, why, f->html);
		more = close_one("--html", o->html, &f->html, 0);
		err = err ?: more;
	}
	if (o->github)
		err = annotated(output_github_failed(f->command, why, stderr)) ?: err;
	return err;
}
