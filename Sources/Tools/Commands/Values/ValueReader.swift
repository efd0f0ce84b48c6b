internal import CommandSupport
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

/// Makes bytes of what a person wrote, as a type has them.
struct ValueReader {
    let types: ValueTypes
    static let longestText = 1 << 20

    /// Why a text is no value of a type.
    enum Problem: Error, Equatable {
        case json(JSONError)
        /// `path` names the part: `.source.port[2]`, empty for the whole.
        case expected(path: String, String)
        case noSuchField(path: String, String, known: [String])
    }

    init(_ types: ValueTypes) { self.types = types }

    /// The bytes of a value that is written as JSON; what it leaves out of structures is zero.
    ///
    /// A text that is no JSON but could stand in quotes there, as `10.0.0.1`, is taken for that.
    func bytes(of text: String, as type: Int) throws(Problem) -> [UInt8] {
        let value: JSONValue
        do throws(JSONError) {
            value = try StrictJSON.parse(
                Array(text.utf8), maximumBytes: Self.longestText, integers: true, depth: PackageLimits.valueTypeDepth,
                members: PackageLimits.valueParts)
        } catch {
            let isQuotable = !text.isEmpty && !text.utf8.contains { [0x22, 0x5B, 0x5D, 0x7B, 0x7D].contains($0) }
            guard isQuotable else { throw .json(error) }
            value = .string(Array(text.utf8))
        }
        var bytes = [UInt8](repeating: 0, count: types.size(of: type))
        try write(value, type, at: 0, "", isNetworkOrder: false, into: &bytes)
        return bytes
    }

    private func write(
        _ value: JSONValue, _ type: Int, at offset: Int, _ path: String, isNetworkOrder: Bool,
        into bytes: inout [UInt8]
    ) throws(Problem) {
        let row = types.types[type]
        switch row.shape {
        case .alias(let other):
            try write(
                value, other, at: offset, path,
                isNetworkOrder: isNetworkOrder || ["__be16", "__be32", "__be64"].contains(row.name), into: &bytes)
        case .integer(let size, let encoding):
            let number = try integer(
                value, size, isBoolean: encoding == .boolean, path, isNetworkOrder: isNetworkOrder)
            bytes.replaceSubrange(offset..<offset + Int(size), with: number)
        case .float(let size):
            guard let number = Self.text(of: value).flatMap({ Double($0) }), size == 4 || size == 8 else {
                throw .expected(path: path, "a number such as \"1.5\", of 4 or 8 bytes")
            }
            let word = size == 4 ? UInt64(Float(number).bitPattern) : number.bitPattern
            bytes.replaceSubrange(offset..<offset + Int(size), with: Self.littleEndian(word, Int(size)))
        case .enumeration(let size, _, let enumerators):
            if case .string(let name) = value,
                let enumerator = enumerators.first(where: { $0.name.utf8.elementsEqual(name) })
            {
                bytes.replaceSubrange(
                    offset..<offset + Int(size), with: Self.littleEndian(enumerator.value, Int(size)))
                return
            }
            let names = enumerators.prefix(16).map(\.name).joined(separator: ", ")
            guard let number = Self.number(value, bits: Int(size) * 8) else {
                throw .expected(path: path, "one of \(names), or a number")
            }
            bytes.replaceSubrange(offset..<offset + Int(size), with: Self.littleEndian(number, Int(size)))
        case .pointer:
            guard let number = Self.number(value, bits: 64) else { throw .expected(path: path, "a number of 64 bits") }
            bytes.replaceSubrange(offset..<offset + 8, with: Self.littleEndian(number, 8))
        case .array(let element, let count):
            try writeArray(value, element, count, at: offset, path, into: &bytes)
        case .structure(_, let members), .union(_, let members):
            guard case .object(let given) = value else {
                throw .expected(path: path, "an object with fields of \(row.name.isEmpty ? "the structure" : row.name)")
            }
            for member in given { try write(member, of: members, at: offset, path, into: &bytes) }
        }
    }

    private func write(
        _ given: JSONValue.Member, of members: [ValueType.Member], at offset: Int, _ path: String,
        into bytes: inout [UInt8]
    ) throws(Problem) {
        let name = String(decoding: given.name, as: UTF8.self)
        var searched: Set<Int> = []
        guard let (member, bits) = find(name, in: members, &searched) else {
            var known: [String] = []
            searched = []
            collect(namesOf: members, into: &known, &searched)
            throw .noSuchField(path: path, name, known: known)
        }
        let inner = "\(path).\(name)"
        guard member.bitSize > 0 else {
            return try write(
                given.value, member.type, at: offset + Int(bits / 8), inner, isNetworkOrder: false, into: &bytes)
        }
        guard let word = Self.number(given.value, bits: Int(member.bitSize)) else {
            throw .expected(path: inner, "a number of \(member.bitSize) bits")
        }
        for bit in 0..<member.bitSize {
            let place = Int(bits + bit)
            let mask: UInt8 = 1 << UInt8(place % 8)
            if word >> UInt64(bit) & 1 == 1 {
                bytes[offset + place / 8] |= mask
            } else {
                bytes[offset + place / 8] &= ~mask
            }
        }
    }

    /// A member, also of structures without a name, and where it begins, in bits.
    ///
    /// - Parameter searched: structures without a name in which it is not: a small table can have one in more places than there is time for.
    private func find(
        _ name: String, in members: [ValueType.Member], _ searched: inout Set<Int>
    ) -> (ValueType.Member, UInt32)? {
        for member in members {
            if member.name == name, !name.isEmpty { return (member, member.bitOffset) }
            guard let inner = inside(member), searched.insert(member.type).inserted else { continue }
            if let (found, bits) = find(name, in: inner, &searched) { return (found, member.bitOffset + bits) }
        }
        return nil
    }

