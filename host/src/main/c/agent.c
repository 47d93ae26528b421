// SPDX-License-Identifier: GPL-2.0-only
/*
 * The native half of the host backend, in these roles:
 *
 *   agent keeper SOCKET     starts processes, writes knobs, and puts everything back when its
 *                           standard input ends, for whatever reason
 *   agent process SOCKET    one process of a scenario: does the system calls and page accesses that
 *                           it is told over the socket
 *   agent exec SOCKET       the same, after such a process has called execve on itself: what it
 *                           inherits stays as it is
 *
 * No C library, no writable data of its own: a process of a scenario must hold nothing that KSM
 * could merge, so all that is left of it beside the arena is its text, mapped shared, and one
 * shared region with its stack.
 */
#include <stddef.h>
#include <stdint.h>

#ifndef __x86_64__
#error "the host backend knows x86-64 alone"
#endif

typedef uint64_t u64;
typedef uint8_t u8;

#define PAGE 4096UL
#define TASK_END 0x7ffffffff000UL
/* Below the arena, which begins at 0x100000000000. */
#define REGION 0x080000000000UL
#define REGION_SIZE (48 * PAGE)
#define BUFFER_SIZE (24 * PAGE)

enum {
	SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_poll = 7, SYS_mmap = 9,
	SYS_munmap = 11, SYS_rt_sigaction = 13, SYS_pwrite64 = 18, SYS_getpid = 39, SYS_socket = 41,
	SYS_connect = 42, SYS_fork = 57, SYS_execve = 59, SYS_ftruncate = 77, SYS_unlink = 87,
	SYS_setsid = 112, SYS_prctl = 157, SYS_sched_setaffinity = 203, SYS_exit_group = 231,
	SYS_move_pages = 279, SYS_getcpu = 309, SYS_memfd_create = 319, SYS_pidfd_send_signal = 424,
	SYS_pidfd_open = 434,
};

enum { PROT_RW = 3, MAP_SHARED = 1, MAP_FIXED = 0x10, O_RDONLY = 0, O_WRONLY = 1 };
enum { SIGHUP = 1, SIGINT = 2, SIGBUS = 7, SIGKILL = 9, SIGSEGV = 11, SIGPIPE = 13, SIGTERM = 15,
       SIGCHLD = 17 };
enum { CLOEXEC = 02000000, AF_UNIX = 1, SOCK_STREAM = 1, EINTR = 4, POLLIN = 1 };
enum { PR_SET_MEMORY_MERGE = 67 };

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define sys0(n) sys6(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a) sys6(n, (long)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) sys6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) sys6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(n, a, b, c, d) sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static void die(int code)
{
	sys1(SYS_exit_group, code);
	__builtin_unreachable();
}

