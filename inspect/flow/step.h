/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One step back: through the instruction that has written the place. */
#include "inspect/flow/trail.h"

void step_at(struct trail *, size_t def);
