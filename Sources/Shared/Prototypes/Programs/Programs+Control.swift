/// Programs that decide about sockets and cgroups.
extension ProgramDescriptor {
    static let control: [ProgramDescriptor] = [
        ProgramDescriptor(
            name: "cgroup_sock", linuxType: 9, attachType: 2, sections: ["cgroup/sock_create", "cgroup/sock"],
            context: .socket(.created), results: 0...1, helpers: .cgroupSocket),
        ProgramDescriptor(
            name: "cgroup_sock", linuxType: 9, attachType: 34, sections: ["cgroup/sock_release"],
            context: .socket(.created), results: 0...1, helpers: .cgroupSocket),
        ProgramDescriptor(
            name: "cgroup_sock", linuxType: 9, attachType: 12, sections: ["cgroup/post_bind4"],
            context: .socket(.boundIPv4), results: 0...1, helpers: .cgroupSocket),
        ProgramDescriptor(
            name: "cgroup_sock", linuxType: 9, attachType: 13, sections: ["cgroup/post_bind6"],
            context: .socket(.boundIPv6), results: 0...1, helpers: .cgroupSocket),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 8, sections: ["cgroup/bind4"],
            context: .socketAddress(.ipv4), results: 0...3, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 9, sections: ["cgroup/bind6"],
            context: .socketAddress(.ipv6), results: 0...3, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 10, sections: ["cgroup/connect4"],
            context: .socketAddress(.ipv4), results: 0...1, helpers: HelperSet(.cgroupAddress, .results, [64])),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 11, sections: ["cgroup/connect6"],
            context: .socketAddress(.ipv6), results: 0...1, helpers: HelperSet(.cgroupAddress, .results, [64])),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 49, sections: ["cgroup/connect_unix"],
            context: .socketAddress(.unix), results: 0...1, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 14, sections: ["cgroup/sendmsg4"],
            context: .socketAddress(.ipv4, sends: true), results: 0...1, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 15, sections: ["cgroup/sendmsg6"],
            context: .socketAddress(.ipv6, sends: true), results: 0...1, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 50, sections: ["cgroup/sendmsg_unix"],
            context: .socketAddress(.unix), results: 0...1, helpers: HelperSet(.cgroupAddress, .results)),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 19, sections: ["cgroup/recvmsg4"],
            context: .socketAddress(.ipv4), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 20, sections: ["cgroup/recvmsg6"],
            context: .socketAddress(.ipv6), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 51, sections: ["cgroup/recvmsg_unix"],
            context: .socketAddress(.unix), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 29, sections: ["cgroup/getpeername4"],
            context: .socketAddress(.ipv4), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 30, sections: ["cgroup/getpeername6"],
            context: .socketAddress(.ipv6), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 52, sections: ["cgroup/getpeername_unix"],
            context: .socketAddress(.unix), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 31, sections: ["cgroup/getsockname4"],
            context: .socketAddress(.ipv4), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 32, sections: ["cgroup/getsockname6"],
            context: .socketAddress(.ipv6), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: 18, attachType: 53, sections: ["cgroup/getsockname_unix"],
            context: .socketAddress(.unix), results: 1...1, helpers: .cgroupAddress),
        ProgramDescriptor(
            name: "sock_ops", linuxType: 13, attachType: 3, sections: ["sockops"], context: .socketOperation,
            results: 0...1, helpers: .socketOperations),
        ProgramDescriptor(
            name: "cgroup_device", linuxType: 15, attachType: 6, sections: ["cgroup/dev"], context: .device,
            results: 0...1, helpers: .device),
        ProgramDescriptor(
            name: "cgroup_sysctl", linuxType: 23, attachType: 18, sections: ["cgroup/sysctl"], context: .systemControl,
            results: 0...1, helpers: .systemControl),
        ProgramDescriptor(
            name: "cgroup_sockopt", linuxType: 25, attachType: 21, sections: ["cgroup/getsockopt"],
            context: .socketOption(sets: false), results: 0...1, mayWritePacket: true, mayPassPacket: true,
            isPacketPlain: true,
            helpers: .optionRead),
        ProgramDescriptor(
            name: "cgroup_sockopt", linuxType: 25, attachType: 22, sections: ["cgroup/setsockopt"],
            context: .socketOption(sets: true), results: 0...1, mayWritePacket: true, mayPassPacket: true,
            isPacketPlain: true,
            helpers: .optionSet),
        ProgramDescriptor(
            name: "sk_lookup", linuxType: 30, attachType: 36, sections: ["sk_lookup"], context: .socketLookup,
            results: 0...1, helpers: .socketLookup),
        ProgramDescriptor(
            name: "lirc_mode2", linuxType: 20, attachType: 16, sections: ["lirc_mode2"], context: .remoteControl,
            helpers: .remoteControl),
    ]
}