/* Compilers may call these by themselves. */
void *memset(void *to, int value, size_t n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* Reads exactly n bytes; 0 where the other end is gone. */
static int read_all(int fd, void *to, size_t n)
{
	char *at = to;

	while (n) {
		long got = sys3(SYS_read, fd, at, n);

		if (got == -EINTR)
			continue;
		if (got <= 0)
			return 0;
		at += got;
		n -= got;
	}
	return 1;
}

static int write_all(int fd, const void *from, size_t n)
{
	const char *at = from;

	while (n) {
		long put = sys3(SYS_write, fd, at, n);

		if (put == -EINTR)
			continue;
		if (put <= 0)
			return 0;
		at += put;
		n -= put;
	}
	return 1;
}

struct kernel_sigaction {
	void *handler;
	u64 flags;
	void *restorer;
	u64 mask;
};

enum { SA_RESTORER = 0x04000000, SA_NODEFER = 0x40000000 };

__attribute__((naked)) static void restore_rt(void)
{
	__asm__ volatile("mov $15, %eax\n\tsyscall");
}

static void on_signal(int signal, void *handler, u64 flags)
{
	struct kernel_sigaction action = { handler, flags | SA_RESTORER, (void *)restore_rt, 0 };

	sys4(SYS_rt_sigaction, signal, &action, 0, 8);
}

static void ignore(int signal)
{
	on_signal(signal, (void *)1, 0);
}

/* What a terminal sends to everyone must reach neither role: they end when their other end does. */
static void stand_alone(void)
{
	ignore(SIGHUP);
	ignore(SIGINT);
	ignore(SIGTERM);
	ignore(SIGPIPE);
	ignore(SIGCHLD); /* and children leave no zombies */
	sys0(SYS_setsid);
}

static int connect_to(const char *path)
{
	struct {
		uint16_t family;
		char path[108];
	} address;
	size_t n = length(path);
	int fd;

	if (n >= sizeof(address.path))
		die(10);
	memset(&address, 0, sizeof(address));
	address.family = AF_UNIX;
	memcpy(address.path, path, n);
	fd = sys3(SYS_socket, AF_UNIX, SOCK_STREAM | CLOEXEC, 0);
	if (fd < 0 || sys3(SYS_connect, fd, &address, sizeof(address)) < 0)
		die(11);
	return fd;
}

/* ------------------------------------------------------------------ a process of a scenario */

enum { OP_SYSCALL = 1, OP_WRITE, OP_POKE, OP_TOUCH, OP_CHECK, OP_FORK, OP_PUT, OP_GET, OP_EXIT,
       OP_LOAD, OP_STORE, OP_FILL };
enum { BYTES = 0, ID, SEQUENCE, CYCLE };
#define HELLO 0x65676170656d6173UL

struct command {
	u64 op;
	u64 arg[7];
};

struct reply {
	u64 result;
	u64 signal;
	u64 value[6];
};

/* At the start of the region; the stack is at its end. */
struct state {
	int sock;
	int keeps_merging; /* across exec */
	volatile int armed;
	volatile int signal;
	void *env[5];
	char path[108];
	u8 buffer[BUFFER_SIZE] __attribute__((aligned(4096)));
};

#define S ((struct state *)REGION)

static void on_fault(int signal)
{
	if (!S->armed)
		die(12);
	S->signal = signal;
	__builtin_longjmp(S->env, 1);
}

static u64 word_of(u64 index)
{
	u64 z = (index + 1) * 0x9E3779B97F4A7C15UL;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
	z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
	return z ^ z >> 31;
}

/* Word j of page i of a content. */
static u64 content_word(u64 kind, u64 value, u64 i, u64 j)
{
	switch (kind) {
	case BYTES:
		return (value & 0xff) * 0x0101010101010101UL;
	case ID:
		return word_of(value * 512 + j);
	case SEQUENCE:
		return word_of((value + i) * 512 + j);
	default:
		return word_of(i % value * 512 + j);
	}
}

static void write_page(volatile u64 *page, u64 kind, u64 value, u64 i)
{
	for (u64 j = 0; j < 512; j++)
		page[j] = content_word(kind, value, i, j);
}

/* Compares all of a page, and keeps the first difference of all pages. */
static void check_page(volatile u64 *page, const struct command *c, u64 i, struct reply *r)
{
	for (u64 j = 0; j < 512; j++) {
		u64 seen = page[j];
		u64 expected = content_word(c->arg[2], c->arg[3], i, j);

		if (seen != expected && !r->value[0]) {
			u64 byte = __builtin_ctzl(seen ^ expected) / 8;

			r->value[0] = 1;
			r->value[1] = i;
			r->value[2] = j * 8 + byte;
			r->value[3] = expected >> byte * 8 & 0xff;
			r->value[4] = seen >> byte * 8 & 0xff;
		}
	}
}

/* arg: address, pages, and what to do with them. */
__attribute__((noinline)) static void access_pages(const struct command *c, struct reply *r)
{
	for (u64 i = 0; i < c->arg[1]; i++) {
		volatile u8 *page = (volatile u8 *)(c->arg[0] + i * PAGE);

		switch (c->op) {
		case OP_WRITE:
			write_page((volatile u64 *)page, c->arg[2], c->arg[3], i);
			break;
		case OP_POKE:
			*page = c->arg[2];
			break;
		case OP_TOUCH:
			(void)*page;
			break;
		default:
			check_page((volatile u64 *)page, c, i, r);
		}
	}
}

/* arg: address, bytes, and the byte to fill with; the buffer is the other end of a copy. */
__attribute__((noinline)) static void access_bytes(const struct command *c)
{
	volatile u8 *at = (volatile u8 *)c->arg[0];

	for (u64 i = 0; i < c->arg[1]; i++) {
		switch (c->op) {
		case OP_LOAD:
			S->buffer[i] = at[i];
			break;
		case OP_STORE:
			at[i] = S->buffer[i];
			break;
		default:
			at[i] = c->arg[2];
		}
	}
}

__attribute__((noinline)) static void guarded_access(const struct command *c, struct reply *r)
{
	if (__builtin_setjmp(S->env)) {
		r->signal = S->signal;
	} else {
		S->armed = 1;
		if (c->op < OP_LOAD)
			access_pages(c, r);
		else
			access_bytes(c);
	}
	S->armed = 0;
}

/*
 * Forks, with the region copied into the file fd first, which takes its place in the child. Between
 * the copy and the exchange nothing may be written to the stack.
 */
__attribute__((naked, noinline)) static long fork_region(long fd __attribute__((unused)))
{
	__asm__ volatile(
		"push %rbx\n\t"
		"mov %rdi, %rbx\n\t"
		"mov $18, %eax\n\t" /* pwrite64 */
		"movabs $0x080000000000, %rsi\n\t"
		"mov $196608, %edx\n\t"
		"xor %r10d, %r10d\n\t"
		"syscall\n\t"
		"cmp $196608, %rax\n\t"
		"jne 9f\n\t"
		"mov $57, %eax\n\t" /* fork */
		"syscall\n\t"
		"test %rax, %rax\n\t"
		"jnz 8f\n\t"
		"mov $9, %eax\n\t" /* mmap */
		"movabs $0x080000000000, %rdi\n\t"
		"mov $196608, %esi\n\t"
		"mov $3, %edx\n\t"
		"mov $0x11, %r10d\n\t"
		"mov %rbx, %r8\n\t"
		"xor %r9d, %r9d\n\t"
		"syscall\n\t"
		"cmp %rdi, %rax\n\t"
		"jne 9f\n\t"
		"xor %eax, %eax\n"
		"8:\tpop %rbx\n\t"
		"ret\n"
		"9:\tmov $231, %eax\n\t" /* exit_group */
		"mov $13, %edi\n\t"
		"syscall");
}

_Static_assert(REGION == 0x080000000000UL && REGION_SIZE == 196608, "as in fork_region");
_Static_assert(sizeof(struct state) + 16 * PAGE <= REGION_SIZE, "room for the stack");

static int region_file(void)
{
	int fd = sys2(SYS_memfd_create, "samepage-region", 1 /* MFD_CLOEXEC */);

	if (fd < 0 || sys2(SYS_ftruncate, fd, REGION_SIZE) < 0)
		die(14);
	return fd;
}

static void say_hello(void)
{
	struct reply hello;

	memset(&hello, 0, sizeof(hello));
	hello.result = HELLO;
	hello.value[0] = sys0(SYS_getpid);
	if (!write_all(S->sock, &hello, sizeof(hello)))
		die(15);
}

static long do_fork(void)
{
	int fd = region_file();
	long pid = fork_region(fd);

	sys1(SYS_close, fd);
	if (!pid) {
		sys1(SYS_close, S->sock);
		S->sock = connect_to(S->path);
		say_hello();
	}
	return pid;
}

/* Returns whether to answer. */
static int carry_out(const struct command *c, struct reply *r)
{
	long pid;

	switch (c->op) {
	case OP_SYSCALL:
		r->result = sys6(c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5],
				 c->arg[6]);
		return 1;
	case OP_LOAD:
	case OP_STORE:
		if (c->arg[1] > BUFFER_SIZE)
			die(23);
		guarded_access(c, r);
		return 1;
	case OP_WRITE:
	case OP_POKE:
	case OP_TOUCH:
	case OP_CHECK:
	case OP_FILL:
		guarded_access(c, r);
		return 1;
	case OP_FORK:
		pid = do_fork();
		r->result = pid;
		return pid != 0;
	case OP_PUT:
		if (c->arg[0] > BUFFER_SIZE || !read_all(S->sock, S->buffer, c->arg[0]))
			die(16);
		return 1;
	case OP_GET:
		if (c->arg[0] > BUFFER_SIZE || !write_all(S->sock, S->buffer, c->arg[0]))
			die(17);
		return 0;
	default:
		die(0);
	}
	return 0;
}

