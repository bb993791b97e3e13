/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a rule of why looks at, and how it writes down what it found.
 */
#include "inspect/arch/disasm.h"
#include "inspect/why/why.h"

#include <signal.h>
#include <stdbool.h>

struct rule {
	struct image *image;
	const struct trace *trace;
	struct arena *arena;
	struct why *why;
	const siginfo_t *info; /* NULL: not in the core */
	int sig, code;
	uint64_t addr; /* of the fault */
	bool has_addr;
	uint64_t pc, sp;
	const struct regs *regs;
	struct insn insn; /* at pc; mnemonic NULL: not readable */
	bool has_ea;
	uint64_t ea; /* the address that its operand in memory has */
	bool has_source_ea;
	uint64_t source_ea; /* of the second operand of a string instruction */
};

/* From the core's signal and its thread's registers. */
void rule_open(struct rule *, struct image *, const struct trace *,
	struct arena *, struct why *);
/* A finding, which blames the innermost frame of the program. */
struct why_finding *rule_add(struct rule *, const char *cause,
	enum why_confidence, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void rule_evidence(struct rule *, struct why_finding *, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The signal, its code and address. */
void rule_signal_evidence(struct rule *, struct why_finding *);
/* The instruction and the registers that it used. */
void rule_insn_evidence(struct rule *, struct why_finding *);
/* Reads the instruction at pc: fills insn, ea. */
void rule_decode(struct rule *);
/* What was mapped at an address, or NULL. */
const struct core_load *rule_load_at(const struct rule *, uint64_t addr);
const struct core_file *rule_file_at(const struct rule *, uint64_t addr);
/* Is it among the innermost frames? */
bool rule_has_function(const struct rule *, const char *name);
/* Could it be an address of this processor? */
bool rule_canonical(uint64_t addr);
/* Is its source the system's: an inlined wrapper, a template? */
bool rule_is_header(const struct frame *);
/* The frame to blame, or its innermost caller with source of the program. */
const struct frame *rule_outside_of_headers(
	const struct rule *, const struct frame *blamed);
