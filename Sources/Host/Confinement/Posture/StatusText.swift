/// The fields of /proc/<pid>/status that say what a process may do, read strictly.
package struct StatusText: Equatable, Sendable {
    package let userIdentifiers: [UInt32]
    package let threads: Int
    package let capabilities: CapabilitySets
    package let noNewPrivileges: Bool
    package let seccomp: SeccompMode
    package let seccompFilters: Int
    /// As the kernel words them; absent from kernels that do not say.
    package let storeBypass: String?
    package let indirectBranch: String?

    init(_ text: [UInt8], path: String) throws(PostureError) {
        var fields: [String: (value: String, line: Int)] = [:]
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), fields.count < 256 else {
                throw .malformed(path: path, line: index + 1)
            }
            let name = String(line[..<colon])
            // The process chooses its name, which the kernel escapes; a field that is there twice is not the kernel's.
            guard fields[name] == nil else { throw .malformed(path: path, line: index + 1) }
            let value = line[line.index(after: colon)...].drop { $0 == "\t" || $0 == " " }
            fields[name] = (String(value), index + 1)
        }
        let reader = FieldReader(fields: fields, path: path)
        userIdentifiers = try reader.numbers("Uid", count: 4)
        threads = Int(try reader.number("Threads"))
        capabilities = CapabilitySets(
            inheritable: try reader.mask("CapInh"), permitted: try reader.mask("CapPrm"),
            effective: try reader.mask("CapEff"), bounding: try reader.mask("CapBnd"),
            ambient: try reader.mask("CapAmb"))
        noNewPrivileges = try reader.number("NoNewPrivs", upTo: 1) == 1
        switch try reader.number("Seccomp", upTo: 2) {
        case 0: seccomp = .off
        case 1: seccomp = .strict
        default: seccomp = .filter
        }
        seccompFilters = Int(try reader.number("Seccomp_filters"))
        storeBypass = fields["Speculation_Store_Bypass"]?.value
        indirectBranch = fields["SpeculationIndirectBranch"]?.value
    }
}

/// The five sets of capabilities(7), as bit masks.
package struct CapabilitySets: Equatable, Sendable {
    package let inheritable: UInt64
    package let permitted: UInt64
    package let effective: UInt64
    package let bounding: UInt64
    package let ambient: UInt64

    /// Nothing held, and nothing to be gained.
    package var areEmpty: Bool { inheritable | permitted | effective | bounding | ambient == 0 }
}

package enum SeccompMode: Int, Equatable, Sendable {
    case off
    case strict
    case filter
}

private struct FieldReader {
    let fields: [String: (value: String, line: Int)]
    let path: String

    func field(_ name: String) throws(PostureError) -> (value: String, line: Int) {
        guard let field = fields[name] else { throw .missing(path: path, field: name) }
        return field
    }

    func number(_ name: String, upTo limit: UInt32 = 1 << 24) throws(PostureError) -> UInt32 {
        let field = try field(name)
        guard let value = UInt32(field.value), value <= limit else { throw .malformed(path: path, line: field.line) }
        return value
    }

    func numbers(_ name: String, count: Int) throws(PostureError) -> [UInt32] {
        let field = try field(name)
        let values = field.value.split(separator: "\t").map { UInt32($0) }
        let numbers = values.compactMap { $0 }
        guard values.count == count, numbers.count == count else { throw .malformed(path: path, line: field.line) }
        return numbers
    }

    func mask(_ name: String) throws(PostureError) -> UInt64 {
        let field = try field(name)
        guard field.value.utf8.count == 16, let value = UInt64(field.value, radix: 16) else {
            throw .malformed(path: path, line: field.line)
        }
        return value
    }
}
