extension FactShape {
    /// The atom that a word stands for, or nil where it stands for none. It is how policies, self-tests, records and `--assume` spell
    /// facts, so all of them mean the same.
    package func atom(_ text: String) -> FactAtom? {
        switch self {
        case .word(let words), .words(let words): return words.contains(text) ? .word(text) : nil
        case .text:
            let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            return isPrintable && (1...Self.maximumTextBytes).contains(text.utf8.count) ? .word(text) : nil
        case .labels: return Self.isIdentifier(text) ? .word(text) : nil
        case .number: return Self.decimal(text.utf8).map(FactAtom.number)
        case .duration: return Self.seconds(text).map(FactAtom.number)
        case .release: return Self.releaseNumber(text).map(FactAtom.number)
        case .flag:
            switch text {
            case "true": return .flag(true)
            case "false": return .flag(false)
            case _: return nil
            }
        case .digest(let prefix): return Self.digest(text, prefix)
        case .keys: return Self.digest(text, KeyID.prefix)
        case .digests: return Self.digest(text, ContentDigest.prefix)
        case .helpers:
            if let helper = HelperFunction(name: text) { return .number(UInt64(helper.number)) }
            guard text.utf8.starts(with: "helper ".utf8) else { return nil }
            return Self.decimal(text.utf8.dropFirst("helper ".utf8.count)).map(FactAtom.number)
        }
    }

    /// The value that words stand for; nil where one of them stands for nothing, or where one value has several.
    package func value(_ words: [String]) -> FactValue? {
        var atoms: [FactAtom] = []
        for word in words {
            guard let atom = atom(word) else { return nil }
            atoms.append(atom)
        }
        if isSet { return .many(Set(atoms)) }
        return atoms.count == 1 ? .one(atoms[0]) : nil
    }

    /// What may be written, for an error.
    package var expectation: String {
        switch self {
        case .word(let words), .words(let words): "one of \(words.joined(separator: ", "))"
        case .text: "1 to \(Self.maximumTextBytes) printable ASCII characters"
        case .labels: "1 to 64 letters, digits, '_', '.' or '-'"
        case .number: "a number"
        case .duration: "a number of days, hours or minutes, such as 30d, 12h or 5m"
        case .release: "a kernel's release, such as 6.1 or 6.1.55"
        case .flag: "true or false"
        case .digest(let prefix): "\(prefix)<64 lower-case hexadecimal digits>"
        case .keys: "\(KeyID.prefix)<64 lower-case hexadecimal digits>"
        case .digests: "\(ContentDigest.prefix)<64 lower-case hexadecimal digits>"
        case .helpers: "a helper's name as Linux has it, such as bpf_map_lookup_elem, or its number"
        }
    }

    private static func digest(_ text: String, _ prefix: String) -> FactAtom? {
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        return ContentDigest(hexadecimal: String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)).map(
            FactAtom.digest)
    }

    /// 1 to 64 of `A-Z a-z 0-9 _ . -`.
    static func isIdentifier(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                case _: false
                }
            }
    }

    /// Decimal digits without a leading zero.
    private static func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1, digits.count <= 20 else {
            return nil
        }
        var value: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    private static func seconds(_ text: String) -> UInt64? {
        let unit: UInt64
        switch text.utf8.last {
        case UInt8(ascii: "d"): unit = 86_400
        case UInt8(ascii: "h"): unit = 3600
        case UInt8(ascii: "m"): unit = 60
        case UInt8(ascii: "s"): unit = 1
        case _: return nil
        }
        guard let count = decimal(text.utf8.dropLast()) else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }

    private static func releaseNumber(_ text: String) -> UInt64? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let major = decimal(parts[0]), let minor = decimal(parts[1]),
            let patch = parts.count == 3 ? decimal(parts[2]) : 0, major < 1 << 16, minor < 256
        else { return nil }
        // Stable releases go past 255; the kernel's own number stops there too.
        return major << 16 | minor << 8 | min(patch, 255)
    }
}
