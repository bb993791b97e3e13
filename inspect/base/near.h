/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names that are probably meant by a misspelt one. */

/* How many letters differ: changed, missing, or too many. */
unsigned near_distance(const char *a, const char *b);
/* What is as far from a typed word as this, or farther, is another word. */
unsigned near_limit(const char *typed);
