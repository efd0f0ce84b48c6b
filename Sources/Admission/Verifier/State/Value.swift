internal import Prototypes

/// What is known of one value: what kind of thing it is, and for that kind what the kind has.
///
/// No attribute outlives its kind: values are made by the initialisers below, whole, and a value of another kind is another
/// value. A pointer is `base + constant + variable`, where ``number`` is the range of the variable part; a variable part that
/// is known is 0, its amount being in ``constant``.
struct Value: Sendable {
    enum Kind: UInt8, Sendable {
        /// Not initialised, or of different kinds on different paths, or not needed any more.
        case unusable
        case scalar
        /// A number that an address went into: it may be computed with and compared, and may not leave the program.
        case tainted
        case context, stack
        case packet, packetEnd, packetMeta
        /// The low half of a pointer into the packet: for computing lengths.
        case packetLow
        /// A map itself; a map's value.
        case map, mapValue
        /// Memory that a helper reserved; ``Value/extent`` bytes.
        case memory
        /// A socket, or another structure with fields as a context has: ``Value/frame`` says which.
        case socket
        case kernelObject
        /// A function of the program; ``Value/identity`` is its first instruction.
        case function
    }

    var kind: Kind
    /// A pointer that may be 0 instead. Copies share ``symbol``, so that one check serves all.
    var isNullable = false
    /// A socket that goes with another one, whose reference it has.
    var isBorrowed = false
    /// Stack: the frame it points into, 0 the entry's. Socket: its layout.
    var frame: UInt8 = 0
    /// Map, map value: index of the map. Function: its first instruction. Acquired things: the reference.
    var identity: UInt32 = 0
    /// Names an unknown amount: a scalar, or the offset of a pointer, is its symbol's amount plus ``constant``. Pointers that
    /// may be 0 and have one symbol are 0 together. 0 names nothing.
    var symbol: UInt32 = 0
    /// Packet with a variable part: bytes behind `base + variable` that are known to lie in the packet. Number: bytes behind
    /// `data + number` that are known to. Memory: its size.
    var extent: Int32 = 0
    var constant: Int64 = 0
    /// Scalar: what it may be. Pointer: the variable part of its offset.
    var number: Scalar

    private init(_ kind: Kind, _ number: Scalar) {
        self.kind = kind
        self.number = number
    }

    static let zero = Scalar(0)
    static let unusable = Value(.unusable, zero)
    /// Something that was of use once.
    static func gone(_ reason: Gone) -> Value {
        var value = unusable
        value.identity = reason.rawValue
        return value
    }
    static let unknown = Value(.scalar, .unknown)

    @inline(__always) static func scalar(_ number: Scalar) -> Value { Value(.scalar, number) }
    @inline(__always) static func constant(_ value: UInt64) -> Value { Value(.scalar, Scalar(value)) }
    static func tainted(_ number: Scalar) -> Value { Value(.tainted, number) }

    static func pointer(
        _ kind: Kind, identity: UInt32 = 0, frame: UInt8 = 0, offset: Int64 = 0, extent: Int32 = 0
    ) -> Value {
        var value = Value(kind, zero)
        value.identity = identity
        value.frame = frame
        value.constant = offset
        value.extent = extent
        return value
    }

    /// A pointer that may be 0.
    static func nullable(_ kind: Kind, identity: UInt32, symbol: UInt32, extent: Int32 = 0) -> Value {
        var value = pointer(kind, identity: identity, extent: extent)
        value.isNullable = true
        value.symbol = symbol
        return value
    }

    var isPointer: Bool {
        switch kind {
        case .unusable, .scalar, .tainted: false
        case .context, .stack, .packet, .packetEnd, .packetMeta, .packetLow, .map, .mapValue, .memory, .socket,
            .kernelObject,
            .function:
            true
        }
    }

    /// A number, with or without a trace of an address.
    var isNumber: Bool { kind == .scalar || kind == .tainted }

    /// Whether the two point into the same thing, whatever their offsets.
    func hasSameBase(as other: Value) -> Bool {
        kind == other.kind && identity == other.identity && frame == other.frame && isBorrowed == other.isBorrowed
    }

