/// A place in the kernel at which a host is observed.
package enum ObservedHook: Hashable, Sendable {
    /// A tracepoint, by the two names that tracefs has for it (`events/CATEGORY/NAME`).
    case tracepoint(category: String, name: String)
    /// What the processes of a cgroup do with sockets.
    case socket(SocketPoint)

    /// By the section of a program, as libbpf reads it; nil where nothing of that name is observed.
    package init?(section: String) {
        let parts = section.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("tp", 3), ("tracepoint", 3):
            guard parts.dropFirst().allSatisfy(Self.isName) else { return nil }
            self = .tracepoint(category: parts[1], name: parts[2])
        case ("cgroup", 2):
            guard let point = SocketPoint.allCases.first(where: { $0.name == parts[1] }) else { return nil }
            self = .socket(point)
        case _: return nil
        }
    }

    package var section: String {
        switch self {
        case .tracepoint(let category, let name): "tracepoint/\(category)/\(name)"
        case .socket(let point): "cgroup/\(point.name)"
        }
    }

    var isOfSocket: Bool {
        switch self {
        case .socket: true
        case .tracepoint: false
        }
    }

    /// The program of the shim for it.
    var program: String {
        switch self {
        case .tracepoint: "observe_record"
        case .socket(let point): "observe_\(point.name)"
        }
    }

    /// The kernel's own alphabet for these; nothing that leads out of a folder.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                case _: false
                }
            }
    }
}

/// What can be done with a socket, by its number in `enum bpf_attach_type` (include/uapi/linux/bpf.h).
package enum SocketPoint: UInt32, CaseIterable, Sendable {
    case create = 2
    case bindIPv4 = 8
    case bindIPv6 = 9
    case connectIPv4 = 10
    case connectIPv6 = 11
    case boundIPv4 = 12
    case boundIPv6 = 13
    case sendIPv4 = 14
    case sendIPv6 = 15
    case receiveIPv4 = 19
    case receiveIPv6 = 20
    case release = 34

    /// As sections and the shim have it.
    package var name: String {
        switch self {
        case .create: "sock_create"
        case .bindIPv4: "bind4"
        case .bindIPv6: "bind6"
        case .connectIPv4: "connect4"
        case .connectIPv6: "connect6"
        case .boundIPv4: "post_bind4"
        case .boundIPv6: "post_bind6"
        case .sendIPv4: "sendmsg4"
        case .sendIPv6: "sendmsg6"
        case .receiveIPv4: "recvmsg4"
        case .receiveIPv6: "recvmsg6"
        case .release: "sock_release"
        }
    }
}
