// AF_PACKET: the frames of one interface, through rings that are shared with the kernel (packet(7), Documentation/networking/packet_mmap.rst).
#pragma once
#include <stdint.h>

// A socket on one interface with a ring for each direction, and where in them it is.
struct clinux_packet_port {
    int32_t descriptor;
    uint32_t interface; // its number
    uint32_t frame_size, frames; // of each ring
    uint8_t *rings; // the frames that come in, then those that go out
    uint32_t next_in, next_out;
    uint32_t unsent; // put into the ring since the kernel was last told
    int32_t group; // of the sockets that share what comes in by the interface; -1: this one has all of it
};

// Of `clinux_packet_open`.
enum { CLINUX_PACKET_ALONE = -1, CLINUX_PACKET_NEW_GROUP = -2 };

// What the kernel says of a frame's checksum and segments: struct virtio_net_hdr without its extensions.
struct clinux_packet_offload {
    uint8_t flags; // 1: the checksum from `checksum_start` on is to be made, and put `checksum_offset` bytes behind that
    uint8_t segments; // 0: it is one packet, and no more of this counts but for the checksum
    uint16_t header_size, segment_size, checksum_start, checksum_offset;
};

struct clinux_packet {
    uint8_t *bytes; // `size` of them, and before them `room` that may be written
    uint32_t size, room;
    uint32_t original; // larger than `size` where the frame did not fit
    uint32_t tag; // the VLAN tag that the kernel took out, type and control as they stand in a frame; 0: none
    struct clinux_packet_offload offload;
};

// Opens, in promiscuous mode for as long as it is open. What this socket sends does not come back to it, nor to others of its group.
// Of a group (PACKET_FANOUT) each flow goes to one socket: no frame comes twice, whenever sockets join it.
int64_t clinux_packet_open(
    const char *interface, uint32_t frame_size, uint32_t frames, int32_t group, struct clinux_packet_port *port);
void clinux_packet_close(struct clinux_packet_port *port);
// The frame that came in `ahead` frames after the first that was not given back, 1, or 0 where there is none yet. It stays until it is
// given back.
int32_t clinux_packet_next(const struct clinux_packet_port *port, uint32_t ahead, struct clinux_packet *packet);
void clinux_packet_give_back(struct clinux_packet_port *port);
// Room for a frame that goes out, and how much; null where the ring is full.
uint8_t *clinux_packet_room(const struct clinux_packet_port *port, uint32_t *capacity);
// Puts what was written there, `size` bytes, into the ring.
void clinux_packet_put(struct clinux_packet_port *port, uint32_t size, const struct clinux_packet_offload *offload);
// Tells the kernel of what was put there; does not wait.
int64_t clinux_packet_flush(struct clinux_packet_port *port);
// Puts the tag back where it was; the packet is 4 bytes longer. -EINVAL where there is no room, or no Ethernet header.
int64_t clinux_packet_put_tag(struct clinux_packet *packet);
// Makes the checksum that the sender left to its device; -EINVAL where it is said to lie outside of the frame.
int64_t clinux_packet_complete(struct clinux_packet *packet);
// Whether two runs of bytes are the same.
int32_t clinux_same(const void *one, const void *other, uint64_t size);
// Frames that were lost for want of room in the ring, since this was last asked.
int64_t clinux_packet_lost(const struct clinux_packet_port *port);
// Waits until a frame comes in on one of the sockets, something is wrong with one, or the time is over. The error that a socket has is
// returned, negated (-ENETDOWN where its interface went down); else how many have something.
int64_t clinux_packet_wait(const int32_t *descriptors, uint32_t count, int32_t milliseconds);
