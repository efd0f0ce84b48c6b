/// The words for every refusal, in one place. Only hosts print them; nothing in the image reaches this file.
extension MapError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupportedType(let number):
            "map type \(linuxNameOfMapType(number)) (\(number)) is not supported: "
                + "use "
                + MapKind.allCases.map { "\(linuxNameOfMapType($0.rawValue)) (\($0.rawValue))" }
                .joined(separator: ", ")
        case .unsupportedFlag(let bit, let kind):
            "map flag \(linuxNameOfMapFlag(bit)) (0x\(String(bit, radix: 16))) is not supported for "
                + "\(linuxNameOfMapType(kind.rawValue)) (\(kind.rawValue))"
        case .missingFlag(let bit, let kind):
            "\(linuxNameOfMapType(kind.rawValue)) (\(kind.rawValue)) needs map flag \(linuxNameOfMapFlag(bit)) "
                + "(0x\(String(bit, radix: 16)))"
        case .unsupportedExtra(let extra, let kind):
            "map_extra 0x\(String(extra, radix: 16)) has no meaning for \(linuxNameOfMapType(kind.rawValue)) "
                + "(\(kind.rawValue))"
        case .contradictoryFlags(let flags):
            "map flags 0x\(String(flags, radix: 16)) hold both BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG"
        case .keySize(let got, let minimum, let maximum):
            "key size \(got) is outside \(minimum)...\(maximum) bytes"
        case .valueSize(let got, let minimum, let maximum):
            "value size \(got) is outside \(minimum)...\(maximum) bytes"
        case .noEntries:
            "max_entries is 0; a map holds at least one entry"
        case .ringSize(let got):
            "a ring of \(got) bytes: max_entries must be a power of two from \(RingStorage.pageSize) to \(RingStorage.mostBytes)"
        case .laneCount(let got, let maximum):
            "\(got) lanes are outside 1...\(maximum)"
        case .storageTooLarge(let required, let limit):
            required == .max
                ? "the map's size overflows 64 bits (limit \(limit) bytes)"
                : "the map needs \(required) bytes, and \(limit) are allowed"
        case .misalignedStorage(let address, let alignment):
            "map storage at 0x\(String(address, radix: 16)) is not aligned to \(alignment)"
        case .storageOutsideAddressSpace(let start, let size):
            "map storage of \(size) bytes at 0x\(String(start, radix: 16)) is outside the cell's address space"
        }
    }
}

extension MapAccessError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .busy(let holder):
            holder == 0
                ? "the map changed too often to be read"
                : "the map is locked, the lock says by 0x\(String(holder, radix: 16))"
        case .corrupt(let corruption): corruption.description
        case .keySize(let got, let expected): "a key of \(got) bytes was given, the map's keys have \(expected)"
        case .valueSize(let got, let expected): "a value of \(got) bytes was given, the map's values have \(expected)"
        case .noSuchLane(let got, let limit): "lane \(got) was named, the map has \(limit)"
        }
    }
}

extension MapCorruption: CustomStringConvertible {
    package var description: String {
        let name: StaticString =
            switch word {
            case .chainLink: "chain link"
            case .chainLength: "chain length"
            case .freeLink: "free link"
            case .nodeState: "node state"
            case .recencyLink: "recency link"
            case .recencyList: "recency list"
            case .prefixLength: "prefix length"
            case .prefixBits: "prefix bits"
            case .queueEnds: "queue ends"
            case .ringPosition: "ring position"
            case .ringRecord: "ring record"
            case .lostNodes: "lost nodes"
            }
        return "map storage is corrupt: \(name) \(got), must be below \(limit)"
    }
}
