/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A line on a terminal's stderr while the program waits for a file. */
#include "inspect/cmd/session.h"

/* The session's waits are shown, and what fails in them is said, from now on.
 */
void wait_use(struct session *);
