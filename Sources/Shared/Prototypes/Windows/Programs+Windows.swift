/// Program types of eBPF for Windows that Linux has none of (its include/ebpf_nethooks.h, and ebpf_ntos_hooks.h of ntosebpfext).
///
/// Their numbers there are other types' numbers on Linux, so ``ProgramDescriptor/linuxType`` has theirs above ``ofWindows``. An object with
/// a section of these is one for eBPF for Windows as a whole: its helpers and maps have the numbers of ``WindowsNumbers``.
extension ProgramDescriptor {
    package static let ofWindows: UInt32 = 1 << 30

    /// Whether it is eBPF for Windows that has programs of this row.
    package var isOfWindows: Bool { linuxType >= Self.ofWindows }

    /// `enum bpf_prog_type` there.
    package static let windowsBind = ofWindows + 2
    package static let windowsSocketAddress = ofWindows + 3
    package static let windowsProcess = ofWindows + 6
    package static let windowsSample = ofWindows + 999

    /// What an event has besides its context, such as the path of an image, any helper may read, as eBPF for Windows' verifier has it.
    static let windows: [ProgramDescriptor] = [
        ProgramDescriptor(
            name: "bind", linuxType: windowsBind, attachType: 2, sections: ["bind+"], context: .windowsBind,
            isPacketPlain: true, helpers: .windows),
        ProgramDescriptor(
            name: "process", linuxType: windowsProcess, attachType: 11, sections: ["process+"],
            context: .windowsProcess, isPacketPlain: true,
            helpers: HelperSet(.windows, [WindowsNumbers.Helper.imagePath.rawValue])),
        ProgramDescriptor(
            name: "sample", linuxType: windowsSample, attachType: 8, sections: ["sample_ext+"],
            context: .windowsSample, isPacketPlain: true, helpers: .windows),
        socketAddress("cgroup/recv_accept4", attachType: 5, .ipv4),
        socketAddress("cgroup/recv_accept6", attachType: 6, .ipv6),
        socketAddress("cgroup/connect_authorization4", attachType: 12, .ipv4),
        socketAddress("cgroup/connect_authorization6", attachType: 13, .ipv6),
        socketAddress("cgroup/listen4", attachType: 16, .ipv4),
        socketAddress("cgroup/listen6", attachType: 17, .ipv6),
    ]

    /// At none of these attach types does it matter what a program writes to its context, so it may write nothing.
    private static func socketAddress(
        _ section: StaticString, attachType: UInt32, _ family: ContextDescriptor.AddressFamily
    ) -> ProgramDescriptor {
        ProgramDescriptor(
            name: "cgroup_sock_addr", linuxType: windowsSocketAddress, attachType: attachType, sections: [section],
            context: .windowsSocketAddress(family), helpers: HelperSet(.windows, [46]))
    }
}

extension HelperSet {
    /// What all types have there, by the numbers that helpers have here. What eBPF for Windows has and nobody has here
    /// (``HelperRefusal``) is among it, so that a proof does not fail where a refusal by name says more.
    static let windows = HelperSet(
        [1, 2, 3, 5, 6, 7, 8, 12, 14, 25, 28, 87, 88, 89, 125, 130],
        // Where that lies is known of processes only.
        HelperSet(WindowsNumbers.own.filter { $0 != WindowsNumbers.Helper.imagePath.rawValue }))
}
