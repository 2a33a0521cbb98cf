// SPDX-License-Identifier: Apache-2.0
// A guest without a kernel: the first letter of its command line says what it does. It runs on a /dev/kvm that only
// emulates, so it uses no instruction beyond the plain ones, and no stack but the one it is given.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define SERIAL 0x3f8
#define VIRTIO 0xd0000000ul
#define IO_APIC 0xfec00000ul
#define LOCAL_APIC 0xfee00000ul

static void out(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static u8 in(u16 port) { u8 value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static u32 get(u64 at) { return *(volatile u32 *)at; }
static void set(u64 at, u32 value) { *(volatile u32 *)at = value; }
static void put(u64 at, u64 value) { *(volatile u64 *)at = value; }

static void say(const char *text) { while (*text) out(SERIAL, (u8)*text++); }
static void number(u32 value) {
    for (int shift = 28; shift >= 0; shift -= 4) out(SERIAL, (u8)"0123456789abcdef"[value >> shift & 15]);
    out(SERIAL, ' ');
}
static void power_off(void) { out(0x600, 5 << 2 | 1 << 5); for (;;) __asm__ volatile("hlt"); }

// The boot page tables map 1 GiB; the devices lie in the fourth.
static void map_devices(void) {
    put(0xa018, 0x200000 | 3);
    for (u64 n = 0; n < 512; n++) put(0x200000 + n * 8, 3ul << 30 | n << 21 | 0x83);
}

#define RINGS 0x300000ul
#define BUFFER 0x310000ul

static void queue(u32 size) {
    set(VIRTIO + 0x70, 1); set(VIRTIO + 0x70, 3);
    set(VIRTIO + 0x24, 1); set(VIRTIO + 0x20, 1);
    set(VIRTIO + 0x70, 11);
    set(VIRTIO + 0x30, 0); set(VIRTIO + 0x38, size);
    set(VIRTIO + 0x80, RINGS); set(VIRTIO + 0x84, 0);
    set(VIRTIO + 0x90, RINGS + 0x1000); set(VIRTIO + 0x94, 0);
    set(VIRTIO + 0xa0, RINGS + 0x2000); set(VIRTIO + 0xa4, 0);
    set(VIRTIO + 0x44, 1);
    set(VIRTIO + 0x70, 15);
}

static void offer(u64 address, u32 length) {
    put(RINGS, address);
    put(RINGS + 8, length | 2ul << 32);
    *(volatile u16 *)(RINGS + 0x1004) = 0;
    __asm__ volatile("" ::: "memory");
    *(volatile u16 *)(RINGS + 0x1002) = 1;
    set(VIRTIO + 0x50, 0);
}

static void entropy(void) {
    map_devices();
    number(get(VIRTIO)); number(get(VIRTIO + 8));
    // Interrupt 5 of the I/O APIC is vector 0x30 here; accepted, not taken: interrupts are off.
    set(LOCAL_APIC + 0xf0, 0x1ff);
    set(IO_APIC, 0x10 + 5 * 2); set(IO_APIC + 0x10, 0x30);
    set(IO_APIC, 0x11 + 5 * 2); set(IO_APIC + 0x10, 0);
    queue(8);
    offer(BUFFER, 64);
    while (!(get(LOCAL_APIC + 0x210) & 1 << 16)) {}
    number(*(volatile u16 *)(RINGS + 0x2002)); number(get(RINGS + 0x2008));
    u32 bits = 0;
    for (u64 n = 0; n < 16; n++) bits |= get(BUFFER + n * 4);
    number(bits != 0); number(get(VIRTIO + 0x60));
}

static void hostile(void) {
    map_devices();
    queue(8);
    offer(0xfffffffffffffff0ul, 0xffffffff);
    while (!(get(VIRTIO + 0x70) & 64)) {}
    number(get(VIRTIO + 0x60));
    set(VIRTIO + 0x70, 0);
    number(get(VIRTIO + 0x70));
}

void _start(void) {
    const char *line = (const char *)0x20000;
    switch (*line) {
    case 'h': say(line); break;
    case 'm': map_devices(); number(get(0xd00ff000)); set(0xd00ff000, 1); break;
    case 'i': number(in(0x70)); out(0x80, 1); break;
    case 'e': entropy(); break;
    case 'x': hostile(); break;
    case 'r': out(0x64, 0xfe); break;
    case 't': __asm__ volatile("ud2"); break;
    case 'l': for (;;) {}
    }
    power_off();
}
