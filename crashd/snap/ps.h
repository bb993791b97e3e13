/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * csnap ps: the processes that a snapshot can be taken of, as gops lists them,
 * with a star behind those that have libcrashd; or all about one of them.
 */
#include "crashd/snap/problem.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

void ps_list(bool json, FILE *);
/* 0, or -1 with the sentence. */
int ps_one(pid_t, bool json, FILE *, struct problem *);
