/// Why a capture was refused. Offsets are from the start of the file.
package enum CaptureError: Error, Equatable, Sendable {
    /// The file ends inside its own header.
    case truncatedHeader(available: Int)
    /// A format that is neither pcap nor pcapng, but that we know by name.
    case otherFormat(CaptureOtherFormat)
    case unknownMagic(UInt32)
    case unsupportedVersion(major: UInt16, minor: UInt16)
    case unsupportedLinkType(UInt32)
    /// The file ends inside the header of a record.
    case truncatedRecordHeader(offset: Int, available: Int)
    /// The file ends before the bytes that a record claims.
    case truncatedRecord(offset: Int, claimedLength: UInt32, available: Int)
    case oversizedRecord(offset: Int, claimedLength: UInt32, limit: UInt32)
    /// A record that claims to hold more bytes than the packet had.
    case contradictoryLengths(offset: Int, claimedLength: UInt32, originalLength: UInt32)
    /// A fraction of a second that is a whole one or more.
    case impossibleTimestamp(offset: Int, fraction: UInt32, limit: UInt32)
    /// A block of a pcapng file that begins at `offset` is not what the format has.
    case block(offset: Int, CaptureBlockProblem)

    /// Whether the file only ends too early, as one does whose writer was stopped.
    package var isTruncation: Bool {
        switch self {
        case .truncatedRecordHeader, .truncatedRecord: true
        case .block(_, let problem): problem.isTruncation
        case .truncatedHeader, .otherFormat, .unknownMagic, .unsupportedVersion, .unsupportedLinkType, .oversizedRecord,
            .contradictoryLengths, .impossibleTimestamp:
            false
        }
    }

    /// Where in the file the fact lies that broke.
    package var offset: Int {
        switch self {
        case .truncatedHeader, .otherFormat, .unknownMagic: 0
        case .unsupportedVersion: 4
        case .unsupportedLinkType: 20
        case .truncatedRecordHeader(let offset, _), .truncatedRecord(let offset, _, _),
            .oversizedRecord(let offset, _, _), .contradictoryLengths(let offset, _, _),
            .impossibleTimestamp(let offset, _, _), .block(let offset, _):
            offset
        }
    }
}

/// Files that people have where a capture is asked for.
package enum CaptureOtherFormat: Equatable, Sendable {
    case modifiedPcap, snoop, gzip, zstandard, xz
}

extension CaptureError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncatedHeader(let available):
            "a capture begins with \(CaptureFormat.headerLength) bytes of header, this file ends after \(available)"
        case .otherFormat(let format):
            "this is \(format.name), and only pcap and pcapng are read"
        case .unknownMagic(let magic):
            "not a capture: it begins with \(hexadecimal(magic))"
        case .unsupportedVersion(let major, let minor):
            "pcap version \(major).\(minor), and only 2.4 is read"
        case .unsupportedLinkType(let type):
            "link type \(type), and only Ethernet (1) is read"
        case .truncatedRecordHeader(_, let available):
            "the file ends inside a record header, \(available) of \(CaptureFormat.recordHeaderLength) bytes are there"
        case .truncatedRecord(_, let claimed, let available):
            "the file ends inside a record: \(claimed) bytes claimed, \(available) are there"
        case .oversizedRecord(_, let claimed, let limit):
            "a record claims \(claimed) bytes, and the limit is \(limit)"
        case .contradictoryLengths(_, let claimed, let original):
            "a record claims \(claimed) bytes of a packet that had \(original)"
        case .impossibleTimestamp(_, let fraction, let limit):
            "a timestamp whose fraction is \(fraction), and a second has \(limit)"
        case .block(_, let problem): problem.description
        }
    }

    /// What the user can do about it.
    package var remedy: String {
        switch self {
        case .otherFormat(let format): format.remedy
        case .unsupportedLinkType: "capture on an Ethernet interface (tcpdump -i eth0), not on `any` or a raw IP tunnel"
        case .truncatedHeader, .unknownMagic, .unsupportedVersion: "write one with: tcpdump -i INTERFACE -w FILE.pcap"
        case .truncatedRecordHeader, .truncatedRecord:
            "the records before it are whole; keep them with: editcap -F pcap FILE WHOLE.pcap"
        case .oversizedRecord, .contradictoryLengths, .impossibleTimestamp:
            "the file is damaged, or was made to be; capture again"
        case .block(_, let problem): problem.remedy
        }
    }
}

extension CaptureOtherFormat {
    package var name: String {
        switch self {
        case .modifiedPcap: "a pcap file in Kuznetzov's modified format"
        case .snoop: "a snoop file"
        case .gzip: "a gzip file"
        case .zstandard: "a zstd file"
        case .xz: "an xz file"
        }
    }

    package var remedy: String {
        switch self {
        case .modifiedPcap, .snoop: "convert it with: editcap -F pcap IN OUT.pcap"
        case .gzip: "unpack it with: gunzip FILE"
        case .zstandard: "unpack it with: unzstd FILE"
        case .xz: "unpack it with: unxz FILE"
        }
    }
}

private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
