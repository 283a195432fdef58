#ifndef CREADLINE_SHIM_H
#define CREADLINE_SHIM_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/history.h>
#include <readline/readline.h>

// Readline is set up through global variables, which Swift 6 can't touch; these functions can.
// All of them are for the one thread that reads lines.

// Signals stay with the program; completion is all ours, and adds nothing to a match.
static inline void poise_readline_prepare(
    rl_completion_func_t *complete, rl_cpvfunc_t *word_breaks) {
  rl_readline_name = "poise";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_attempted_completion_function = complete;
  rl_completion_word_break_hook = word_breaks;
  rl_basic_quote_characters = "";
  rl_completer_quote_characters = "";
  rl_filename_quote_characters = "";
}

// To be called within a completion: never fall back to file names, and append nothing.
static inline void poise_readline_own_completion(void) {
  rl_attempted_completion_over = 1;
  rl_completion_append_character = '\0';
  rl_completion_suppress_append = 1;
  rl_filename_completion_desired = 0;
}

static inline const char *poise_readline_buffer(void) { return rl_line_buffer; }
static inline int poise_readline_point(void) { return rl_point; }

// Takes the terminal back after the program was stopped and continued.
static inline void poise_readline_resume(void) {
  rl_prep_terminal(1);
  rl_forced_update_display();
}
#endif
