import ProgramPackage

/// An extern in `.kconfig`: a variable that holds a setting of a kernel before the program begins.
struct Setting: Sendable {
    /// What settings can be, as libbpf tells them apart (find_kcfg_type in tools/lib/bpf/libbpf.c).
    enum Kind: Equatable, Sendable {
        case boolean
        /// `enum libbpf_tristate`.
        case tristate
        case character
        case integer
        case text
    }

    var name: String
    var kind: Kind
    var isSigned = false
    var size: UInt32
    var alignment: UInt32
    var isWeak: Bool

    /// - Parameter type: that of the variable.
    init(_ name: String, type: UInt32, isWeak: Bool, _ types: BTF) throws(ObjectError) {
        self.name = name
        self.isWeak = isWeak
        let resolved = try types.resolved(type)
        guard let record = types.record(resolved), let (kind, isSigned) = try Self.kind(record, types) else {
            throw .setting(name: name, .type)
        }
        self.kind = kind
        self.isSigned = isSigned
        size = try types.size(of: resolved)
        alignment = kind == .text ? 1 : size
    }

    private static func kind(_ record: BTF.TypeRecord, _ types: BTF) throws(ObjectError) -> (Kind, Bool)? {
        switch record.kind {
        case .integer:
            let size = record.sizeOrType
            let encoding = types.encoding(of: record, named: "")
            if encoding == .boolean { return size == 1 ? (.boolean, false) : nil }
            let isSigned = encoding == .signed
            if size == 1 { return (.character, isSigned) }
            return [2, 4, 8].contains(size) ? (.integer, isSigned) : nil
        case .enumeration, .enumeration64:
            guard record.sizeOrType == 4,
                try types.name(record.name, "a type", mayBeEmpty: true) == "libbpf_tristate"
            else { return nil }
            return (.tristate, false)
        case .array:
            let (element, count) = types.array(record)
            guard count > 0, let inner = types.record(try types.resolved(element)), inner.kind == .integer,
                try kind(inner, types)?.0 == .character
            else { return nil }
            return (.text, false)
        case .pointer, .structure, .union, .forward, .typedef, .volatile, .const, .restrict, .function,
            .functionPrototype, .variable, .dataSection, .float, .declarationTag, .typeTag:
            return nil
        }
    }

    /// The bytes of the variable where the setting has a value; zeros where it has none.
    func bytes(of value: KernelConfig.Value?) throws(ObjectError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        switch (value, kind) {
        case (nil, _): break
        case (.choice(let letter), .boolean):
            guard letter != UInt8(ascii: "m") else { throw .setting(name: name, .mismatch("a module, and is a bool")) }
            bytes[0] = letter == UInt8(ascii: "y") ? 1 : 0
        case (.choice(let letter), .tristate):
            // enum libbpf_tristate: TRI_NO, TRI_MODULE, TRI_YES (bpf_helpers.h).
            bytes[0] = letter == UInt8(ascii: "y") ? 2 : letter == UInt8(ascii: "m") ? 1 : 0
        case (.choice(let letter), .character): bytes[0] = letter
        case (.choice, .integer), (.choice, .text):
            throw .setting(name: name, .mismatch("y, m or n, which takes a bool, a char or an enum libbpf_tristate"))
        case (.text(let text), .text):
            // As libbpf cuts it: the last byte is zero.
            for (index, byte) in text.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
        case (.text, .boolean), (.text, .tristate), (.text, .character), (.text, .integer):
            throw .setting(name: name, .mismatch("a text, which takes an array of char"))
        case (.number(let number), .boolean), (.number(let number), .character), (.number(let number), .integer):
            guard kind != .boolean || number <= 1, fits(number) else { throw .setting(name: name, .doesNotFit(number)) }
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) }
        case (.number, .tristate), (.number, .text):
            throw .setting(name: name, .mismatch("a number, which takes an integer, a char or a bool"))
        }
        return bytes
    }

    private func fits(_ number: UInt64) -> Bool {
        guard size < 8 else { return true }
        let bits = UInt64(size) * 8
        // A negative number wraps to a small one where it fits.
        return isSigned ? number &+ (1 << (bits - 1)) < 1 << bits : number >> bits == 0
    }
}

/// Why a setting has no value.
package enum SettingProblem: Equatable, Sendable {
    case type
    case mismatch(String)
    case doesNotFit(UInt64)
}

extension SettingProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .type:
            "is of a type that no setting has: bool, char, integers, enum libbpf_tristate and arrays of char are"
        case .mismatch(let what): "is set to \(what)"
        case .doesNotFit(let number): "is set to \(Int64(bitPattern: number)), which its type does not hold"
        }
    }
}
