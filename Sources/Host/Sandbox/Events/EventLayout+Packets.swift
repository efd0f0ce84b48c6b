internal import Channel
internal import Prototypes

/// Events made of packets.
extension EventLayout {
    /// The event of a packet that came in by Ethernet: what Linux would put into its context before the first program sees it.
    ///
    /// - Parameters:
    ///   - isTest: as `BPF_PROG_TEST_RUN` does it, whose device is the loopback and whose socket filters begin at the network.
    ///   - interface: where it came in, by the kernel's number.
    package func prepare(_ event: inout Event, isTest: Bool = false, interface: UInt32 = 1) {
        let isLink =
            if case .link = shape.packet { !(isTest && descriptor.linuxType == Self.socketFilter) } else { false }
        let hasLink = event.packet.count >= Int(PacketHeaders.linkSize)
        event.headers = isLink ? (hasLink ? .link : .networkOnly) : (hasLink ? .linkBefore : .networkOnly)
        switch shape.buffer {
        case .none, .plain:
            event.headers = .networkOnly
            // Of the address that a person writes; a member may say otherwise.
            set("socket_address_length", 16, in: &event)
        case .express: set("ingress_ifindex", UInt64(interface), in: &event)
        case .socket:
            set("len", UInt64(event.visiblePacket.count), in: &event)
            set("wire_len", UInt64(event.visiblePacket.count), in: &event)
            set("ifindex", UInt64(interface), in: &event)
            if !isTest { set("ingress_ifindex", UInt64(interface), in: &event) }
            guard hasLink else { return }
            // Network order, as it is in the packet: eth_type_trans in net/ethernet/eth.c.
            let claimed = UInt64(event.packet[12]) | UInt64(event.packet[13]) << 8
            let length = UInt64(event.packet[12]) << 8 | UInt64(event.packet[13])
            let type = length >= 0x600 ? claimed : Self.protocolOfLength(event.packet)
            set("protocol", type, in: &event)
            // bpf_prog_test_run_flow_dissector in net/bpf/test_run.c: the keys begin behind the header of the link.
            set("n_proto", claimed, in: &event)
            set("nhoff", UInt64(PacketHeaders.linkSize), in: &event)
            set("thoff", UInt64(PacketHeaders.linkSize), in: &event)
            set("pkt_type", Self.packetType(event.packet, isTest: isTest), in: &event)
        }
    }

    private static let socketFilter: UInt32 = 1

    /// ETH_P_802_3 for what begins with 0xFFFF, ETH_P_802_2 otherwise.
    private static func protocolOfLength(_ packet: [UInt8]) -> UInt64 {
        packet.count >= 16 && packet[14] == 0xFF && packet[15] == 0xFF ? 0x0100 : 0x0400
    }

    /// PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST (include/uapi/linux/if_packet.h).
    private static func packetType(_ packet: [UInt8], isTest: Bool) -> UInt64 {
        if packet[..<6].allSatisfy({ $0 == 0xFF }) { return 1 }
        if packet[0] & 1 != 0 { return 2 }
        // The loopback's address is zero; of a capture's nobody knows, so what is addressed to one station was addressed to this one.
        return isTest && packet[..<6].contains { $0 != 0 } ? 3 : 0
    }

    package func set(_ name: String, _ value: UInt64, in event: inout Event) {
        guard let field = field(name) else { return }
        for index in 0..<min(field.size, 8) {
            event.context[field.offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
        }
    }
}
