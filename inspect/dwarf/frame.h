/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One frame of a stack: registers, how it was found, and what is known of its
 * code.  It lives here and not in inspect/stack, which fills it in, because a
 * variable's location is evaluated in a frame, and an entry value in its
 * caller's.
 */
#include "inspect/arch/arch.h"
#include "inspect/image/module.h"

#include <stdbool.h>
#include <stdint.h>

struct scope;

enum frame_how {
	HOW_CONTEXT,  /* the registers of the thread */
	HOW_CFI,      /* call frame information */
	HOW_FP,       /* frame pointer */
	HOW_CALL,     /* a call through a bad pointer undone */
	HOW_SCAN,     /* a return address found on the stack */
	HOW_TAILCALL, /* inferred from call sites, has no frame of its own */
};

struct frame {
	unsigned level;
	struct regs regs;
	const struct vregs *vregs; /* NULL above the innermost frame */
	uint64_t pc, cfa;
	bool cfa_known;
	enum frame_how how;
	bool interrupted; /* pc is where it stopped, not a return address */
	bool inlined;     /* shares registers with the frame below it */
	bool signal;      /* a signal trampoline: <signal handler called> */
	struct module *module; /* NULL: pc is in no module */
	const char *function;  /* DWARF name, else ELF symbol, else NULL */
	uint64_t function_pc;  /* its entry; 0: not known */
	bool has_debug;        /* scope is valid */
	struct scope *scope;
	const char *file;      /* absolute, or NULL */
	const char *file_name; /* as the compiler was given it */
	int line;              /* 0: not known */
	const char *note;      /* "wrong file: …" and the like, or NULL */
	const struct frame *caller; /* next outer machine frame, for entry
				       values; NULL: none */
	bool cut; /* it has a caller, which was not looked for */
};

/* The pc to look things up with: minus one in a caller, whose pc is the
 * return address and may already belong to the next line or function. */
uint64_t frame_lookup_pc(const struct frame *);
/* "cfi", "fp", ...: the words of the JSON contract. */
const char *frame_how_name(enum frame_how);