__attribute__((noinline, used)) static void serve(void)
{
	struct command c;
	struct reply r;

	say_hello();
	for (;;) {
		if (!read_all(S->sock, &c, sizeof(c)))
			die(0);
		memset(&r, 0, sizeof(r));
		if (carry_out(&c, &r) && !write_all(S->sock, &r, sizeof(r)))
			die(0);
	}
}

struct elf_header {
	u8 ident[16];
	uint16_t type, machine;
	uint32_t version;
	u64 entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header {
	uint32_t type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

enum { PT_LOAD = 1, PF_X = 1, PF_W = 2 };

/* Maps this program's own segments once more, shared, in their place. Returns where they end. */
static u64 share_text(const u64 *auxv)
{
	const struct program_header *at = NULL;
	u64 count = 0, end = 0;
	int exe = sys2(SYS_open, "/proc/self/exe", O_RDONLY | CLOEXEC);

	for (; auxv[0]; auxv += 2) {
		if (auxv[0] == 3) /* AT_PHDR */
			at = (const struct program_header *)auxv[1];
		if (auxv[0] == 5) /* AT_PHNUM */
			count = auxv[1];
	}
	if (exe < 0 || !at)
		die(18);
	for (u64 i = 0; i < count; i++) {
		u64 from, size;

		if (at[i].type != PT_LOAD || !at[i].memsz)
			continue;
		if (at[i].flags & PF_W)
			die(19);
		from = at[i].vaddr & -PAGE;
		size = (at[i].vaddr + at[i].filesz - from + PAGE - 1) & -PAGE;
		if (sys6(SYS_mmap, from, size, at[i].flags & PF_X ? 5 : 1, MAP_SHARED | MAP_FIXED,
			 exe, at[i].offset & -PAGE) != (long)from)
			die(20);
		if (from + size > end)
			end = from + size;
	}
	sys1(SYS_close, exe);
	return end;
}

extern const struct elf_header __ehdr_start __attribute__((visibility("hidden")));

/* Moves over to the region, and gives up all else. Runs on the region's stack. */
__attribute__((noinline, used)) static void settle(u64 text_end)
{
	sys2(SYS_munmap, 0, (u64)&__ehdr_start & -PAGE);
	sys2(SYS_munmap, text_end, REGION - text_end);
	sys2(SYS_munmap, REGION + REGION_SIZE, TASK_END - (REGION + REGION_SIZE));
	/* may have been inherited */
	if (!S->keeps_merging)
		sys6(SYS_prctl, PR_SET_MEMORY_MERGE, 0, 0, 0, 0, 0);
	on_signal(SIGSEGV, (void *)on_fault, SA_NODEFER);
	on_signal(SIGBUS, (void *)on_fault, SA_NODEFER);
	serve();
	die(0);
}

static void process_role(const char *path, const u64 *auxv, int keeps_merging)
{
	int fd = region_file();
	int sock = connect_to(path);
	u64 text_end = share_text(auxv);

	if (sys6(SYS_mmap, REGION, REGION_SIZE, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0) !=
	    (long)REGION)
		die(21);
	sys1(SYS_close, fd);
	S->sock = sock;
	S->keeps_merging = keeps_merging;
	memcpy(S->path, path, length(path));
	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %1, %%rdi\n\t"
			 "call settle\n\t"
			 :
			 : "r"(REGION + REGION_SIZE), "r"(text_end)
			 : "memory", "rdi");
	__builtin_unreachable();
}

/* ------------------------------------------------------------------------------- the keeper */

/*
 * Lines on standard input, each answered by one line:
 *   r PATH VALUE   remember: write VALUE to PATH at the end    u PATH   remove PATH at the end
 *   k PATH VALUE   write now                                   s        start a process
 *   w PID          kill PID at the end, too                    f SIZE   make a file of that size
 *   c              kill all processes, close all files         d        drain all LRU batches
 * An answer is a number: 0 or what was asked for, or a negative errno. At the end of the input:
 * all that c does, then what r and u remember, in order.
 */
enum { MOST_PROCESSES = 4096, MOST_FILES = 1024, MOST_MEMORY = 65536, LONGEST_LINE = 8192 };

struct keeper {
	const char *self;
	const char *socket;
	int watched[MOST_PROCESSES];
	int processes;
	int files[MOST_FILES];
	int nr_files;
	char memory[MOST_MEMORY]; /* lines of r and u, each ended by 0 */
	size_t remembered;
	char line[LONGEST_LINE];
};

/* Reads a line, without its end; 0 where there is none any more. */
static int read_line(struct keeper *k)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (!read_all(0, &c, 1))
			return 0;
		if (c == '\n')
			break;
		if (n + 1 < sizeof(k->line))
			k->line[n++] = c;
	}
	k->line[n] = 0;
	return 1;
}

