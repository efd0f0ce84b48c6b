/// Why a map cannot be made as its definition asks.
package enum MapError: Error, Equatable, Sendable {
    /// The Linux number of a type that cells do not offer.
    case unsupportedType(UInt32)
    /// The lowest bit among the flags that this kind does not understand.
    case unsupportedFlag(UInt32, MapKind)
    /// A flag that this kind cannot do without.
    case missingFlag(UInt32, MapKind)
    /// Bits of `map_extra` that mean nothing to this kind.
    case unsupportedExtra(UInt64, MapKind)
    /// Read-only and write-only for the program at once.
    case contradictoryFlags(UInt32)
    case keySize(got: UInt32, minimum: UInt32, maximum: UInt32)
    case valueSize(got: UInt32, minimum: UInt32, maximum: UInt32)
    case noEntries
    /// Bytes of a ring, which must be a power of two of whole pages.
    case ringSize(got: UInt32)
    case laneCount(got: UInt32, maximum: UInt32)
    /// `required` is `UInt64.max` where the size does not even fit 64 bits.
    case storageTooLarge(required: UInt64, limit: UInt64)
    case misalignedStorage(address: UInt64, alignment: UInt64)
    /// Storage must lie between the first page and 4 GiB, where every address of a cell lies.
    case storageOutsideAddressSpace(start: UInt64, size: UInt64)
}

/// Why an operation on a map gave up. In a cell this is a fault of the event, or an errno for its program.
package enum MapAccessError: Error, Equatable, Sendable {
    /// Waiting is bounded on both sides. `holder` is the word in the lock, which is a claim, not a fact; 0 where no
    /// lock was asked for, and writers or a repair kept disturbing the reader.
    case busy(holder: UInt64)
    /// The storage holds what no honest writer leaves there.
    case corrupt(MapCorruption)
    case keySize(got: Int, expected: Int)
    case valueSize(got: Int, expected: Int)
    case noSuchLane(got: UInt32, limit: UInt32)

    /// The negative Linux errno that a helper returns for it where the program is to go on.
    package var errno: Int64 {
        switch self {
        case .busy: LinuxErrno.busy
        case .corrupt, .keySize, .valueSize, .noSuchLane: LinuxErrno.invalid
        }
    }
}

/// An impossible value in the storage of a map, which the cell can write.
package struct MapCorruption: Equatable, Sendable {
    package enum Word: Equatable, Sendable {
        /// A link of a chain, which must be below the number of nodes, or the end mark.
        case chainLink
        /// More steps than there are nodes: the chain is a ring.
        case chainLength
        /// A link of the free list.
        case freeLink
        /// The state of a node.
        case nodeState
        /// A link from one element to another that was used before or after it.
        case recencyLink
        /// Which list of recency a node is on, or how many are.
        case recencyList
        /// How many bits a prefix has: more than its key, or not more than the one that it is part of.
        case prefixLength
        /// A part of a trie's key that is not its parent's.
        case prefixBits
        /// Where a ring's records begin and end, how long a record is.
        case ringPosition
        case ringRecord
        /// The ends of a queue.
        case queueEnds
        /// Nodes that an audit found neither in the chain they belong to nor in the free list.
        case lostNodes
    }

    package let word: Word
    package let got: UInt64
    /// The first impossible value.
    package let limit: UInt64

    package init(word: Word, got: UInt64, limit: UInt64) {
        self.word = word
        self.got = got
        self.limit = limit
    }
}

/// Results of the map helpers, negated as Linux returns them (`include/uapi/asm-generic/errno-base.h`).
package enum LinuxErrno {
    package static var noEntry: Int64 { -2 }
    package static var tooBig: Int64 { -7 }
    package static var accessDenied: Int64 { -13 }
    package static var busy: Int64 { -16 }
    package static var exists: Int64 { -17 }
    package static var invalid: Int64 { -22 }
    package static var noSpace: Int64 { -28 }
    package static var notSupported: Int64 { -95 }
    /// What bpf(2) says of an operation that a kind of map has not, a number of the kernel's own (`ENOTSUPP`, include/linux/errno.h).
    package static var noSuchOperation: Int64 { -524 }
}
