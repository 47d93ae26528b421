// SPDX-License-Identifier: GPL-2.0-only
/* c) MADV_UNMERGEABLE. usage: unmerge sparse GIB | unmerge dense PAGES distinct|same|pairs|cycle7 */
#include "ksmperf.h"

int main(int argc, char **argv)
{
	int dense = argc > 1 && !strcmp(argv[1], "dense");
	u64 n = argc > 2 ? strtoul(argv[2], NULL, 0) : 1, len, t, c, addrs;
	const char *con = argc > 3 ? argv[3] : "same";
	struct pass p = {0};
	char *m;

	if (!dense && n > 64)
		DIE("too large: break_ksm walks every address");
	len = dense ? n * PG : n << 30;
	addrs = len / PG;
	ksm_setup();
	m = map_anon(len);
	if (dense)
		populate(m, n, con);
	else
		fill(m + len / 2, 1);
	mergeable(m, len);
	for (int i = 0; i < 3; i++)
		p = ksm_pass(100);
	ksm_stop();
	c = cpu_now();
	t = now();
	if (madvise(m, len, MADV_UNMERGEABLE))
		DIE("MADV_UNMERGEABLE");
	t = now() - t;
	c = cpu_now() - c;
	json_head("unmerge");
	printf(",\"kind\":\"%s\",\"content\":\"%s\",\"bytes\":%lu,\"addresses\":%lu,\"shared_before\":%ld,\"sharing_before\":%ld,"
	       "\"shared_after\":%ld,\"sharing_after\":%ld,\"wall_ns\":%lu,\"cpu_ns\":%lu,\"wall_ns_per_address\":%.2f,\"cpu_ns_per_address\":%.2f}\n",
	       dense ? "dense" : "sparse", dense ? con : "one-page", len, addrs, p.shared, p.sharing,
	       ksm_get("pages_shared"), ksm_get("pages_sharing"), t, c, (double)t / addrs, (double)c / addrs);
	munmap(m, len);
	return 0;
}
