/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The Makefile's VERSION; without it, as when one header is checked alone: */
#ifndef CRASHD_VERSION
#define CRASHD_VERSION "0.1.0"
#endif
