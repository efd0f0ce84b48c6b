import ProgramPackage

/// The settings of a kernel that somebody declares, as the text that kernels are configured by: `CONFIG_HZ=250`, one in a line.
///
/// Beside what the text says there is what libbpf makes up for every program (`LINUX_…`): the text may have these as well. Where it has not,
/// they say what programs may expect here, whatever kernel the host has: a program is to be the same program on all hosts.
struct KernelConfig: Sendable {
    enum Value: Equatable, Sendable {
        /// `y`, `m` or `n`.
        case choice(UInt8)
        /// Without its quotes; what a backslash means is left to whoever reads it, as libbpf leaves it.
        case text([UInt8])
        /// Negative ones as 64 bits of two's complement.
        case number(UInt64)
    }

    private var values: [String: Value]

    /// What nobody has to declare. The version is that of the Linux whose helpers and contexts the tables here describe; attach cookies
    /// are not there; system calls have the wrappers of x86-64.
    private static let own: [String: Value] = [
        "LINUX_KERNEL_VERSION": .number(6 << 16 | 12 << 8), "LINUX_HAS_BPF_COOKIE": .number(0),
        "LINUX_HAS_SYSCALL_WRAPPER": .number(1),
    ]

    /// The longest line that is read; kernels have names of 100 bytes and texts of a few hundred.
    private static let lineBytes = 4096

    subscript(name: String) -> Value? { values[name] }

    /// - Parameters:
    ///   - text: nil for none.
    ///   - wanted: the names that are kept; every line has to be sound all the same.
    init(_ text: [UInt8]?, wanted: Set<String>) throws(ObjectError) {
        values = Self.own
        guard let text else { return }
        if text.starts(with: [0x1F, 0x8B]) { throw .settingsLine(line: 1, .compressed) }
        var declared: Set<String> = []
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            do throws(SettingsProblem) {
                guard let (name, value) = try Self.parse(line), wanted.contains(name) else { continue }
                guard declared.insert(name).inserted else { throw .twice(name) }
                values[name] = value
            } catch { throw .settingsLine(line: index + 1, error) }
        }
    }

    /// Nil for a line that says nothing.
    private static func parse(_ line: ArraySlice<UInt8>) throws(SettingsProblem) -> (String, Value)? {
        guard line.count <= lineBytes else { throw .tooLong(bytes: line.count, limit: lineBytes) }
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) || line.first == UInt8(ascii: "#") { return nil }
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { throw .noValue }
        let nameBytes = line[..<equals]
        let isName = nameBytes.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
        let name = String(decoding: nameBytes, as: UTF8.self)
        guard isName, name.hasPrefix("CONFIG_") || name.hasPrefix("LINUX_") else { throw .name }
        guard let value = value(line[(equals + 1)...], of: name) else { throw .value(name) }
        return (name, value)
    }

    private static func value(_ bytes: ArraySlice<UInt8>, of name: String) -> Value? {
        if let letter = bytes.first, bytes.count == 1,
            [UInt8(ascii: "y"), UInt8(ascii: "m"), UInt8(ascii: "n")].contains(letter)
        {
            // What libbpf makes up is a number.
            guard name.hasPrefix("LINUX_") else { return .choice(letter) }
            return letter == UInt8(ascii: "m") ? nil : .number(letter == UInt8(ascii: "y") ? 1 : 0)
        }
        if bytes.first == UInt8(ascii: "\"") {
            guard bytes.count >= 2, bytes.last == UInt8(ascii: "\""), !bytes.contains(0) else { return nil }
            return .text(Array(bytes.dropFirst().dropLast()))
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if name == "LINUX_KERNEL_VERSION", let version = version(text) { return .number(version) }
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
        let magnitude: UInt64?
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            let rest = digits.dropFirst(2)
            magnitude = rest.first?.isHexDigit == true ? UInt64(rest, radix: 16) : nil
        } else {
            magnitude = first == 0x30 && digits.utf8.count > 1 ? UInt64(digits.dropFirst(), radix: 8) : UInt64(digits)
        }
        guard let magnitude else { return nil }
        guard isNegative else { return .number(magnitude) }
        return magnitude <= 1 << 63 ? .number(0 &- magnitude) : nil
    }

    /// `6.1.0` as KERNEL_VERSION(6, 1, 0) (include/uapi/linux/version.h), whose last part ends at 255.
    private static func version(_ text: String) -> UInt64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var numbers: [UInt64] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(part) else { return nil }
            numbers.append(number)
        }
        guard numbers[0] <= 255, numbers[1] <= 255 else { return nil }
        return numbers[0] << 16 | numbers[1] << 8 | min(numbers[2], 255)
    }
}

/// What is wrong with a line of a kernel's configuration.
package enum SettingsProblem: Error, Equatable, Sendable {
    case compressed
    case tooLong(bytes: Int, limit: Int)
    case noValue
    case name
    case value(String)
    case twice(String)
}

extension SettingsProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .compressed: "is compressed; give the text: zcat /proc/config.gz"
        case .tooLong(let bytes, let limit): "has \(bytes) bytes; the limit is \(limit)"
        case .noValue: "is neither a comment nor NAME=value"
        case .name: "sets something that is not called CONFIG_… or LINUX_…"
        case .value(let name): "gives \(name) what is neither y, m, n, a number nor a text in quotes"
        case .twice(let name): "sets \(name) again"
        }
    }
}
