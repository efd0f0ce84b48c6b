#define _GNU_SOURCE
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// Newer than some headers (Linux 6.0): what goes out by the interface is for no socket of a group.
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

enum { MAXIMUM_WAITED = 16, TAG = 4, ADDRESSES = 2 * ETH_ALEN };

static int set(int descriptor, int option, int value) {
    return setsockopt(descriptor, SOL_PACKET, option, &value, sizeof value);
}

// Until it is in its group a socket would get what the group's others get too.
static int hold(int descriptor) {
    struct sock_filter none = {BPF_RET | BPF_K, 0, 0, 0};
    struct sock_fprog program = {1, &none};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// Bound already. Flows are told by their addresses and ports, whichever way they go; fragments by their addresses.
static int join(int descriptor, struct clinux_packet_port *port) {
    int flags = PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_IGNORE_OUTGOING;
    int unused = 0;
    socklen_t size = sizeof unused;
    if (port->group >= 0)
        return set(descriptor, PACKET_FANOUT, port->group | flags << 16)
            || setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
    if (set(descriptor, PACKET_FANOUT, (flags | PACKET_FANOUT_FLAG_UNIQUEID) << 16)
        || getsockopt(descriptor, SOL_PACKET, PACKET_FANOUT, &port->group, &size))
        return -1;
    port->group &= 0xFFFF;
    return 0;
}

static int set_up(int descriptor, struct clinux_packet_port *port) {
    // Room before each frame for a tag that is put back.
    if (set(descriptor, PACKET_VERSION, TPACKET_V2) || set(descriptor, PACKET_VNET_HDR, 1) || set(descriptor, PACKET_RESERVE, 16)
        || set(descriptor, PACKET_IGNORE_OUTGOING, 1) || set(descriptor, PACKET_LOSS, 1))
        return -1;
    struct tpacket_req ring = {
        .tp_block_size = port->frame_size, .tp_block_nr = port->frames, .tp_frame_size = port->frame_size, .tp_frame_nr = port->frames};
    if (setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring)
        || setsockopt(descriptor, SOL_PACKET, PACKET_TX_RING, &ring, sizeof ring))
        return -1;
    size_t size = 2 * (size_t)port->frame_size * port->frames;
    void *rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (rings == MAP_FAILED) return -1;
    port->rings = rings;
    struct packet_mreq promiscuous = {.mr_ifindex = (int)port->interface, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)port->interface};
    if (setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous)
        || (port->group >= 0 && hold(descriptor))
        || bind(descriptor, (struct sockaddr *)&address, sizeof address)
        || (port->group != CLINUX_PACKET_ALONE && join(descriptor, port))) {
        int code = errno;
        munmap(rings, size);
        errno = code;
        return -1;
    }
    return 0;
}

int64_t clinux_packet_open(
    const char *interface, uint32_t frame_size, uint32_t frames, int32_t group, struct clinux_packet_port *port) {
    memset(port, 0, sizeof *port);
    port->interface = if_nametoindex(interface);
    if (!port->interface) return -ENODEV;
    (port->frame_size = frame_size, port->frames = frames, port->group = group);
    // Bound to no protocol until the rings are there: no frame goes by them.
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (set_up(descriptor, port)) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    port->descriptor = descriptor;
    return 0;
}

void clinux_packet_close(struct clinux_packet_port *port) {
    munmap(port->rings, 2 * (size_t)port->frame_size * port->frames);
    close(port->descriptor);
}

static struct tpacket2_hdr *frame_in(const struct clinux_packet_port *port, uint32_t ahead) {
    uint32_t place = (port->next_in + ahead) % port->frames;
    return (struct tpacket2_hdr *)(port->rings + (size_t)port->frame_size * place);
}

static struct tpacket2_hdr *frame_out(const struct clinux_packet_port *port) {
    return (struct tpacket2_hdr *)(port->rings + (size_t)port->frame_size * (port->frames + port->next_out));
}

int32_t clinux_packet_next(const struct clinux_packet_port *port, uint32_t ahead, struct clinux_packet *packet) {
    // The ring is no longer than that, and then it would be the first one again.
    if (ahead >= port->frames) return 0;
    struct tpacket2_hdr *frame = frame_in(port, ahead);
    uint32_t status = __atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE);
    if (!(status & TP_STATUS_USER)) return 0;
    uint8_t *start = (uint8_t *)frame;
    struct virtio_net_hdr offload;
    memcpy(&offload, start + frame->tp_mac - sizeof offload, sizeof offload);
    packet->bytes = start + frame->tp_mac;
    packet->size = frame->tp_snaplen;
    packet->original = frame->tp_len;
    // Behind the kernel's own header: what it says of the frame was just read, and is not looked at again.
    packet->room = frame->tp_mac - TPACKET2_HDRLEN;
    packet->tag = status & TP_STATUS_VLAN_VALID
        ? (uint32_t)(status & TP_STATUS_VLAN_TPID_VALID ? frame->tp_vlan_tpid : ETH_P_8021Q) << 16 | frame->tp_vlan_tci
        : 0;
    packet->offload = (struct clinux_packet_offload){
        offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, offload.gso_type, offload.hdr_len, offload.gso_size, offload.csum_start,
        offload.csum_offset};
    return 1;
}

