/// The bytes of a verification, and of the request for one; all numbers little-endian.
///
/// ```
/// options    visits u64, states u64, memory u64, milliseconds u64, flags u32, 0 u32, type (32 bytes, zeros behind it)
///
/// request    magic u64, version u32, length u32, options, count of programs u32, bytes of the package u32,
///            programs u32 each, package
///
/// header     magic u64, version u32, length u32, verifier u32, 0 u32, options, then seven counts u32:
///            strings, string bytes, programs, findings, notes, lines, facts; 0 u32
/// strings    length u32 each
/// programs   index, verdict, flags, findings, then u64: instructions, visits, states, peak states, peak bytes,
///            nanoseconds, longest run, least and greatest result, unlisted findings, facts
/// findings   kind, instruction, requirement, hint, facts, path, confirmation, lines, place of the loss, reason
/// notes      instruction, text                                   (facts, then path, of each finding in order)
/// lines      text
/// facts      a byte for each slot, or none                                (of each program in order)
/// text       the bytes of the strings, in the order of the strings
/// ```
///
/// As in a package no offset is stored, and the sum of all parts must be the length.
enum VerificationWire {
    /// "RINGVFY" and a byte that no text file has there.
    static let magic: UInt64 = 0x89_59_46_56_47_4E_49_52
    /// "RINGASK", likewise.
    static let requestMagic: UInt64 = 0x89_4B_53_41_47_4E_49_52
    static let version: UInt32 = 3

    static let optionsBytes = 40 + PackageLimits.programTypeBytes
    static let headerBytes = 24 + optionsBytes + 32
    static let requestHeaderBytes = 16 + optionsBytes + 8
    static let stringRowBytes = 4
    static let programRowBytes = 16 + 88
    static let findingRowBytes = 40
    static let noteRowBytes = 8
    static let lineRowBytes = 4
    /// Stands for a place that is not known.
    static let nowhere = UInt32.max

    enum OptionFlags {
        static let allowsAddressLeaks: UInt32 = 1
        static let confirms: UInt32 = 2
        static let refusesDivisionByZero: UInt32 = 4
        static let all: UInt32 = 7
    }
    enum ProgramFlags {
        static let hasLongestRun: UInt32 = 1
        static let hasResult: UInt32 = 2
        static let all: UInt32 = 3
    }
    enum ConfirmationKind {
        static let notTried: UInt32 = 0
        static let confirmed: UInt32 = 1
        static let notConfirmed: UInt32 = 2
    }
}

/// The counts of the header, and the length that they add up to.
struct VerificationCounts {
    var strings: UInt32 = 0
    var stringBytes: UInt32 = 0
    var programs: UInt32 = 0
    var findings: UInt32 = 0
    var notes: UInt32 = 0
    var lines: UInt32 = 0
    var facts: UInt32 = 0

    /// Seven products of two 32-bit numbers: they cannot overflow 64 bits.
    var totalBytes: UInt64 {
        UInt64(VerificationWire.headerBytes)
            + UInt64(strings) * UInt64(VerificationWire.stringRowBytes) + UInt64(stringBytes)
            + UInt64(programs) * UInt64(VerificationWire.programRowBytes)
            + UInt64(findings) * UInt64(VerificationWire.findingRowBytes)
            + UInt64(notes) * UInt64(VerificationWire.noteRowBytes)
            + UInt64(lines) * UInt64(VerificationWire.lineRowBytes)
            + UInt64(facts)
    }
}

extension VerifierOptions {
    /// Writes the fixed block that both the request and the verification hold.
    func put(to writer: inout PackageWriter) throws(VerificationError) {
        for number in [visits, states, memory, milliseconds] { writer.put(number) }
        writer.put(
            (allowsAddressLeaks ? VerificationWire.OptionFlags.allowsAddressLeaks : 0)
                | (confirms ? VerificationWire.OptionFlags.confirms : 0)
                | (refusesDivisionByZero ? VerificationWire.OptionFlags.refusesDivisionByZero : 0))
        writer.put(UInt32(0))
        let type = Array((programType ?? "").utf8)
        guard type.count <= PackageLimits.programTypeBytes, type.allSatisfy(Self.isTypeByte),
            programType == nil || !type.isEmpty
        else { throw .badProgramType }
        writer.bytes += type + [UInt8](repeating: 0, count: PackageLimits.programTypeBytes - type.count)
    }

    init(_ bytes: Span<UInt8>, _ reader: inout VerificationReader) throws(VerificationError) {
        self.init()
        visits = try reader.uint64(bytes, "visits")
        states = try reader.uint64(bytes, "states")
        memory = try reader.uint64(bytes, "memory")
        milliseconds = try reader.uint64(bytes, "milliseconds")
        let flags = try reader.flags(bytes, "flags of the options", known: VerificationWire.OptionFlags.all)
        allowsAddressLeaks = flags & VerificationWire.OptionFlags.allowsAddressLeaks != 0
        confirms = flags & VerificationWire.OptionFlags.confirms != 0
        refusesDivisionByZero = flags & VerificationWire.OptionFlags.refusesDivisionByZero != 0
        _ = try reader.flags(bytes, "last word of the options", known: 0)
        let start = try reader.take(PackageLimits.programTypeBytes, of: bytes, "program type")
        var name: [UInt8] = []
        for index in start..<start + PackageLimits.programTypeBytes { name.append(bytes[index]) }
        while name.last == 0 { name.removeLast() }
        guard name.allSatisfy(Self.isTypeByte) else { throw .badProgramType }
        programType = name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    /// Lower-case letters, digits and underscores: what Linux's names are made of.
    private static func isTypeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        case _: false
        }
    }
}
