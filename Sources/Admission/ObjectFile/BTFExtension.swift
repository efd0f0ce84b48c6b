import ProgramPackage

/// What `.BTF.ext` says about instructions, by name of section and offset in it: functions, source lines, CO-RE
/// relocations.
struct BTFExtension: Sendable {
    static let sectionName = ".BTF.ext"

    struct FunctionRecord: Sendable {
        var offset: UInt32
        var type: UInt32
    }
    struct LineRecord: Sendable {
        var offset: UInt32
        var file: UInt32
        var text: UInt32
        /// Line in the upper 22 bits, column in the lower 10.
        var position: UInt32
    }
    struct CoreRecord: Sendable {
        var offset: UInt32
        var type: UInt32
        var access: UInt32
        /// ``CoreQuestion``, if it is one.
        var kind: UInt32
    }

    /// By index of the code section, ascending by offset. Records for sections that are not in the object (discarded
    /// after compiling) describe nothing and are dropped.
    private(set) var functions: [Int: [FunctionRecord]] = [:]
    private(set) var lines: [Int: [LineRecord]] = [:]
    private(set) var coreRelocations: [Int: [CoreRecord]] = [:]

    init(parsing section: ByteView, types: BTF, code: [ObjectImage.Section]) throws(ObjectError) {
        let header = try BTFHeader(section, name: Self.sectionName, minimum: 24)
        let reader = TableReader(section: section, types: types, code: code)
        let functionRange = try header.range(section, at: 8, "the functions", aligned: true)
        let lineRange = try header.range(section, at: 16, "the lines", aligned: true)

        try reader.read(functionRange, "functions", minimumRecord: 8) { (index, at) throws(ObjectError) in
            let record = FunctionRecord(offset: reader.word(at), type: reader.word(at + 4))
            guard types.record(record.type)?.kind == .function else {
                throw Self.problem(at + 4, .wrongKind(type: record.type, expected: "a function"))
            }
            functions[index, default: []].append(record)
        }
        try reader.read(lineRange, "lines", minimumRecord: 16) { (index, at) throws(ObjectError) in
            let record = LineRecord(
                offset: reader.word(at), file: reader.word(at + 4), text: reader.word(at + 8),
                position: reader.word(at + 12))
            for (position, name) in [(at + 4, record.file), (at + 8, record.text)] where name >= types.strings.count {
                throw Self.problem(position, .nameOutOfRange(name, size: types.strings.count))
            }
            lines[index, default: []].append(record)
        }
        // The third table came later than the first two: a shorter header means that there is none.
        guard header.length >= 32 else { return }
        let coreRange = try header.range(section, at: 24, "the CO-RE relocations", aligned: true)
        try reader.read(coreRange, "CO-RE relocations", minimumRecord: 16, isOrdered: false) {
            (index, at) throws(ObjectError) in
            coreRelocations[index, default: []].append(
                CoreRecord(
                    offset: reader.word(at), type: reader.word(at + 4), access: reader.word(at + 8),
                    kind: reader.word(at + 12)))
        }
        for (index, records) in coreRelocations {
            let sorted = records.sorted { $0.offset < $1.offset }
            for (first, second) in zip(sorted, sorted.dropFirst()) where first.offset == second.offset {
                throw Self.problem(coreRange.lowerBound, .instructionTwice(offset: first.offset))
            }
            coreRelocations[index] = sorted
        }
    }

    static func problem(_ offset: Int, _ problem: BTFProblem) -> ObjectError {
        .btf(section: sectionName, offset: offset, problem)
    }

    /// Walks one table: the size of a record, then for each section its name, a count and that many records.
    private struct TableReader {
        let section: ByteView
        let types: BTF
        let indices: [String: Int]
        let code: [ObjectImage.Section]

        init(section: ByteView, types: BTF, code: [ObjectImage.Section]) {
            self.section = section
            self.types = types
            self.code = code
            // Executable sections that have any code have different names; empty ones of the same name have nothing
            // to describe.
            var indices: [String: Int] = [:]
            for (index, section) in code.enumerated() where section.header.size > 0 || indices[section.name] == nil {
                indices[section.name] = index
            }
            self.indices = indices
        }

        /// A word at an offset that the walk has seen to be inside of the table.
        func word(_ offset: Int) -> UInt32 { section.uint32(at: offset) ?? 0 }

        func read(
            _ table: Range<Int>, _ what: String, minimumRecord: UInt32, isOrdered: Bool = true,
            record: (_ sectionIndex: Int, _ at: Int) throws(ObjectError) -> Void
        ) throws(ObjectError) {
            if table.isEmpty { return }
            let size = word(table.lowerBound)
            guard size >= minimumRecord, size % 4 == 0, size <= 256 else {
                throw BTFExtension.problem(table.lowerBound, .recordSize(what: what, size))
            }
            var seen: Set<Int> = []
            var position = table.lowerBound + 4
            while position < table.upperBound {
                let left = table.upperBound - position
                guard left >= 8 else {
                    throw BTFExtension.problem(position, .truncated(what: what, needed: 8, available: left))
                }
                let count = UInt64(word(position + 4))
                guard count * UInt64(size) <= left - 8 else {
                    throw BTFExtension.problem(
                        position + 4,
                        .truncated(what: what, needed: Int(count * UInt64(size)), available: left - 8))
                }
                let name = try types.name(word(position), "a section in \(BTFExtension.sectionName)")
                let first = position + 8
                position = first + Int(count) * Int(size)
                guard let index = indices[name] else { continue }
                guard seen.insert(index).inserted else {
                    throw BTFExtension.problem(first - 8, .sectionTwice(section: name))
                }
                var next: UInt64 = 0
                for at in stride(from: first, to: position, by: Int(size)) {
                    let offset = word(at)
                    guard offset % 8 == 0, offset < code[index].header.size else {
                        throw BTFExtension.problem(
                            at, .instructionOffset(section: name, offset: offset, size: Int(code[index].header.size)))
                    }
                    guard !isOrdered || offset >= next else {
                        throw BTFExtension.problem(at, .instructionOrder(section: name, offset: offset))
                    }
                    next = UInt64(offset) + 8
                    try record(code[index].index, at)
                }
            }
        }
    }
}
