// SPDX-License-Identifier: GPL-2.0-only
/* a) ksmd CPU and wall time per page and pass. usage: scan_throughput PAGES distinct|same|pairs|cycle7 [PASSES] */
#include "ksmperf.h"

int main(int argc, char **argv)
{
	u64 n = argc > 1 ? strtoul(argv[1], NULL, 0) : 65536;
	const char *c = argc > 2 ? argv[2] : "distinct";
	int np = argc > 3 ? atoi(argv[3]) : 4;
	struct pass p[16];
	char *m;

	if (np > 16)
		np = 16;
	ksm_setup();
	m = map_anon(n * PG);
	populate(m, n, c);
	mergeable(m, n * PG);
	for (int i = 0; i < np; i++)
		p[i] = ksm_pass(n > 10000 ? 100 : 0);
	ksm_stop();
	json_head("scan_throughput");
	printf(",\"content\":\"%s\",\"pages\":%lu,\"max_page_sharing\":%ld,\"passes\":[", c, n, ksm_get("max_page_sharing"));
	for (int i = 0; i < np; i++) {
		if (i)
			printf(",");
		json_pass(&p[i], n);
	}
	/* the pass after munmap: ksmd drops the rmap_items */
	munmap(m, n * PG);
	m = map_anon(PG);
	fill(m, 99999999);
	mergeable(m, PG);
	p[0] = ksm_pass(100);
	ksm_stop();
	printf("],\"cleanup\":");
	json_pass(&p[0], n);
	printf("}\n");
	return 0;
}
