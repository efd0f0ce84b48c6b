import Bytecode
import ProgramPackage

/// The functions of an object by section and first instruction.
struct FunctionTable: Sendable {
    struct Function: Sendable {
        var name: String
        /// Index of the section.
        var section: Int
        /// Slots of the section.
        var range: Range<Int>
        var isGlobal: Bool
    }
    /// A function that something outside may ask for by name. Two names may mean the same code.
    struct Entry: Sendable {
        var name: String
        var function: Int
    }
    struct Place: Hashable, Sendable {
        var section: Int
        var slot: Int
    }

    private(set) var functions: [Function] = []
    /// Entry points in the order of the file.
    private(set) var entries: [Entry] = []
    private var byPlace: [Place: Int] = [:]

    init(of object: ObjectImage) throws(ObjectError) {
        var claims: [Int: [Claim]] = [:]
        for symbol in object.symbols {
            guard case .section(let index) = symbol.place, object.sections[index].role == .code else { continue }
            switch symbol.kind {
            case .function: break
            // Assembly written by hand often leaves the type out; labels inside of functions are local.
            case .none: guard symbol.isGlobal else { continue }
            case .object, .section, .file, .other: continue
            }
            claims[index, default: []].append(try Claim(symbol, in: object.sections[index], of: object))
        }
        var outside: [Entry] = []
        var inText: [Entry] = []
        for index in claims.keys.sorted() {
            var list = claims[index] ?? []
            // Untyped symbols count only where no symbol is typed.
            if list.contains(where: \.isTyped) { list.removeAll { !$0.isTyped } }
            list.sort { ($0.start, $1.name) < ($1.start, $0.name) }
            let section = object.sections[index]
            let found = try add(list, in: section)
            if section.name == ".text" { inText += found } else { outside += found }
        }
        // `.text` holds what programs call; alone, it holds the programs.
        entries = outside.isEmpty ? inText : outside
        guard !entries.isEmpty else { throw .noPrograms }
        guard entries.count <= PackageLimits.programs else {
            throw .limitExceeded(what: "programs", value: UInt64(entries.count), limit: UInt64(PackageLimits.programs))
        }
        var names: Set<String> = []
        for entry in entries where !names.insert(entry.name).inserted {
            throw .duplicateName(what: "programs", name: entry.name)
        }
    }

    func function(at place: Place) -> Int? { byPlace[place] }

    /// What a symbol says of a function.
    private struct Claim {
        var name: String
        var start: Int
        /// Slots, or 0 where the symbol does not say.
        var count: Int
        var isGlobal: Bool
        var isTyped: Bool

        init(
            _ symbol: ObjectImage.Symbol, in section: ObjectImage.Section, of object: ObjectImage
        ) throws(ObjectError) {
            name = try object.name(of: symbol)
            guard !name.isEmpty else { throw .nameEmpty(what: "a function in section \(section.name)") }
            guard symbol.value % 8 == 0, symbol.size % 8 == 0 else {
                throw .symbolMisaligned(symbol: name, value: symbol.value, size: symbol.size)
            }
            let (end, overflows) = symbol.value.addingReportingOverflow(symbol.size)
            guard !overflows, symbol.value < section.header.size, end <= section.header.size else {
                throw .symbolNotInSection(
                    symbol: name, section: section.name, value: symbol.value, size: symbol.size,
                    sectionSize: section.header.size)
            }
            start = Int(symbol.value / 8)
            count = Int(symbol.size / 8)
            isGlobal = symbol.isGlobal
            isTyped = symbol.kind == .function
        }
    }

    /// Adds the functions of one section and returns its entry points. `claims` are ascending by start.
    private mutating func add(_ claims: [Claim], in section: ObjectImage.Section) throws(ObjectError) -> [Entry] {
        var entries: [Entry] = []
        let sectionSlots = Int(section.header.size / 8)
        // Where the next function begins, for each claim: several may begin at the same slot.
        var nexts = Array(repeating: sectionSlots, count: claims.count)
        for position in claims.indices.dropLast().reversed() {
            let following = claims[position + 1].start
            nexts[position] = following > claims[position].start ? following : nexts[position + 1]
        }
        for (claim, next) in zip(claims, nexts) {
            let end = claim.count == 0 ? next : claim.start + claim.count
            guard end <= next else {
                throw .functionsOverlap(
                    section: section.name, first: claim.name,
                    second: claims.first { $0.start == next }?.name ?? "", offset: UInt64(next) * 8)
            }
            let place = Place(section: section.index, slot: claim.start)
            let index: Int
            if let known = byPlace[place] {
                guard functions[known].range.upperBound == end else {
                    throw .functionsOverlap(
                        section: section.name, first: functions[known].name, second: claim.name,
                        offset: UInt64(claim.start) * 8)
                }
                index = known
            } else {
                guard functions.count < ObjectLimits.functions else {
                    throw .limitExceeded(
                        what: "functions", value: UInt64(functions.count) + 1, limit: UInt64(ObjectLimits.functions))
                }
                index = functions.count
                byPlace[place] = index
                functions.append(
                    Function(
                        name: claim.name, section: section.index, range: claim.start..<end, isGlobal: claim.isGlobal))
            }
            if claim.isGlobal { entries.append(Entry(name: claim.name, function: index)) }
        }
        return entries
    }
}
