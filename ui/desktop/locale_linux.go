package desktop

// Fyne parses the locale when it is loaded and complains of "C.UTF-8" on
// standard error, where the command line's answers go. Go code of ours cannot
// run before that; a C constructor can. It lets Go see the locale "C", which
// means the same, and leaves the character set to C's own view of the
// environment, which the window's keyboard input uses.

/*
#include <stdlib.h>
#include <string.h>

static const char *names[] = {"LC_ALL=", "LC_MESSAGES=", "LANG="};

__attribute__((constructor)) static void plain_locale(int argc, char **argv, char **envp) {
	int found = 0;
	if (envp == NULL) return; // not glibc
	for (char **e = envp; *e != NULL; e++)
		for (int i = 0; i < 3; i++) {
			size_t n = strlen(names[i]);
			if (strncmp(*e, names[i], n) == 0 && strncmp(*e + n, "C.", 2) == 0) {
				(*e)[n + 1] = 0;
				found = 1;
			}
		}
	if (found) {
		setenv("LC_CTYPE", "C.UTF-8", 0); // now libc has a copy of its own
		unsetenv("LC_ALL");
	}
}
*/
import "C"
