/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The instructions that every way to a frame's moment goes through: they have
 * been executed, the others perhaps not. */
#include "inspect/flow/spot.h"

/* certain: one byte an instruction. */
void waypoint_find(struct side *, uint8_t *certain);
