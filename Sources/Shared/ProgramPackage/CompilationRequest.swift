package import Bytecode

/// What a compilation jail is given: the very programs that will run, and where their code will lie.
///
/// ```
/// magic u64, version u32, length u32, flags u32, counts u32: maps, slots, facts (0 or the slots), programs, then
/// seed u64, code u64, helper u64, fault u64
/// maps       type, value size, maximum entries, flags, u32 each
/// slots      u64 each
/// facts      a byte for each slot: ``InstructionFacts``
/// programs   the first slot of each, u32, ascending from 0
/// ```
package struct CompilationRequest: Equatable, Sendable {
    /// What of a map is in its program's code.
    package struct MapShape: Equatable, Sendable {
        package var type: UInt32
        package var valueSize: UInt32
        package var maximumEntries: UInt32
        package var flags: UInt32

        package init(type: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32) {
            self.type = type
            self.valueSize = valueSize
            self.maximumEntries = maximumEntries
            self.flags = flags
        }
    }

    /// Linked; maps by their index in ``maps``.
    package var code: [Slot]
    package var maps: [MapShape]
    /// By slot, what is proven; empty where nothing is.
    package var facts: [InstructionFacts] = []
    /// Where each program begins: the first with slot 0, each behind the one before it. Tail calls lead there.
    package var programs: [Int]
    /// Whether the program is stopped when its fuel is used up.
    package var countsFuel: Bool
    /// Not nil: constants of the program are combined with what comes of this.
    package var blindingSeed: UInt64?
    /// Address of the code; of the image's entries for helpers and for faults.
    package var codeStart: UInt64
    package var helper: UInt64
    package var fault: UInt64

    package init(
        code: [Slot], programs: [Int] = [0], maps: [MapShape], countsFuel: Bool, codeStart: UInt64, helper: UInt64,
        fault: UInt64
    ) {
        self.code = code
        self.programs = programs
        self.maps = maps
        self.countsFuel = countsFuel
        self.codeStart = codeStart
        self.helper = helper
        self.fault = fault
    }

    /// "RINGJIT" and a byte that no text file has there.
    private static let magic: UInt64 = 0x89_54_49_4A_47_4E_49_52
    private static let version: UInt32 = 3
    private static let headerBytes = 68

    private enum Flags {
        static let countsFuel: UInt32 = 1
        static let blinds: UInt32 = 2
        static let all: UInt32 = 3
    }

    package func serialized() throws(PackageError) -> [UInt8] {
        var writer = PackageWriter()
        writer.put(Self.magic)
        writer.put(Self.version)
        writer.put(
            UInt32(Self.headerBytes + maps.count * 16 + code.count * 8 + facts.count + programs.count * 4))
        writer.put((countsFuel ? Flags.countsFuel : 0) | (blindingSeed == nil ? 0 : Flags.blinds))
        writer.put(UInt32(maps.count))
        writer.put(UInt32(code.count))
        writer.put(UInt32(facts.count))
        writer.put(UInt32(programs.count))
        for address in [blindingSeed ?? 0, codeStart, helper, fault] { writer.put(address) }
        for map in maps {
            for word in [map.type, map.valueSize, map.maximumEntries, map.flags] { writer.put(word) }
        }
        writer.bytes += Slot.littleEndianBytes(of: code)
        writer.bytes += facts.map(\.rawValue)
        for program in programs { writer.put(UInt32(truncatingIfNeeded: program)) }
        _ = try Self(parsing: writer.bytes)
        return writer.bytes
    }

    package init(parsing whole: [UInt8]) throws(PackageError) {
        let span = whole.span
        var reader = PackageReader()
        try reader.start(span, magic: Self.magic, version: Self.version)
        let flags = try reader.flags(span, "flags", known: Flags.all)
        let mapCount = try reader.bounded(span, "count of maps", limit: PackageLimits.maps)
        let slotCount = try reader.bounded(span, "count of slots", limit: PackageLimits.slotsPerSet)
        let factCount = try reader.bounded(span, "count of facts", limit: slotCount)
        let programCountAt = reader.offset
        let programCount = try reader.bounded(span, "count of programs", limit: PackageLimits.programs)
        guard programCount > 0 else {
            throw .indexOutOfRange(field: "count of programs", offset: programCountAt, index: 0, limit: 1)
        }
        let seed = try reader.uint64(span, "seed")
        codeStart = try reader.uint64(span, "address of the code")
        helper = try reader.uint64(span, "address for helpers")
        fault = try reader.uint64(span, "address for faults")
        countsFuel = flags & Flags.countsFuel != 0
        blindingSeed = flags & Flags.blinds != 0 ? seed : nil
        var shapes: [MapShape] = []
        for _ in 0..<mapCount {
            shapes.append(
                MapShape(
                    type: try reader.uint32(span, "type of a map"),
                    valueSize: try reader.uint32(span, "value size of a map"),
                    maximumEntries: try reader.uint32(span, "entries of a map"),
                    flags: try reader.uint32(span, "flags of a map")))
        }
        maps = shapes
        code = []
        code.reserveCapacity(slotCount)
        for _ in 0..<slotCount { code.append(Slot(bits: try reader.uint64(span, "slot"))) }
        let factsAt = try reader.take(factCount, of: span, "facts")
        programs = []
        for number in 0..<programCount {
            let at = reader.offset
            let start = Int(try reader.uint32(span, "start of a program"))
            // The first begins with the code, every other behind the one before it.
            let least = programs.last.map { $0 + 1 } ?? 0
            guard start >= least, start < slotCount, number > 0 || start == 0 else {
                throw .indexOutOfRange(
                    field: "start of a program", offset: at, index: UInt32(truncatingIfNeeded: start),
                    limit: number == 0 ? 1 : slotCount)
            }
            programs.append(start)
        }
        guard reader.offset == whole.count else {
            throw .lengthMismatch(declared: UInt64(reader.offset), actual: whole.count)
        }
        facts = whole[factsAt..<factsAt + factCount].map(InstructionFacts.init(rawValue:))
        do throws(InstructionFactsError) { try InstructionFacts.check(facts, about: code) } catch {
            throw .facts(error)
        }
    }
}
