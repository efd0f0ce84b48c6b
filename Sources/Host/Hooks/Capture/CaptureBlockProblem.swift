/// What is wrong with a block of a pcapng file.
package enum CaptureBlockProblem: Error, Equatable, Sendable {
    /// The file ends inside the block.
    case truncated(claimedLength: UInt64, available: Int)
    /// A length that no block of its type has.
    case length(UInt32, type: UInt32)
    case oversized(claimedLength: UInt32, limit: UInt32)
    /// The length at its end is not that at its beginning.
    case contradictoryLengths(first: UInt32, last: UInt32)
    case byteOrder(UInt32)
    case version(major: UInt16, minor: UInt16)
    case tooManyInterfaces(limit: Int)
    case noSuchInterface(UInt32, count: Int)
    /// A packet that did not come by Ethernet.
    case linkType(UInt16, interface: UInt32)
    /// An option that does not fit its block, or has a length that it cannot have.
    case option(code: UInt16, length: UInt16, available: Int)
    /// A second of a power of ten or two that 64 bits do not hold.
    case resolution(UInt8)
    /// A time before 1970, or after 2106, which classic pcap does not hold.
    case time(seconds: Int64)
    case packet(claimedLength: UInt32, available: Int)

    var isTruncation: Bool {
        switch self {
        case .truncated: true
        case .length, .oversized, .contradictoryLengths, .byteOrder, .version, .tooManyInterfaces, .noSuchInterface,
            .linkType, .option, .resolution, .time, .packet:
            false
        }
    }
}

extension CaptureBlockProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let claimed, let available):
            "the file ends inside a block: \(claimed) bytes claimed, \(available) are there"
        case .length(let length, let type):
            "a block of type \(type) claims \(length) bytes, which none of its type has"
        case .oversized(let claimed, let limit): "a block claims \(claimed) bytes, and the limit is \(limit)"
        case .contradictoryLengths(let first, let last):
            "a block claims \(first) bytes at its beginning, and \(last) at its end"
        case .byteOrder(let magic): "a section has the byte-order magic 0x\(String(magic, radix: 16))"
        case .version(let major, let minor): "pcapng version \(major).\(minor), and only 1 is read"
        case .tooManyInterfaces(let limit): "a section with more than \(limit) interfaces"
        case .noSuchInterface(let interface, let count):
            "a packet of interface \(interface), and the section has described \(count) before it"
        case .linkType(let type, let interface):
            "a packet of interface \(interface), which has link type \(type), and only Ethernet (1) is read"
        case .option(let code, let length, let available):
            "an option (\(code)) of \(length) bytes where there are \(available), or where it has another length"
        case .resolution(let value): "an interface whose clock has the resolution \(value)"
        case .time(let seconds): "a packet of \(seconds) seconds after 1970, which no capture that is written holds"
        case .packet(let claimed, let available):
            "a block claims a packet of \(claimed) bytes, and has \(available)"
        }
    }

    var remedy: String {
        switch self {
        case .truncated: "the blocks before it are whole; keep them with: editcap FILE WHOLE.pcapng"
        case .linkType: "keep the packets of Ethernet interfaces: tshark -r IN -Y 'frame.interface_id == …' -w OUT"
        case .length, .oversized, .contradictoryLengths, .byteOrder, .version, .tooManyInterfaces, .noSuchInterface,
            .option, .resolution, .time, .packet:
            "the file is damaged, or was made to be; capture again"
        }
    }
}
