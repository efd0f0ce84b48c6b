import ProgramPackage

/// What is known where a program starts, in words that are not the verifier's own: what outside tests say of it is
/// first put into these.
struct EntryState {
    /// A number, or a distance from what a pointer points into.
    struct Amount: Equatable {
        var signed: ClosedRange<Int64> = .min ... .max
        var unsigned: ClosedRange<UInt64> = .min ... .max
        /// Values with one name have one amount.
        var name: Int?

        init() {}

        init(_ signed: ClosedRange<Int64>) { self.signed = signed }

        /// Whether there is a number in both ranges.
        var hasValues: Bool {
            let negative = UInt64(bitPattern: signed.lowerBound)...UInt64(bitPattern: min(signed.upperBound, -1))
            let positive = UInt64(max(signed.lowerBound, 0))...UInt64(max(signed.upperBound, 0))
            return signed.lowerBound < 0 && negative.overlaps(unsigned)
                || signed.upperBound >= 0 && positive.overlaps(unsigned)
        }

        var constant: Int64? {
            if signed.lowerBound == signed.upperBound { return signed.lowerBound }
            return unsigned.lowerBound == unsigned.upperBound ? Int64(bitPattern: unsigned.lowerBound) : nil
        }
    }

    enum Entry: Equatable {
        case number(Amount)
        case context(Amount)
        /// Counted from the first byte of the packet.
        case packet(Amount)
        case packetEnd
        /// Counted from the first byte before the packet that the program may use.
        case packetMeta(Amount)
        /// Counted from the lowest byte of the entry function's frame, to whose end R10 points.
        case stack(Amount)
        case map(Int)
        case mapValue(map: Int, Amount, isNullable: Bool)
    }

    struct Cell: Equatable {
        /// Byte of the frame.
        var start: Int
        var size: Int
        var value: Int64
    }

    /// What is not here is not initialised; R10 is always what it is.
    var registers: [UInt8: Entry] = [:]
    /// Bytes of the frame that hold numbers, ascending.
    var numericBytes: [Range<Int>] = []
    var cells: [Cell] = []
    var packetMinimum: UInt32 = 0
    var packetMaximum: UInt32?
    /// Bytes before the packet that are known to be there.
    var metaMinimum: UInt32 = 0
    var maps: [MapDefinition] = []

    static let frameSize = 512
}