void clinux_packet_give_back(struct clinux_packet_port *port) {
    __atomic_store_n(&frame_in(port, 0)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    port->next_in = port->next_in + 1 == port->frames ? 0 : port->next_in + 1;
}

// A frame that goes out begins where its address would stand (tpacket_snd in net/packet/af_packet.c).
enum { OUT_START = TPACKET_ALIGN(sizeof(struct tpacket2_hdr)) };

uint8_t *clinux_packet_room(const struct clinux_packet_port *port, uint32_t *capacity) {
    struct tpacket2_hdr *frame = frame_out(port);
    if (__atomic_load_n(&frame->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE) return NULL;
    uint32_t start = OUT_START + sizeof(struct virtio_net_hdr);
    *capacity = port->frame_size - start;
    return (uint8_t *)frame + start;
}

void clinux_packet_put(struct clinux_packet_port *port, uint32_t size, const struct clinux_packet_offload *offload) {
    struct tpacket2_hdr *frame = frame_out(port);
    struct virtio_net_hdr header = {
        .flags = offload->flags, .gso_type = offload->segments, .hdr_len = offload->header_size, .gso_size = offload->segment_size,
        .csum_start = offload->checksum_start, .csum_offset = offload->checksum_offset};
    memcpy((uint8_t *)frame + OUT_START, &header, sizeof header);
    frame->tp_len = size + sizeof header;
    __atomic_store_n(&frame->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
    port->next_out = port->next_out + 1 == port->frames ? 0 : port->next_out + 1;
    port->unsent++;
}

int64_t clinux_packet_flush(struct clinux_packet_port *port) {
    if (!port->unsent) return 0;
    if (sendto(port->descriptor, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0) {
        // What is in the ring stays there for the next time.
        return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : -errno;
    }
    port->unsent = 0;
    return 0;
}

int64_t clinux_packet_put_tag(struct clinux_packet *packet) {
    if (packet->room < TAG || packet->size < ADDRESSES) return -EINVAL;
    uint8_t *start = packet->bytes - TAG;
    memmove(start, packet->bytes, ADDRESSES);
    uint32_t tag = htonl(packet->tag);
    memcpy(start + ADDRESSES, &tag, TAG);
    packet->bytes = start;
    packet->size += TAG;
    packet->room -= TAG;
    packet->original += TAG;
    packet->tag = 0;
    packet->offload.checksum_start += packet->offload.flags ? TAG : 0;
    packet->offload.header_size += packet->offload.segments ? TAG : 0;
    return 0;
}

int64_t clinux_packet_complete(struct clinux_packet *packet) {
    uint32_t start = packet->offload.checksum_start, place = start + packet->offload.checksum_offset;
    if (start >= packet->size || place + 2 > packet->size) return -EINVAL;
    // The place holds the sum of the pseudo header already (CHECKSUM_PARTIAL, include/linux/skbuff.h).
    uint64_t sum = 0;
    uint32_t at = start;
    for (; at + 2 <= packet->size; at += 2) {
        uint16_t word;
        memcpy(&word, packet->bytes + at, 2);
        sum += word;
    }
    if (at < packet->size) sum += packet->bytes[at];
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    uint16_t checksum = ~(uint16_t)sum;
    // UDP's 0 would say that there is none (RFC 768); the other sums may spell 0 either way.
    if (!checksum && packet->offload.checksum_offset == 6) checksum = 0xFFFF;
    memcpy(packet->bytes + place, &checksum, 2);
    packet->offload.flags = 0;
    return 0;
}

int32_t clinux_same(const void *one, const void *other, uint64_t size) { return memcmp(one, other, size) == 0; }

int64_t clinux_packet_lost(const struct clinux_packet_port *port) {
    struct tpacket_stats counts;
    socklen_t size = sizeof counts;
    return getsockopt(port->descriptor, SOL_PACKET, PACKET_STATISTICS, &counts, &size) ? -errno : counts.tp_drops;
}

int64_t clinux_packet_wait(const int32_t *descriptors, uint32_t count, int32_t milliseconds) {
    struct pollfd entries[MAXIMUM_WAITED];
    if (count > MAXIMUM_WAITED) return -EINVAL;
    for (uint32_t index = 0; index < count; index++) entries[index] = (struct pollfd){.fd = descriptors[index], .events = POLLIN};
    int ready = poll(entries, count, milliseconds);
    if (ready < 0) return errno == EINTR ? 0 : -errno;
    for (uint32_t index = 0; index < count; index++) {
        if (!(entries[index].revents & (POLLERR | POLLNVAL))) continue;
        int code = 0;
        socklen_t size = sizeof code;
        if (getsockopt(descriptors[index], SOL_SOCKET, SO_ERROR, &code, &size)) return -errno;
        if (code) return -code;
    }
    return ready;
}
