/// Programs that are given a packet.
extension ProgramDescriptor {
    static let network: [ProgramDescriptor] = [
        ProgramDescriptor(
            name: "socket_filter", linuxType: 1, sections: ["socket"],
            context: .packetBuffer([.mark, .writesControlBuffer]), hasClassicLoads: true, helpers: .socketFilter),
        ProgramDescriptor(
            name: "sched_cls", linuxType: 3, sections: ["tc", "classifier", "tc/ingress", "tc/egress"],
            context: .trafficControl, mayWritePacket: true, mayPassPacket: true, hasClassicLoads: true,
            helpers: .trafficControl),
        ProgramDescriptor(
            name: "sched_cls", linuxType: 3, attachType: 46, sections: ["tcx/ingress"], context: .trafficControl,
            mayWritePacket: true, mayPassPacket: true, hasClassicLoads: true, helpers: .trafficControl),
        ProgramDescriptor(
            name: "sched_cls", linuxType: 3, attachType: 47, sections: ["tcx/egress"], context: .trafficControl,
            mayWritePacket: true, mayPassPacket: true, hasClassicLoads: true, helpers: .trafficControl),
        ProgramDescriptor(
            name: "sched_cls", linuxType: 3, attachType: 54, sections: ["netkit/primary"], context: .trafficControl,
            mayWritePacket: true, mayPassPacket: true, hasClassicLoads: true, helpers: .trafficControl),
        ProgramDescriptor(
            name: "sched_cls", linuxType: 3, attachType: 55, sections: ["netkit/peer"], context: .trafficControl,
            mayWritePacket: true, mayPassPacket: true, hasClassicLoads: true, helpers: .trafficControl),
        ProgramDescriptor(
            name: "sched_act", linuxType: 4, sections: ["action"], context: .trafficControl, mayWritePacket: true,
            mayPassPacket: true, hasClassicLoads: true, helpers: .trafficControl),
        ProgramDescriptor(
            name: "xdp", linuxType: 6, attachType: 37, sections: ["xdp", "xdp.frags"],
            context: .expressPacket(leaves: false), mayWritePacket: true, mayPassPacket: true, helpers: .expressPath),
        ProgramDescriptor(
            name: "xdp", linuxType: 6, attachType: 33,
            sections: ["xdp/devmap", "xdp.frags/devmap", "xdp_devmap/", "xdp_devmap"],
            context: .expressPacket(leaves: true), mayWritePacket: true, mayPassPacket: true, helpers: .expressPath),
        ProgramDescriptor(
            name: "xdp", linuxType: 6, attachType: 35,
            sections: ["xdp/cpumap", "xdp.frags/cpumap", "xdp_cpumap/", "xdp_cpumap"],
            context: .expressPacket(leaves: false), mayWritePacket: true, mayPassPacket: true, helpers: .expressPath),
        ProgramDescriptor(
            name: "cgroup_skb", linuxType: 8, sections: ["cgroup/skb", "cgroup_skb/ingress"], context: .cgroupPacket,
            results: 0...1, mayPassPacket: true, helpers: .cgroupPacket),
        ProgramDescriptor(
            name: "cgroup_skb", linuxType: 8, attachType: 1, sections: ["cgroup_skb/egress"], context: .cgroupPacket,
            results: 0...3, mayPassPacket: true, helpers: .cgroupPacket),
        ProgramDescriptor(
            name: "lwt_in", linuxType: 10, sections: ["lwt_in"], context: .tunnel, mayPassPacket: true,
            helpers: HelperSet(.lightweightTunnel, [73])),
        ProgramDescriptor(
            name: "lwt_out", linuxType: 11, sections: ["lwt_out"], context: .tunnel, mayPassPacket: true,
            helpers: .lightweightTunnel),
        ProgramDescriptor(
            name: "lwt_xmit", linuxType: 12, sections: ["lwt_xmit"], context: .tunnel, mayWritePacket: true,
            mayPassPacket: true, helpers: .lightweightTransmit),
        ProgramDescriptor(
            name: "lwt_seg6local", linuxType: 19, sections: ["lwt_seg6local"], context: .tunnel, mayPassPacket: true,
            helpers: HelperSet(.lightweightTunnel, [74, 75, 76])),
        ProgramDescriptor(
            name: "sk_skb", linuxType: 14, sections: ["sk_skb"], context: .stream, mayWritePacket: true,
            mayPassPacket: true, helpers: .socketBuffers),
        ProgramDescriptor(
            name: "sk_skb", linuxType: 14, attachType: 4, sections: ["sk_skb/stream_parser"], context: .stream,
            mayWritePacket: true, mayPassPacket: true, helpers: .socketBuffers),
        ProgramDescriptor(
            name: "sk_skb", linuxType: 14, attachType: 5, sections: ["sk_skb/stream_verdict"], context: .stream,
            mayWritePacket: true, mayPassPacket: true, helpers: .socketBuffers),
        ProgramDescriptor(
            name: "sk_skb", linuxType: 14, attachType: 38, sections: ["sk_skb/verdict"], context: .stream,
            mayWritePacket: true, mayPassPacket: true, helpers: .socketBuffers),
        ProgramDescriptor(
            name: "sk_msg", linuxType: 16, attachType: 7, sections: ["sk_msg"], context: .message, mayWritePacket: true,
            mayPassPacket: true, helpers: .messages),
        ProgramDescriptor(
            name: "sk_reuseport", linuxType: 21, attachType: 39, sections: ["sk_reuseport"], context: .reuseport,
            mayPassPacket: true, helpers: .reuseport),
        ProgramDescriptor(
            name: "sk_reuseport", linuxType: 21, attachType: 40, sections: ["sk_reuseport/migrate"],
            context: .reuseport, mayPassPacket: true, helpers: .reuseport),
        ProgramDescriptor(
            name: "flow_dissector", linuxType: 22, attachType: 17, sections: ["flow_dissector"],
            context: .flowDissector, mayPassPacket: true, helpers: .flowDissector),
        ProgramDescriptor(
            name: "netfilter", linuxType: 32, attachType: 45, sections: ["netfilter"], context: .netfilter,
            results: 0...1, helpers: .base),
    ]
}

extension ContextDescriptor {
    fileprivate static let trafficControl = packetBuffer([
        .data, .meta, .classID, .timestamp, .timestampType, .hardwareTimestamp, .wireLength, .mark, .writesMark,
        .writesPriority, .writesControlBuffer, .writesTrafficIndex, .writesQueue,
    ])
    fileprivate static let cgroupPacket = packetBuffer([
        .data, .endpoints, .timestamp, .hardwareTimestamp, .mark, .writesMark, .writesPriority, .writesControlBuffer,
    ])
    fileprivate static let tunnel = packetBuffer([.data, .mark, .writesMark, .writesPriority, .writesControlBuffer])
    fileprivate static let stream = packetBuffer([.data, .endpoints, .writesPriority, .writesTrafficIndex])
}
