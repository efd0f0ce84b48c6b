import CellImage
import CellTesting
import Channel
import Enclosure
import ProgramPackage
import Testing

/// What machine code in a cell could give away if nothing stopped it from reading.
extension BoundaryTests {
    @Test("nothing that machine code can read is an address of the host", arguments: EnclosureKind.testable)
    func hostAddresses(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        let geometry = try HostileImage.boot.geometry
        // Once with an address in the payload, so that it is known that one would be found.
        for (planted, expected) in [(UInt64(7), UInt64(0)), (0x7F12_3456_7890, 1)] {
            var found: UInt64 = 0
            for region in [
                AddressMap.image..<AddressMap.image + UInt64(CellImage.bytes.count) & ~7,
                AddressMap.program..<AddressMap.program + AddressMap.pageSize,
                AddressMap.hostWords..<AddressMap.hostWords + AddressMap.hostWordsSize,
                AddressMap.code..<AddressMap.code + AddressMap.pageSize,
                AddressMap.channel..<AddressMap.channel + geometry.size,
                AddressMap.privateMemory..<AddressMap.privateMemory + AddressMap.privateSize,
                AddressMap.maps..<AddressMap.maps + AddressMap.pageSize,
            ] {
                // Processes have their programs from 0x5500… and all else below 0x8000….
                let code = try assembled(
                    """
                    r0 = 0
                    r3 = 0x5500
                    r3 <<= 32
                    r4 = 0x8000
                    r4 <<= 32
                    r1 = \(region.lowerBound)
                    r2 = \(region.upperBound)
                    next:
                    r5 = *(u64 *)(r1 + 0)
                    if r5 < r3 goto +2
                    if r5 >= r4 goto +1
                    r0 += 1
                    r1 += 8
                    if r1 < r2 goto next
                    exit
                    """)
                var cell = try arena.startNative(
                    try Self.compile(code, .verified).bytes, of: code, mode: .verified)
                defer { cell.end() }
                try cell.waitUntilRunning()
                cell.submit((0..<8).map { UInt8(truncatingIfNeeded: planted >> (8 * $0)) })
                let verdict = try cell.awaitVerdict()
                guard case .returned(let count) = verdict.ending else {
                    Issue.record("\(region): \(verdict)")
                    continue
                }
                // Some of the image's machine code looks like an address; it is the same in every build.
                let own = region.lowerBound == AddressMap.image ? Self.wordsOfImageLikeAddresses : 0
                #expect(count == own || planted != 7, "\(count) in \(region)")
                found += count - own
            }
            #expect(found == expected)
        }
    }

    private static let wordsOfImageLikeAddresses: UInt64 = {
        let words = stride(from: 0, to: CellImage.bytes.count & ~7, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(CellImage.bytes[start + $1]) << (8 * $1) }
        }
        return UInt64(words.count { (0x5500_0000_0000..<0x8000_0000_0000).contains($0) })
    }()
}
