/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* TAB: commands, their words, symbols, members, files, threads. */
#include "inspect/cmd/session.h"

/* Tells readline to ask us. */
void complete_install(struct session *);
