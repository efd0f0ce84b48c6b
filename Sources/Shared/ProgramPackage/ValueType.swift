/// A type of the keys and values of maps, as debug information (BTF) has it: enough of it to print bytes and to make them,
/// without qualifiers and without what pointers lead to.
///
/// Types refer to types before them in their table, so nothing is made of itself, and whoever walks one comes to an end.
package struct ValueType: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        case integer(size: UInt32, Encoding)
        case float(size: UInt32)
        case enumeration(size: UInt32, isSigned: Bool, [Enumerator])
        case pointer
        case array(element: Int, count: UInt32)
        case structure(size: UInt32, [Member])
        case union(size: UInt32, [Member])
        /// Another name of a type.
        case alias(Int)
    }

    package enum Encoding: UInt32, Sendable {
        case unsigned = 0
        case signed = 1
        case character = 2
        case boolean = 4
    }

    package struct Enumerator: Hashable, Sendable {
        package var name: String
        /// Sign-extended where the enumeration is signed.
        package var value: UInt64

        package init(name: String, value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    package struct Member: Hashable, Sendable {
        /// Empty for a structure or union whose own members count as the outer one's.
        package var name: String
        package var type: Int
        package var bitOffset: UInt32
        /// 0 where it is no bit field.
        package var bitSize: UInt32

        package init(name: String, type: Int, bitOffset: UInt32, bitSize: UInt32 = 0) {
            self.name = name
            self.type = type
            self.bitOffset = bitOffset
            self.bitSize = bitSize
        }
    }

    /// Empty where the source gave it none.
    package var name: String
    package var shape: Shape

    package init(name: String = "", _ shape: Shape) {
        self.name = name
        self.shape = shape
    }

    /// How many rows a type has beside its own.
    package var parts: Int {
        switch shape {
        case .enumeration(_, _, let enumerators): enumerators.count
        case .structure(_, let members), .union(_, let members): members.count
        case .integer, .float, .pointer, .array, .alias: 0
        }
    }
}

/// Why a table of types is none.
package enum ValueTypeError: Error, Equatable, Sendable {
    /// A type refers to itself or to one that comes later.
    case reference(type: Int, to: Int)
    case size(type: Int, bytes: UInt64)
    /// A member that is not in its structure.
    case member(type: Int, member: Int, end: UInt64, bits: UInt64)
    /// A bit field of something that has no bits, or of more than it has.
    case bitField(type: Int, member: Int, bits: UInt32)
    case depth(type: Int, limit: Int)
}

extension ValueTypeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .reference(let type, let other): "value type \(type) refers to \(other), which is not before it"
        case .size(let type, let bytes): "value type \(type) has \(bytes) bytes, which no such type has"
        case .member(let type, let member, let end, let bits):
            "member \(member) of value type \(type) ends at bit \(end) of \(bits)"
        case .bitField(let type, let member, let bits):
            "member \(member) of value type \(type) has \(bits) bits, and its type has not"
        case .depth(let type, let limit): "value type \(type) is nested deeper than \(limit)"
        }
    }
}

/// Types that have been checked: every reference leads back, every part lies in its whole.
package struct ValueTypes: Equatable, Sendable {
    package let types: [ValueType]
    private let sizes: [UInt64]

    package static let none = ValueTypes()
    private init() { (types, sizes) = ([], []) }

    package init(_ types: [ValueType]) throws(ValueTypeError) {
        var sizes: [UInt64] = []
        var depths: [Int] = []
        sizes.reserveCapacity(types.count)
        for (index, type) in types.enumerated() {
            var depth = 1
            func refer(to other: Int) throws(ValueTypeError) {
                guard other >= 0, other < index else { throw .reference(type: index, to: other) }
                depth = max(depth, depths[other] + 1)
            }
            let size: UInt64
            switch type.shape {
            case .integer(let bytes, _):
                size = UInt64(bytes)
                guard [1, 2, 4, 8, 16].contains(bytes) else { throw .size(type: index, bytes: size) }
            case .float(let bytes):
                size = UInt64(bytes)
                guard [2, 4, 8, 12, 16].contains(bytes) else { throw .size(type: index, bytes: size) }
            case .enumeration(let bytes, _, _):
                size = UInt64(bytes)
                guard [1, 2, 4, 8].contains(bytes) else { throw .size(type: index, bytes: size) }
            case .pointer: size = 8
            case .array(let element, let count):
                try refer(to: element)
                // Below 2^32 each, so the product fits; what is larger than any value is refused.
                size = sizes[element] * UInt64(count)
                guard size <= PackageLimits.valueTypeBytes else { throw .size(type: index, bytes: size) }
            case .alias(let other):
                try refer(to: other)
                size = sizes[other]
            case .structure(let bytes, let members), .union(let bytes, let members):
                size = UInt64(bytes)
                guard size <= PackageLimits.valueTypeBytes else { throw .size(type: index, bytes: size) }
                for (place, member) in members.enumerated() {
                    try refer(to: member.type)
                    try Self.check(member, place, of: index, size, types, sizes)
                }
            }
            guard depth <= PackageLimits.valueTypeDepth else {
                throw .depth(type: index, limit: PackageLimits.valueTypeDepth)
            }
            sizes.append(size)
            depths.append(depth)
        }
        self.types = types
        self.sizes = sizes
    }

    private static func check(
        _ member: ValueType.Member, _ place: Int, of type: Int, _ size: UInt64, _ types: [ValueType], _ sizes: [UInt64]
    ) throws(ValueTypeError) {
        let whole = sizes[member.type] * 8
        if member.bitSize > 0 {
            guard member.bitSize <= 64, UInt64(member.bitSize) <= whole, isInteger(member.type, types) else {
                throw .bitField(type: type, member: place, bits: member.bitSize)
            }
        }
        let end = UInt64(member.bitOffset) + (member.bitSize > 0 ? UInt64(member.bitSize) : whole)
        guard end <= size * 8, member.bitSize > 0 || member.bitOffset % 8 == 0 else {
            throw .member(type: type, member: place, end: end, bits: size * 8)
        }
    }

    private static func isInteger(_ type: Int, _ types: [ValueType]) -> Bool {
        var current = type
        while true {
            switch types[current].shape {
            case .alias(let other): current = other
            case .integer, .enumeration: return true
            case .float, .pointer, .array, .structure, .union: return false
            }
        }
    }

    /// Bytes that a type takes.
    package func size(of type: Int) -> Int { Int(sizes[type]) }

    /// The type behind other names of it.
    package func resolved(_ type: Int) -> Int {
        guard case .alias(let other) = types[type].shape else { return type }
        return resolved(other)
    }
}