    private func inside(_ member: ValueType.Member) -> [ValueType.Member]? {
        guard member.name.isEmpty else { return nil }
        return switch types.types[types.resolved(member.type)].shape {
        case .structure(_, let members), .union(_, let members): members
        case .integer, .float, .enumeration, .pointer, .array, .alias: nil
        }
    }

    /// The first few names that a structure's members have.
    private func collect(
        namesOf members: [ValueType.Member], into names: inout [String], _ searched: inout Set<Int>
    ) {
        for member in members where names.count < 32 {
            if let inner = inside(member) {
                if searched.insert(member.type).inserted { collect(namesOf: inner, into: &names, &searched) }
            } else if !member.name.isEmpty {
                names.append(member.name)
            }
        }
    }

    private func writeArray(
        _ value: JSONValue, _ element: Int, _ count: UInt32, at offset: Int, _ path: String, into bytes: inout [UInt8]
    ) throws(Problem) {
        let size = types.size(of: element)
        let room = size * Int(count)
        switch value {
        case .array(let items):
            guard items.count <= Int(count) else { throw .expected(path: path, "a list of at most \(count)") }
            for (index, item) in items.enumerated() {
                try write(
                    item, element, at: offset + index * size, "\(path)[\(index)]", isNetworkOrder: false, into: &bytes)
            }
        case .string(let text):
            let characters = String(decoding: text, as: UTF8.self)
            if case .integer(let width, let encoding) = types.types[types.resolved(element)].shape {
                if encoding == .character, text.count <= room {
                    return bytes.replaceSubrange(offset..<offset + text.count, with: text)
                }
                if let address = Self.address(characters, room: room, width: Int(width)) {
                    return bytes.replaceSubrange(offset..<offset + room, with: address)
                }
            }
            throw .expected(
                path: path,
                "a list of at most \(count), text of at most \(room) characters, or an address of \(room) bytes")
        case .number, .object, .boolean: throw .expected(path: path, "a list of at most \(count)")
        }
    }

    /// An address that takes exactly so many bytes: of IPv4, of IPv6, or of Ethernet.
    private static func address(_ text: String, room: Int, width: Int) -> [UInt8]? {
        switch room {
        case 4 where width == 1: return NetworkAddress.ipv4(text)
        case 16: return NetworkAddress.ipv6(text)
        case 6 where width == 1:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
            return parts.count == 6 && bytes.count == 6 ? bytes : nil
        case _: return nil
        }
    }

    private func integer(
        _ value: JSONValue, _ size: UInt32, isBoolean: Bool, _ path: String, isNetworkOrder: Bool
    ) throws(Problem) -> [UInt8] {
        if case .string(let characters) = value {
            let text = String(decoding: characters, as: UTF8.self)
            if size == 4, let address = NetworkAddress.ipv4(text) { return address }
            if isBoolean, text == "true" || text == "false" {
                return Self.littleEndian(text == "true" ? 1 : 0, Int(size))
            }
            // What a number means, rather than what a program on this machine would read.
            if isNetworkOrder, let number = Self.number(value, bits: Int(size) * 8) {
                return Self.littleEndian(number, Int(size)).reversed()
            }
        }
        guard let number = Self.number(value, bits: Int(size) * 8) else {
            throw .expected(
                path: path, "a number of \(size * 8) bits" + (size == 4 ? ", or an address such as \"10.0.0.1\"" : ""))
        }
        let isNegative = Self.text(of: value)?.hasPrefix("-") ?? false
        return Self.littleEndian(number, Int(size), filler: isNegative ? 0xFF : 0)
    }

    private static func text(of value: JSONValue) -> String? {
        switch value {
        case .number(let digits): String(decoding: digits, as: UTF8.self)
        case .string(let characters): String(decoding: characters, as: UTF8.self)
        case .array, .object, .boolean: nil
        }
    }

    /// A number that fits so many bits; negative ones are what two's complement makes of them.
    private static func number(_ value: JSONValue, bits: Int) -> UInt64? {
        guard let text = text(of: value) else { return nil }
        let bits = UInt64(min(bits, 64))
        let digits = text.hasPrefix("0x") ? (text.dropFirst(2), 16) : (text[...], 10)
        if digits.0.utf8.first.map({ $0 != 0x2B && $0 != 0x2D }) ?? false,
            let number = UInt64(digits.0, radix: digits.1)
        {
            return bits == 64 || number >> bits == 0 ? number : nil
        }
        guard let number = Int64(text), number < 0, bits == 64 || number >= -(1 << Int64(bits - 1)) else { return nil }
        let pattern = UInt64(bitPattern: number)
        return bits == 64 ? pattern : pattern & (1 << bits - 1)
    }

    private static func littleEndian(_ word: UInt64, _ count: Int, filler: UInt8 = 0) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) : filler }
    }
}

extension ValueReader.Problem: CustomStringConvertible {
    var description: String {
        switch self {
        case .json(let error): "not JSON: \(error)"
        case .expected(let path, let what): (path.isEmpty ? "" : "\(path): ") + "expected \(what)"
        case .noSuchField(let path, let name, let known):
            (path.isEmpty ? "" : "\(path): ") + "no field \(name); there are \(known.joined(separator: ", "))"
        }
    }
}
