import Bytecode
import ProgramPackage

/// Types and `.BTF.ext` of an object, asked about ranges of code.
struct DebugInfo {
    let types: BTF?
    let records: BTFExtension?
    /// Answers what code asks of types.
    private let relocator: CoreRelocator?

    /// - Parameter target: types of which code may ask, besides those that are known here.
    init(of object: ObjectImage, target: BTF?) throws(ObjectError) {
        if let section = object.sections.first(where: { $0.role == .btf }) {
            types = try BTF(parsing: section.contents)
        } else {
            types = nil
        }
        if let section = object.sections.first(where: { $0.role == .btfExtension }) {
            guard let types else { throw .btfNeeded(section: section.name) }
            records = try BTFExtension(
                parsing: section.contents, types: types, code: object.sections.filter { $0.role == .code })
        } else {
            records = nil
        }
        relocator = types.map { CoreRelocator(types: $0, target: target.map { CoreTarget($0) }) }
    }

    var hasLines: Bool { records.map { !$0.lines.isEmpty } ?? false }

    /// Appends the source lines of some slots of a section, which the linked program has at slot `start`.
    func appendLines(
        of section: Int, slots: Range<Int>, at start: Int, to lines: inout [LineInfo], _ texts: inout LineTexts
    ) throws(ObjectError) {
        guard let types, let records = records?.lines[section] else { return }
        let first = records.partitioningIndex { $0.offset / 8 >= slots.lowerBound }
        let end = records.partitioningIndex { $0.offset / 8 >= slots.upperBound }
        for record in records[first..<end] {
            lines.append(
                LineInfo(
                    instruction: start + Int(record.offset / 8) - slots.lowerBound,
                    file: try texts.path(record.file, types), line: record.position >> 10,
                    column: record.position & 0x3FF, text: try texts.text(record.text, types)))
        }
    }

    /// Answers what some slots of a section, which the linked program has at slot `start`, want to know of types, and adds the names
    /// of those of which nothing is known here, as offsets in the strings of the types, up to as many as a program lists.
    func relocate(
        _ section: Int, slots: Range<Int>, at start: Int, in code: inout [Slot], unknown names: inout [UInt32]
    ) throws(ObjectError) {
        guard let types, let relocator, let records = records?.coreRelocations[section] else { return }
        let first = records.partitioningIndex { $0.offset / 8 >= slots.lowerBound }
        let end = records.partitioningIndex { $0.offset / 8 >= slots.upperBound }
        for record in records[first..<end] {
            if let answer = try relocator.answer(to: record) {
                let place = start + Int(record.offset / 8) - slots.lowerBound
                guard answer.put(into: &code, at: place) else {
                    throw BTFExtension.problem(
                        Int(record.offset), .corePlace(opcode: code[place].opcode, answer: answer.number ?? 0))
                }
                continue
            }
            guard names.count < PackageLimits.kernelTypesPerProgram else { continue }
            let name = types.record(record.type).map(\.name) ?? 0
            if !names.contains(name) { names.append(name) }
        }
    }

    /// What ``relocate(_:slots:at:in:unknown:)`` found nothing about, as texts.
    func coreTypeNames(_ names: [UInt32]) -> [String] {
        var texts: [String] = []
        for name in names {
            let bytes = types?.stringBytes(name) ?? []
            let text =
                bytes.isEmpty
                ? "(unnamed)" : PackageText.cleaned(bytes, limit: PackageLimits.nameBytes, allowingTabs: false)
            if !texts.contains(text) { texts.append(text) }
        }
        return texts
    }
}

/// Paths and texts of source lines, each made once however many instructions have it.
///
/// Names in BTF are offsets, and a hostile object can make every offset of one long string a different text: what
/// they all take is bounded.
struct LineTexts {
    private var paths: [UInt32: String] = [:]
    private var texts: [UInt32: String] = [:]
    private var bytes = 0

    mutating func path(_ offset: UInt32, _ types: BTF) throws(ObjectError) -> String {
        if let path = paths[offset] { return path }
        let path = try make(offset, types, limit: PackageLimits.pathBytes, allowingTabs: false)
        paths[offset] = path
        return path
    }

    mutating func text(_ offset: UInt32, _ types: BTF) throws(ObjectError) -> String {
        if let text = texts[offset] { return text }
        let text = try make(offset, types, limit: PackageLimits.lineTextBytes, allowingTabs: true)
        texts[offset] = text
        return text
    }

    private mutating func make(
        _ offset: UInt32, _ types: BTF, limit: Int, allowingTabs: Bool
    ) throws(ObjectError) -> String {
        let text = PackageText.cleaned(
            types.stringBytes(offset, limit: limit) ?? [], limit: limit, allowingTabs: allowingTabs)
        bytes += text.utf8.count
        guard bytes <= PackageLimits.packageBytes else {
            throw .limitExceeded(
                what: "bytes of source lines", value: UInt64(bytes), limit: UInt64(PackageLimits.packageBytes))
        }
        return text
    }
}
