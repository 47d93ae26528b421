// SPDX-License-Identifier: GPL-2.0-only
/* b) cost of a pass over a sparse mapping. usage: sparse SIZE STRIDE [PASSES]; sizes take K M G T;
 * STRIDE 0: one page in the middle, else one page at each multiple of STRIDE (distinct contents) */
#include "ksmperf.h"

static u64 num(const char *s)
{
	char *e;
	u64 v = strtoul(s, &e, 0);
	switch (*e) {
	case 'T': v <<= 10; /* fall through */
	case 'G': v <<= 10; /* fall through */
	case 'M': v <<= 10; /* fall through */
	case 'K': v <<= 10;
	}
	return v;
}

int main(int argc, char **argv)
{
	u64 size = argc > 1 ? num(argv[1]) : 1UL << 30, stride = argc > 2 ? num(argv[2]) : 0, n = 0;
	int np = argc > 3 ? atoi(argv[3]) : 20;
	struct pass p[256], first;
	u64 cpu[256], wall[256], mc, mw;
	char *m;

	if (np > 256)
		np = 256;
	ksm_setup();
	m = map_anon(size);
	if (stride)
		for (u64 o = 0; o < size; o += stride)
			fill(m + o, n++);
	else
		fill(m + ((size / 2) & ~(PG - 1)), n++);
	mergeable(m, size);
	first = ksm_pass(n > 10000 ? 100 : 0);
	ksm_pass(n > 10000 ? 100 : 0);		/* second: goes into the unstable tree */
	for (int i = 0; i < np; i++) {
		p[i] = ksm_pass(n > 10000 ? 100 : 0);
		cpu[i] = p[i].cpu;
		wall[i] = p[i].wall;
	}
	ksm_stop();
	json_head("sparse");
	mc = median(cpu, np);
	mw = median(wall, np);
	printf(",\"size\":%lu,\"stride\":%lu,\"pages\":%lu,\"passes\":%d,\"first\":", size, stride, n, np);
	json_pass(&first, n);
	printf(",\"cpu_ns\":%lu,\"cpu_min\":%lu,\"cpu_max\":%lu,\"wall_ns\":%lu,\"wall_min\":%lu,\"wall_max\":%lu,"
	       "\"cpu_ns_per_page\":%.1f,\"scanned\":%ld,\"unshared\":%ld}\n",
	       mc, cpu[0], cpu[np - 1], mw, wall[0], wall[np - 1], (double)mc / n, p[np - 1].scanned, p[np - 1].unshared);
	munmap(m, size);
	return 0;
}