static void answer(long number)
{
	char text[24];
	size_t at = sizeof(text);
	u64 rest = number < 0 ? -(u64)number : (u64)number;

	text[--at] = '\n';
	do {
		text[--at] = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	if (number < 0)
		text[--at] = '-';
	write_all(1, text + at, sizeof(text) - at);
}

static u64 number_in(const char *text)
{
	u64 n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (*text - '0');
	return n;
}

/* "PATH VALUE": writes VALUE to PATH. */
static long write_knob(char *text)
{
	char *value = text;
	long fd, result;

	while (*value && *value != ' ')
		value++;
	if (!*value)
		return -22;
	*value = 0;
	fd = sys2(SYS_open, text, O_WRONLY | CLOEXEC);
	*value++ = ' ';
	if (fd < 0)
		return fd;
	result = sys3(SYS_write, fd, value, length(value));
	sys1(SYS_close, fd);
	return result < 0 ? result : 0;
}

static long watch(struct keeper *k, long pid)
{
	int fd;

	if (k->processes == MOST_PROCESSES)
		return -12;
	fd = sys2(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return fd;
	k->watched[k->processes++] = fd;
	return 0;
}

static long start_process(struct keeper *k)
{
	const char *argv[] = { k->self, "process", k->socket, NULL };
	const char *envp[] = { NULL };
	long pid = sys0(SYS_fork);
	long err;

	if (!pid) {
		for (int fd = 0; fd < 3; fd++)
			sys1(SYS_close, fd); /* the keeper's, whose ends must be seen */
		sys3(SYS_execve, "/proc/self/exe", argv, envp);
		die(22);
	}
	if (pid < 0)
		return pid;
	err = watch(k, pid);
	return err ? err : pid;
}

static long make_file(struct keeper *k, u64 size)
{
	long fd, err;

	if (k->nr_files == MOST_FILES)
		return -24;
	fd = sys2(SYS_memfd_create, "samepage-file", 1 /* MFD_CLOEXEC */);
	if (fd < 0)
		return fd;
	err = sys2(SYS_ftruncate, fd, size);
	if (err) {
		sys1(SYS_close, fd);
		return err;
	}
	k->files[k->nr_files++] = fd;
	return fd;
}

/* Kills all processes and waits until they have gone. */
static void clear(struct keeper *k)
{
	struct {
		int fd;
		short events, revents;
	} poll;

	for (int i = 0; i < k->processes; i++)
		sys4(SYS_pidfd_send_signal, k->watched[i], SIGKILL, 0, 0);
	for (int i = 0; i < k->processes; i++) {
		poll.fd = k->watched[i];
		poll.events = POLLIN;
		while (sys3(SYS_poll, &poll, 1, -1) == -EINTR)
			;
		sys1(SYS_close, poll.fd);
	}
	k->processes = 0;
	while (k->nr_files)
		sys1(SYS_close, k->files[--k->nr_files]);
}

static long remember(struct keeper *k)
{
	size_t n = length(k->line) + 1;

	if (k->remembered + n > sizeof(k->memory))
		return -12;
	memcpy(k->memory + k->remembered, k->line, n);
	k->remembered += n;
	return 0;
}

/* Moving a page to the node that it is on moves nothing, but empties the batches of every CPU. */
static long drain(struct keeper *k)
{
	void *pages[1] = { k };
	unsigned int cpu, node;
	int nodes[1], status[1];

	sys3(SYS_getcpu, &cpu, &node, 0);
	nodes[0] = node;
	return sys6(SYS_move_pages, 0, 1, (long)pages, (long)nodes, (long)status, 2 /* MPOL_MF_MOVE */);
}

static long keep(struct keeper *k)
{
	char *rest = k->line + 2;

	switch (k->line[0]) {
	case 'r':
	case 'u':
		return remember(k);
	case 'k':
		return write_knob(rest);
	case 's':
		return start_process(k);
	case 'w':
		return watch(k, number_in(rest));
	case 'f':
		return make_file(k, number_in(rest));
	case 'c':
		clear(k);
		return 0;
	case 'd':
		return drain(k);
	default:
		return -38;
	}
}

/* Whoever runs on one CPU finds its own pages in its own LRU batch. */
static void stay_on_this_cpu(void)
{
	u64 mask[16] = { 0 };
	unsigned int cpu, node;

	if (!sys3(SYS_getcpu, &cpu, &node, 0) && cpu < 1024) {
		mask[cpu / 64] = 1UL << cpu % 64;
		sys3(SYS_sched_setaffinity, 0, sizeof(mask), mask);
	}
}

static void keeper_role(const char *self, const char *socket)
{
	struct keeper k;
	long failed = 0;

	memset(&k, 0, sizeof(k));
	k.self = self;
	k.socket = socket;
	stay_on_this_cpu();
	while (read_line(&k))
		answer(keep(&k));
	clear(&k);
	for (size_t at = 0; at < k.remembered; at += length(k.memory + at) + 1) {
		char *line = k.memory + at;
		long err = 0;

		if (line[0] == 'r')
			err = write_knob(line + 2);
		else if (!failed)
			sys1(SYS_unlink, line + 2);
		if (err && !failed)
			failed = err;
	}
	answer(failed);
	die(failed ? 1 : 0);
}

__attribute__((noinline, used)) static void begin(u64 *stack)
{
	u64 argc = stack[0];
	const char **argv = (const char **)(stack + 1);
	const u64 *auxv = stack + argc + 2;

	while (*auxv++)
		; /* the environment, and the word that ends it */
	if (argc != 3)
		die(2);
	stand_alone();
	if (equal(argv[1], "keeper"))
		keeper_role(argv[0], argv[2]);
	if (equal(argv[1], "process"))
		process_role(argv[2], auxv, 0);
	if (equal(argv[1], "exec"))
		process_role(argv[2], auxv, 1);
	die(2);
}

__attribute__((naked, used)) void _start(void)
{
	__asm__ volatile("mov %rsp, %rdi\n\t"
			 "xor %ebp, %ebp\n\t"
			 "and $-16, %rsp\n\t"
			 "call begin");
}
