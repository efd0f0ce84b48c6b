/// What an XDP program decided (`enum xdp_action` in `include/uapi/linux/bpf.h`).
package enum XDPAction: UInt32, CaseIterable, Sendable {
    case aborted = 0
    case drop = 1
    case pass = 2
    case transmit = 3
    case redirect = 4

    /// R0 as Linux takes it: a value without a meaning is an abort, and the packet is dropped.
    package init(result: UInt64) { self = XDPAction(rawValue: UInt32(truncatingIfNeeded: result)) ?? .aborted }

    package var name: String {
        switch self {
        case .aborted: "XDP_ABORTED"
        case .drop: "XDP_DROP"
        case .pass: "XDP_PASS"
        case .transmit: "XDP_TX"
        case .redirect: "XDP_REDIRECT"
        }
    }
}

/// `struct xdp_md`: 24 bytes, the pointers real addresses of the cell, which the ring fills in.
struct XDPContext {
    static let size = 24

    var data: UInt32 = 0
    var dataEnd: UInt32 = 0
    var dataMeta: UInt32 = 0
    var ingressInterface: UInt32
    var receiveQueue: UInt32 = 0
    var egressInterface: UInt32 = 0

    init(ingressInterface: UInt32) { self.ingressInterface = ingressInterface }
}
