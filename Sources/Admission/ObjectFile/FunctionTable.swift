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
    private var textEntries: [Entry] = []
    private var byPlace: [Place: Int] = [:]
    /// Static functions outside of `.text`.
    private var localFunctions: [Int] = []

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
        if object.isUnnumbered {
            // Compilers of that age wrote no symbols for functions, and one function into a section.
            for section in object.sections where section.role == .code && section.header.size > 0 {
                guard claims[section.index] == nil else { continue }
                claims[section.index] = [try Claim(wholeOf: section)]
            }
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
            if section.name == ".text" {
                inText += found
            } else {
                outside += found
                for claim in list where claim.isTyped && !claim.isGlobal {
                    let place = Place(section: index, slot: claim.start)
                    if let function = byPlace[place], !found.contains(where: { $0.function == function }) {
                        localFunctions.append(function)
                    }
                }
            }
        }
        entries = outside
        textEntries = inText
    }

    /// Settles which functions are programs, now that it can be seen who refers to whom: global ones outside of
    /// `.text`, and static ones there that nothing refers to, which their authors kept for somebody else to find by
    /// the name of their section. `.text` holds what programs call; alone, it holds the programs.
    mutating func settleEntries(of object: ObjectImage, _ code: [Int: CodeSection]) throws(ObjectError) {
        if !localFunctions.isEmpty {
            let referred = referredPlaces(of: object, code)
            for function in localFunctions {
                let place = Place(
                    section: functions[function].section, slot: functions[function].range.lowerBound)
                guard !referred.contains(place) else { continue }
                entries.append(Entry(name: functions[function].name, function: function))
            }
            entries.sort { ($0.function, $0.name) < ($1.function, $1.name) }
        }
        if entries.isEmpty { entries = textEntries }
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

    /// Every place in code that an instruction or a map refers to. What does not make sense is passed over here:
    /// linking will refuse it.
    private func referredPlaces(of object: ObjectImage, _ code: [Int: CodeSection]) -> Set<Place> {
        var places: Set<Place> = []
        for (section, list) in object.relocations {
            for relocation in list {
                let symbol = object.symbols[relocation.symbol]
                guard case .section(let target) = symbol.place, code[target] != nil else { continue }
                var slot = Int64(clamping: symbol.value / 8)
                // The place of a call holds how far the function is from the symbol, in slots and less by one; that of
                // an address, in bytes.
                if relocation.type == .call {
                    guard let calling = code[section], relocation.offset / 8 < calling.slots.count else { continue }
                    slot = object.calledSlot(by: relocation, calling.slots[relocation.offset / 8].immediate)
                } else if let calling = code[section] {
                    guard relocation.offset / 8 < calling.slots.count else { continue }
                    let held = Int64(calling.slots[relocation.offset / 8].immediate)
                    slot += object.addend(of: relocation, held) / 8
                } else if let addend = object.sections[section].contents.uint64(at: relocation.offset) {
                    let added = object.addend(of: relocation, Int64(clamping: addend))
                    slot = slot.addingReportingOverflow(added / 8).partialValue
                }
                places.insert(Place(section: target, slot: Int(clamping: slot)))
            }
        }
        for section in code.values {
            for (index, slot) in section.slots.enumerated() where SlotShape(slot) == .localCall {
                places.insert(Place(section: section.index, slot: index + Int(slot.immediate) + 1))
            }
        }
        return places
    }

    /// What a symbol says of a function.
    private struct Claim {
        var name: String
        var start: Int
        /// Slots, or 0 where the symbol does not say.
        var count: Int
        var isGlobal: Bool
        var isTyped: Bool

        init(wholeOf section: ObjectImage.Section) throws(ObjectError) {
            guard section.header.size % 8 == 0 else {
                throw .sectionSizeNotMultiple(section: section.name, size: section.header.size, unit: 8)
            }
            guard !section.name.isEmpty else { throw .nameEmpty(what: "section \(section.index)") }
            (name, start, count, isGlobal, isTyped) = (section.name, 0, 0, true, false)
        }

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