    /// The bounds of a pointer's offset from its base, or nil where they are too far apart to mean anything.
    var offsets: ClosedRange<Int64>? {
        let low = number.signedMinimum
        let high = number.signedMaximum
        guard low >= -Self.offsetLimit, high <= Self.offsetLimit else { return nil }
        // |constant| never exceeds the limit either, so neither sum can wrap.
        return low &+ constant...high &+ constant
    }

    /// Narrows what a value may be; false where nothing is left. The number of a pointer that turns out to be known goes into its
    /// constant, so that a known variable part is always 0.
    mutating func narrow(to number: Scalar) -> Bool {
        guard let met = self.number.met(number) else { return false }
        self.number = met
        fold()
        return true
    }

    mutating func fold() {
        guard isPointer, !isNullable, let known = number.constant else { return }
        if known != 0 {
            let (sum, overflows) = constant.addingReportingOverflow(Int64(bitPattern: known))
            if overflows || sum.magnitude > UInt64(Self.offsetLimit) {
                // Too far off to be of use: anywhere.
                number = .unknown
                constant = 0
                if kind != .memory { extent = 0 }
            } else {
                if kind != .memory { extent = Int32(clamping: max(Int64(extent) &+ Int64(bitPattern: known), 0)) }
                constant = sum
                number = Self.zero
            }
        }
        symbol = 0
    }

    /// The value as `symbol + constant` where it can be said: with ``Symbol/none`` for a known one, ``Symbol/null`` for 0 in place
    /// of a pointer; nil where nothing else is known to have this amount.
    var linear: (symbol: UInt32, constant: Int64)? {
        if symbol != Symbol.none { return (symbol, constant) }
        if isPointer { return number.isConstant ? (Symbol.none, constant) : nil }
        guard let known = number.constant else { return nil }
        return (Symbol.none, Int64(bitPattern: known))
    }

    /// What it points to was acquired through it, and was not if it is 0.
    var ownsReference: Bool {
        switch kind {
        case .memory, .socket, .kernelObject: !isBorrowed
        case .unusable, .scalar, .tainted, .context, .stack, .packet, .packetEnd, .packetMeta, .packetLow, .map,
            .mapValue, .function:
            false
        }
    }

    var isNull: Bool { kind == .scalar && number.constant == 0 }

    /// Offsets of pointers stay this small, so that sums of them cannot wrap and comparisons of addresses are comparisons
    /// of offsets.
    static let offsetLimit: Int64 = 1 << 29
}

/// Symbols that mean something by themselves.
enum Symbol {
    static let none: UInt32 = 0
    /// The number of bytes between `data` and `data_end`.
    static let packetSize: UInt32 = 1
    static let firstFree: UInt32 = 2
    /// Stands for 0 where another state has a pointer; never in a value.
    static let null: UInt32 = .max
}

/// Why a value may not be used any more; in ``Value/identity``.
enum Gone: UInt32 {
    /// It never was set, or of different kinds on different ways.
    case unset
    /// An address in the packet of before a call that may have moved it.
    case stalePacket
    /// Something that was given back.
    case released
    /// An address in the frame of a function that has returned.
    case deadFrame
}

/// What ``Value/Kind/socket`` points to.
enum SocketLayout: UInt8, CaseIterable {
    case socket, common, tcp, flowKeys

    var descriptor: ContextDescriptor {
        switch self {
        case .socket: ObjectLayout.socket
        case .common: ObjectLayout.sockCommon
        case .tcp: ObjectLayout.tcpSocket
        case .flowKeys: ObjectLayout.flowKeys
        }
    }

    static func pointer(_ layout: SocketLayout, reference: UInt32 = 0) -> Value {
        .pointer(.socket, identity: reference, frame: layout.rawValue)
    }

    static func nullable(_ layout: SocketLayout, reference: UInt32 = 0, symbol: UInt32) -> Value {
        var value = Value.nullable(.socket, identity: reference, symbol: symbol)
        value.frame = layout.rawValue
        return value
    }
}

/// The most bytes that a packet has: an event slot holds no more.
let maximumPacketSize: UInt32 = 1 << 18
