internal import ProgramPackage

/// Makes values of bytes and their type.
///
/// The bytes may be any, and so may the types: a table's checks keep every part inside of its whole and every walk finite, but a small
/// table can describe more parts than anybody wants to see (unions of unions), so those are counted.
struct ValueRenderer {
    let types: ValueTypes
    private static let mostParts = 65_536

    init(_ types: ValueTypes) { self.types = types }

    /// The value as its type has it; nil where it has none, or too many parts.
    func render(_ bytes: [UInt8], as type: Int?) -> RenderedValue? {
        guard let type, types.types.indices.contains(type), types.size(of: type) == bytes.count else { return nil }
        var budget = Self.mostParts
        return render(bytes[...], type, &budget)
    }

    private func render(_ bytes: ArraySlice<UInt8>, _ type: Int, _ budget: inout Int) -> RenderedValue? {
        guard budget > 0 else { return nil }
        budget -= 1
        switch types.types[type].shape {
        case .alias(let other): return render(bytes, other, &budget)
        case .integer(let size, let encoding):
            guard size <= 8 else { return .number("0x" + Self.hexadecimal(bytes.reversed())) }
            return Self.integer(Self.word(bytes), bits: size * 8, encoding)
        case .float(let size):
            switch size {
            case 4: return .number("\(Float(bitPattern: UInt32(truncatingIfNeeded: Self.word(bytes))))")
            case 8: return .number("\(Double(bitPattern: Self.word(bytes)))")
            case _: return .word("0x" + Self.hexadecimal(bytes.reversed()))
            }
        case .enumeration(let size, let isSigned, let enumerators):
            return Self.enumerator(Self.word(bytes), bits: size * 8, isSigned, enumerators)
        case .pointer: return .word("0x" + String(Self.word(bytes), radix: 16))
        case .array(let element, let count): return array(bytes, element, count, &budget)
        case .structure(_, let members), .union(_, let members):
            var fields: [RenderedValue.Field] = []
            guard append(members, of: bytes, to: &fields, &budget) else { return nil }
            return .fields(fields)
        }
    }

    private func append(
        _ members: [ValueType.Member], of bytes: ArraySlice<UInt8>, to fields: inout [RenderedValue.Field],
        _ budget: inout Int
    ) -> Bool {
        for member in members {
            guard budget > 0 else { return false }
            budget -= 1
            let start = bytes.startIndex + Int(member.bitOffset / 8)
            if member.bitSize > 0 {
                // A bit field without a name is padding.
                if !member.name.isEmpty { fields.append(.init(name: member.name, value: bitField(member, of: bytes))) }
                continue
            }
            let part = bytes[start..<start + types.size(of: member.type)]
            if member.name.isEmpty, let inner = membersOf(member.type) {
                guard append(inner, of: part, to: &fields, &budget) else { return false }
                continue
            }
            guard let value = render(part, member.type, &budget) else { return false }
            fields.append(.init(name: member.name, value: value))
        }
        return true
    }

    private func membersOf(_ type: Int) -> [ValueType.Member]? {
        switch types.types[types.resolved(type)].shape {
        case .structure(_, let members), .union(_, let members): members
        case .integer, .float, .enumeration, .pointer, .array, .alias: nil
        }
    }

    /// At most 64 bits, in at most nine bytes.
    private func bitField(_ member: ValueType.Member, of bytes: ArraySlice<UInt8>) -> RenderedValue {
        let word = Self.bits(member, of: bytes)
        switch types.types[types.resolved(member.type)].shape {
        case .enumeration(_, let isSigned, let enumerators):
            return Self.enumerator(word, bits: member.bitSize, isSigned, enumerators)
        case .integer(_, let encoding): return Self.integer(word, bits: member.bitSize, encoding)
        case .float, .pointer, .array, .structure, .union, .alias: return .number("\(word)")
        }
    }

    private static func bits(_ member: ValueType.Member, of bytes: ArraySlice<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for bit in 0..<member.bitSize {
            let place = member.bitOffset + bit
            let byte = bytes[bytes.startIndex + Int(place / 8)]
            word |= UInt64(byte >> UInt8(place % 8) & 1) << UInt64(bit)
        }
        return word
    }

    private func array(
        _ bytes: ArraySlice<UInt8>, _ element: Int, _ count: UInt32, _ budget: inout Int
    ) -> RenderedValue? {
        let size = types.size(of: element)
        // As many as one likes of nothing are nothing.
        guard size > 0 else { return .list([]) }
        if case .integer(1, .character) = types.types[types.resolved(element)].shape, let text = Self.text(bytes) {
            return .text(text)
        }
        guard Int(count) <= budget else { return nil }
        var items: [RenderedValue] = []
        for index in 0..<Int(count) {
            let start = bytes.startIndex + index * size
            guard let item = render(bytes[start..<start + size], element, &budget) else { return nil }
            items.append(item)
        }
        return .list(items)
    }

    /// Characters up to the first zero, if nothing but zeros follows, and all are text.
    private static func text(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let text = bytes.prefix { $0 != 0 }
        guard bytes.dropFirst(text.count).allSatisfy({ $0 == 0 }), String(validating: text, as: UTF8.self) != nil else {
            return nil
        }
        return Array(text)
    }

    private static func integer(_ word: UInt64, bits: UInt32, _ encoding: ValueType.Encoding) -> RenderedValue {
        switch encoding {
        case .boolean where word <= 1: .boolean(word == 1)
        case .signed, .character: .number("\(extended(word, bits))")
        case .unsigned, .boolean: .number("\(word)")
        }
    }

    private static func enumerator(
        _ word: UInt64, bits: UInt32, _ isSigned: Bool, _ enumerators: [ValueType.Enumerator]
    ) -> RenderedValue {
        let value = isSigned ? UInt64(bitPattern: extended(word, bits)) : word
        if let name = enumerators.first(where: { $0.value == value })?.name { return .word(name) }
        return .number(isSigned ? "\(Int64(bitPattern: value))" : "\(value)")
    }

    private static func extended(_ word: UInt64, _ bits: UInt32) -> Int64 {
        let shift = UInt64(64 - bits)
        return Int64(bitPattern: word << shift) >> Int64(shift)
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
