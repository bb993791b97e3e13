/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Every bound on hostile input, with its reason.  A core, an ELF file, DWARF
 * and what a user types are all untrusted.
 */
enum {
	/* stack */
	MAX_FRAMES = 100000,    /* a runaway recursion of 8 MiB has fewer */
	MAX_INLINE_DEPTH = 256, /* inlined calls at one pc */
	MAX_SCOPE_DEPTH = 256,  /* lexical blocks inside each other */
	MAX_SCAN_WORDS = 1024,  /* stack words looked at for a return address */
	MAX_THROW_STACK = 1 << 18, /* bytes looked at for an exception */

	/* cores and modules */
	MAX_THREADS = 1000000, /* pid_max is 4 million; cores have fewer */
	MAX_SEGMENTS =
		4194304, /* program headers; vm.max_map_count rarely over */
	MAX_MODULES = 65536,
	MAX_PATH = 65536,           /* bytes of a path read from a core */
	MAX_BUILD_ID = 64,          /* sha1 has 20, users may choose others */
	MAX_PACKED_FRAME = 1 << 26, /* bytes of an unpacked frame: csnap's */
	MAX_PACKED_CACHE = 1 << 27, /* bytes of unpacked frames that are kept */
	MAX_PACKED_NOTES = 1 << 30, /* bytes of notes of a packed core */
	MAX_LINK_MAP = 65536,       /* entries followed in the link map list */

	/* bundles */
	MAX_BUNDLE_MEMBERS = 200000, /* .dwo files of a large program */
	MAX_BUNDLE_NAME = 4096,      /* bytes: PATH_MAX */
	MAX_BUNDLE_DEPTH = 100,      /* folders inside each other */
	MAX_BUNDLE_HEADER = 1 << 20, /* bytes of a member's pax records */
	MAX_BUNDLE_PIECES = 1 << 20, /* between the holes of a core */
	MAX_BUNDLE_TEXT = 64 << 20,  /* bytes of its manifest, or record */
	MAX_BUNDLE_RATIO = 4096,     /* bytes for one packed; zeros aside */

	/* DWARF */
	MAX_DIE_DEPTH = 512,      /* tree depth, origins, and type chains */
	MAX_EXPR_OPS = 10000,     /* steps of one location expression */
	MAX_EXPR_STACK = 256,     /* its stack */
	MAX_EXPR_CALLS = 16,      /* DW_OP_call and entry value nesting */
	MAX_PIECES = 1024,        /* pieces of one value */
	MAX_VALUE_SIZE = 1 << 26, /* bytes of one value that is loaded */
	MAX_MEMBERS = 65536,

	/* expressions and printing */
	MAX_EXPR_TEXT = 65536, /* bytes of one expression that a user types */
	MAX_PARSE_DEPTH = 256,
	MAX_PRINT_DEPTH = 32,   /* structs inside structs */
	MAX_VIRTUAL_BASES = 32, /* of one C++ object that are told apart */
	MAX_STRING = 1 << 20,   /* bytes of one C string that is read */
	MAX_ENVIRONMENT_TAIL = 1 << 18, /* bytes, for a variable's sake */

	/* files that others write to */
	MAX_GONE_RUNS = 4096, /* of pages that a file has not got any more */

	/* macros */
	MAX_INCLUDE_DEPTH = 256,    /* files inside each other */
	MAX_MACRO_IMPORTS = 100000, /* parts that a unit shares */

	/* walks and views */
	MAX_WALK_NODES = 1 << 22, /* of one list or tree: 64 MB of addresses */
	MAX_VIEW_NODES = 100000,  /* looked at to show one value */
	MAX_VIEW_ITEMS = 64,      /* lines of a view, parts of an element */
	MAX_WALK_NESTING = 8,     /* each in each */
	MAX_VIEW_FILE = 1 << 20,  /* bytes of a file of views */
};

/* Bytes of a file in a bundle: x86-64's user half (psABI 3.3.2). */
#define MAX_BUNDLE_FILE (UINT64_C(1) << 47)
/* Unpacked bytes of an archive that are never too many. */
#define MAX_BUNDLE_SMALL (UINT64_C(1) << 28)
