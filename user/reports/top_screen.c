// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "top_screen.h"

#ifdef HAVE_CURSES

#include <errno.h>
#include <fcntl.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "top_model.h"
#include "top_ui.h"

const bool top_has_screen = true;

/* term.h has it, and makes macros of words like "columns" */
extern char *tigetstr(const char *name);

enum { PAIR_ODD = 1, PAIR_BAD };

/* What is needed to give the terminal back, from a signal handler too. */
static struct {
	volatile sig_atomic_t open;
	SCREEN *screen;
	struct termios saved;
	char leave[256]; /* the terminal's own way back to the shell's screen */
	int held;	 /* what went to stderr meanwhile; negative: goes its own way */
	int stderr_was;
	bool colours;
} term = { .held = -1 };

/* --- stderr --- */

static void hold_stderr(void)
{
	if (!isatty(STDERR_FILENO))
		return;
	term.held = memfd_create("assay-top", MFD_CLOEXEC);
	term.stderr_was = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (term.held < 0 || term.stderr_was < 0 || dup2(term.held, STDERR_FILENO) < 0) {
		close(term.held);
		close(term.stderr_was);
		term.held = -1;
	}
}

/* Safe in a signal handler. */
static void release_stderr(void)
{
	char text[512];
	off_t at = 0;
	ssize_t n;

	if (term.held < 0)
		return;
	dup2(term.stderr_was, STDERR_FILENO);
	while ((n = pread(term.held, text, sizeof(text), at)) > 0) {
		at += n;
		if (write(STDERR_FILENO, text, n) < 0)
			break;
	}
	close(term.stderr_was);
	close(term.held);
	term.held = -1;
}

const char *top_screen_message(void)
{
	static char line[512];
	char *end, *begin;
	ssize_t n;
	off_t size;

	if (term.held < 0)
		return "";
	size = lseek(term.held, 0, SEEK_END);
	n = pread(term.held, line, sizeof(line) - 1,
		  size < (off_t)sizeof(line) ? 0 : size - (off_t)sizeof(line) + 1);
	line[n > 0 ? n : 0] = '\0';
	end = line + strlen(line);
	while (end > line && end[-1] == '\n')
		*--end = '\0';
	begin = strrchr(line, '\n');
	return begin ? begin + 1 : line;
}

/* --- the way back --- */

static void keep_sequence(const char *name)
{
	const char *s = tigetstr(name);
	size_t have = strlen(term.leave);

	if (s && s != (const char *)-1 && have + strlen(s) < sizeof(term.leave))
		strcpy(term.leave + have, s);
}

/* The program is about to die: no library that may be in the middle of something. */
static void die(int signo)
{
	if (term.open) {
		term.open = false;
		if (write(STDOUT_FILENO, term.leave, strlen(term.leave)) < 0) {
			/* nothing more can be done */
		}
		tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
		release_stderr();
	}
	raise(signo);
}

static void catch_ends(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT };
	struct sigaction action = { .sa_handler = die, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

void top_screen_close(void)
{
	if (!term.open)
		return;
	term.open = false;
	endwin();
	delscreen(term.screen);
	release_stderr();
}

int top_screen_open(char *why, size_t why_size)
{
	static const char *const leave[] = { "sgr0", "cnorm", "rmkx", "rmcup" };
	static bool registered;

	if (tcgetattr(STDIN_FILENO, &term.saved)) {
		snprintf(why, why_size, "read the terminal's settings");
		return -errno;
	}
	term.screen = newterm(NULL, stdout, stdin);
	if (!term.screen) {
		snprintf(why, why_size, "terminal \"%s\" is not known or can do too little",
			 getenv("TERM") ? getenv("TERM") : "");
		return -ENOTTY;
	}
	term.leave[0] = '\0';
	for (size_t i = 0; i < sizeof(leave) / sizeof(leave[0]); i++)
		keep_sequence(leave[i]);
	term.open = true;
	catch_ends();
	if (!registered)
		atexit(top_screen_close);
	registered = true;
	hold_stderr();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	term.colours = has_colors() && !getenv("NO_COLOR") && start_color() == OK;
	if (term.colours) {
		use_default_colors();
		init_pair(PAIR_ODD, COLOR_YELLOW, -1);
		init_pair(PAIR_BAD, COLOR_WHITE, COLOR_RED);
	}
	return 0;
}

/* --- drawing and keys --- */

void top_screen_size(int *rows, int *cols)
{
	struct winsize size = { 0 };

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col &&
	    (size.ws_row != LINES || size.ws_col != COLS)) {
		resizeterm(size.ws_row, size.ws_col);
		clearok(stdscr, TRUE);
	}
	*rows = LINES;
	*cols = COLS;
}

static chtype attributes(int style)
{
	enum top_mood mood = style & STYLE_MOOD;
	chtype a = A_NORMAL;

	if (mood == TOP_BAD)
		a = A_BOLD | (term.colours ? COLOR_PAIR(PAIR_BAD) : A_REVERSE);
	else if (mood == TOP_ODD)
		a = A_BOLD | (term.colours ? COLOR_PAIR(PAIR_ODD) : A_UNDERLINE);
	if (style & STYLE_BOLD)
		a |= A_BOLD;
	if (style & STYLE_TITLE)
		a |= A_REVERSE;
	if (style & STYLE_DIM)
		a |= A_DIM;
	return a;
}

void top_screen_draw(const struct top_canvas *c)
{
	erase();
	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x < c->cols; x++) {
			const struct top_cell *cell = &c->cells[y * c->cols + x];

			mvaddch(y, x, (unsigned char)cell->c | attributes(cell->style));
		}
	refresh();
}

int top_screen_key(void)
{
	static const struct {
		int curses;
		enum top_key key;
	} keys[] = {
		{ KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN },
		{ KEY_LEFT, TOP_KEY_LEFT },
		{ KEY_RIGHT, TOP_KEY_RIGHT },
		{ KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END },
		{ KEY_BACKSPACE, TOP_KEY_BACKSPACE },
		{ KEY_ENTER, '\n' },
	};
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int key;

	if (poll(&fd, 1, 0) > 0 && fd.revents & (POLLHUP | POLLERR | POLLNVAL))
		return TOP_SCREEN_GONE;
	key = getch();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].curses == key)
			return keys[i].key;
	return key == ERR ? TOP_SCREEN_NONE : key < KEY_MIN ? key : 0;
}

#else

#include <errno.h>

const bool top_has_screen = false;

int top_screen_open(char *why, size_t why_size)
{
	snprintf(why, why_size, "this build of assay has no ncurses");
	return -ENOSYS;
}

void top_screen_close(void)
{
}

void top_screen_size(int *rows, int *cols)
{
	*rows = 24;
	*cols = 80;
}

void top_screen_draw(const struct top_canvas *canvas)
{
	(void)canvas;
}

int top_screen_key(void)
{
	return TOP_SCREEN_NONE;
}

const char *top_screen_message(void)
{
	return "";
}

#endif
