import Bytecode
import ProgramPackage

/// Makes one program of an entry function and all that it calls.
///
/// Functions are laid out in the order in which they are first referred to, so the result depends on the program
/// alone and not on what else is in the object or where the compiler put it.
struct Linker {
    let object: ObjectImage
    let functions: FunctionTable
    let maps: MapTable
    let code: [Int: CodeSection]
    let debug: DebugInfo

    /// The program under construction.
    private struct Draft {
        var name: String
        var code: [Slot] = []
        /// Functions in order, and where those that are laid out begin.
        var order: [Callee] = []
        var positions: [Callee: Int] = [:]
        var starts: [Int] = []
        /// Calls and addresses to fill in when every function has its place.
        var pending: [(slot: Int, function: Callee)] = []
        /// Calls of a place inside of the calling function, by where it begins.
        var innerFunctions: [FunctionRange] = []
        /// Types whose layout the code wants and that are not known here, by name.
        var coreTypes: [UInt32] = []
    }

    /// Something with code to call.
    private enum Callee: Hashable {
        /// Index into the table of functions.
        case function(Int)
        case builtIn(BuiltInRoutine)
    }

    func program(_ entry: FunctionTable.Entry, lines: inout LineTexts) throws(ObjectError) -> Program {
        var draft = Draft(name: entry.name)
        try request(.function(entry.function), &draft)
        var next = 0
        while next < draft.order.count {
            switch draft.order[next] {
            case .function(let function): try layOut(function, &draft)
            case .builtIn(let routine): try layOut(routine, &draft)
            }
            next += 1
        }
        for (slot, function) in draft.pending {
            // Every requested function has been laid out, within 65,536 slots: the distance fits.
            draft.code[slot].immediate = Int32(draft.starts[draft.positions[function] ?? 0] - slot - 1)
        }

        let entryFunction = functions.functions[entry.function]
        var program = Program(name: entry.name, section: object.sections[entryFunction.section].name, code: draft.code)
        for (position, callee) in draft.order.enumerated() {
            let name =
                switch callee {
                case .function(let function): position == 0 ? entry.name : functions.functions[function].name
                case .builtIn(let routine): routine.rawValue
                }
            program.functions.append(FunctionRange(name: name, start: draft.starts[position]))
        }
        program.needsRelocation = debug.coreTypeNames(draft.coreTypes)
        program.functions += draft.innerFunctions
        program.functions.sort { $0.start < $1.start }
        guard program.functions.count <= PackageLimits.functionsPerProgram else {
            throw .tooManyFunctions(program: entry.name, limit: PackageLimits.functionsPerProgram)
        }
        for (position, callee) in draft.order.enumerated() {
            guard case .function(let function) = callee else { continue }
            let source = functions.functions[function]
            try debug.appendLines(
                of: source.section, slots: source.range, at: draft.starts[position], to: &program.lines, &lines)
        }
        try CallGraph(program).refuseRecursion()
        return program
    }

    /// Gives a function its place in the order, once.
    private func request(_ function: Callee, _ draft: inout Draft) throws(ObjectError) {
        guard draft.positions[function] == nil else { return }
        guard draft.order.count < PackageLimits.functionsPerProgram else {
            throw .tooManyFunctions(program: draft.name, limit: PackageLimits.functionsPerProgram)
        }
        draft.positions[function] = draft.order.count
        draft.order.append(function)
    }

    private func layOut(_ routine: BuiltInRoutine, _ draft: inout Draft) throws(ObjectError) {
        let start = draft.code.count
        let code = routine.code
        guard code.count <= PackageLimits.slotsPerProgram - start else {
            throw .tooManySlots(
                program: draft.name, slots: start + code.count, limit: PackageLimits.slotsPerProgram)
        }
        draft.starts.append(start)
        draft.code += code
    }

    /// Appends the code of a function, its references resolved or noted.
    private func layOut(_ index: Int, _ draft: inout Draft) throws(ObjectError) {
        let function = functions.functions[index]
        guard let section = code[function.section] else { return }
        let start = draft.code.count
        guard function.range.count <= PackageLimits.slotsPerProgram - start else {
            throw .tooManySlots(
                program: draft.name, slots: start + function.range.count, limit: PackageLimits.slotsPerProgram)
        }
        draft.starts.append(start)
        draft.code += section.slots[function.range]
        try debug.relocate(
            function.section, slots: function.range, at: start, in: &draft.code, unknown: &draft.coreTypes)

        var relocations = section.relocations(in: function.range)
        var slot = function.range.lowerBound
        var endsFlow = false
        while slot < function.range.upperBound {
            let site = Site(
                function: function, functionIndex: index, section: section, slot: slot,
                linked: start + slot - function.range.lowerBound)
            var relocation: ObjectImage.Relocation?
            if let first = relocations.first, first.offset == slot * 8 { relocation = relocations.popFirst() }
            let shape = SlotShape(section.slots[slot])
            switch shape {
            case .wideImmediate:
                guard slot + 1 < function.range.upperBound else {
                    throw .wideImmediateCut(section: section.name, offset: site.offset)
                }
                try linkImmediate(at: site, relocation, &draft)
            case .localCall:
                try linkCall(at: site, relocation, &draft)
            case .kernelCall:
                if let relocation { try refuseUnlessLocal(relocation, at: site) }
            case .jump(let distance, _):
                let target = slot + 1 + distance
                guard function.range.contains(target) else {
                    throw .jumpLeavesFunction(
                        function: function.name, section: section.name, offset: site.offset, target: target * 8)
                }
            case .exit, .plain:
                break
            }
            if let relocation, shape != .wideImmediate, shape != .localCall {
                throw mismatch(relocation, at: site)
            }
            endsFlow =
                shape == .exit || { if case .jump(_, let isConditional) = shape { !isConditional } else { false } }()
            slot += shape == .wideImmediate ? 2 : 1
            if let stray = relocations.first, stray.offset < slot * 8 {
                throw .relocationMisaligned(section: section.name, offset: UInt64(stray.offset))
            }
        }
        guard endsFlow else {
            throw .functionFallsThrough(
                function: function.name, section: section.name, offset: (function.range.upperBound - 1) * 8)
        }
    }

    /// An instruction that refers to something.
    private struct Site {
        var function: FunctionTable.Function
        var functionIndex: Int
        var section: CodeSection
        /// In the section, and in the linked code.
        var slot: Int
        var linked: Int

        var offset: Int { slot * 8 }
    }

    private func mismatch(_ relocation: ObjectImage.Relocation, at site: Site) -> ObjectError {
        switch relocation.type {
        case .wideImmediate, .call:
            .relocationMismatch(
                section: site.section.name, offset: site.offset, type: relocation.type.rawValue,
                opcode: site.section.slots[site.slot].opcode)
        case .none, .absolute64, .absolute32, .noLoad32, .unknown:
            .relocationUnknown(
                section: site.section.name, offset: UInt64(site.offset), type: relocation.type.rawValue)
        }
    }

    /// The section and offset of a relocation's symbol.
    private func target(
        of relocation: ObjectImage.Relocation, at site: Site
    ) throws(ObjectError) -> (name: String, section: ObjectImage.Section, value: UInt64) {
        let symbol = object.symbols[relocation.symbol]
        let name = try object.name(of: symbol)
        switch symbol.place {
        case .undefined: throw .undefinedSymbol(symbol: name, section: site.section.name, offset: site.offset)
        case .absolute, .common: throw .unplacedSymbol(symbol: name, section: site.section.name, offset: site.offset)
        case .section(let index): return (name, object.sections[index], symbol.value)
        }
    }

    private func refuseUnlessLocal(_ relocation: ObjectImage.Relocation, at site: Site) throws(ObjectError) {
        _ = try target(of: relocation, at: site)
    }

    private func linkCall(
        at site: Site, _ relocation: ObjectImage.Relocation?, _ draft: inout Draft
    ) throws(ObjectError) {
        let distance = Int64(site.section.slots[site.slot].immediate) + 1
        guard let relocation else {
            try link(
                at: site, to: site.section.name, index: site.section.index, slot: Int64(site.slot) + distance, &draft)
            return
        }
        guard relocation.type == .call else { throw mismatch(relocation, at: site) }
        // The whole of an undefined function is called, or something that nobody can mean.
        if distance == 0, object.symbols[relocation.symbol].place == .undefined,
            let routine = BuiltInRoutine(rawValue: try object.name(of: object.symbols[relocation.symbol]))
        {
            try request(.builtIn(routine), &draft)
            draft.pending.append((site.linked, .builtIn(routine)))
            return
        }
        let (name, section, value) = try target(of: relocation, at: site)
        guard section.role == .code else {
            throw .unknownTarget(
                symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
        }
        guard value < section.header.size, value % 8 == 0 else {
            throw .targetOffset(
                symbol: name, section: site.section.name, offset: site.offset, target: Int64(clamping: value),
                limit: Int64(clamping: section.header.size))
        }
        try link(at: site, to: section.name, index: section.index, slot: Int64(value / 8) + distance, &draft)
    }

    /// Makes the call or address at `site` refer to the function that begins at a slot of a section.
    private func link(
        at site: Site, to sectionName: String, index: Int, slot: Int64, _ draft: inout Draft
    ) throws(ObjectError) {
        let place = FunctionTable.Place(section: index, slot: Int(slot))
        if let function = functions.function(at: place) {
            try request(.function(function), &draft)
            draft.pending.append((site.linked, .function(function)))
            return
        }
        // A place inside of the function itself moves along with it; assembly without a symbol for each function
        // calls like that.
        if index == site.function.section, site.function.range.contains(Int(slot)) {
            let start = site.linked + Int(slot) - site.slot
            draft.code[site.linked].immediate = Int32(start - site.linked - 1)
            if !draft.innerFunctions.contains(where: { $0.start == start }) {
                guard draft.innerFunctions.count < PackageLimits.functionsPerProgram else {
                    throw .tooManyFunctions(program: draft.name, limit: PackageLimits.functionsPerProgram)
                }
                let name = "\(site.function.name)+\(Int(slot) - site.function.range.lowerBound)"
                draft.innerFunctions.append(FunctionRange(name: name, start: start))
            }
            return
        }
        throw .callTargetNotAFunction(
            section: site.section.name, offset: site.offset, targetSection: sectionName, targetOffset: slot * 8)
    }

    private func linkImmediate(
        at site: Site, _ relocation: ObjectImage.Relocation?, _ draft: inout Draft
    ) throws(ObjectError) {
        let head = site.section.slots[site.slot]
        let tail = site.section.slots[site.slot + 1]
        guard let relocation else {
            guard head.source == 0 else {
                throw .unrelocatedReference(section: site.section.name, offset: site.offset, subtype: head.source)
            }
            return
        }
        guard relocation.type == .wideImmediate else { throw mismatch(relocation, at: site) }
        let (name, section, value) = try target(of: relocation, at: site)
        // REL relocations keep the addend in the place they apply to: here, the two immediates.
        let addend = Int64(
            bitPattern: UInt64(UInt32(bitPattern: tail.immediate)) << 32 | UInt64(UInt32(bitPattern: head.immediate)))
        let (offset, overflows) = Int64(clamping: value).addingReportingOverflow(addend)
        let limit = Int64(clamping: section.header.size)
        guard !overflows, offset >= 0, offset < limit else {
            throw .targetOffset(
                symbol: name, section: site.section.name, offset: site.offset, target: overflows ? .max : offset,
                limit: limit)
        }
        let subtype: UInt8
        let first: Int32
        let second: Int32
        switch section.role {
        case .maps, .legacyMaps:
            guard let map = maps.map(definedIn: section.index, at: UInt64(offset)) else {
                throw .unknownTarget(
                    symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
            }
            (subtype, first, second) = (1, Int32(map), 0)
        case .data, .readOnlyData, .zeroData:
            guard let map = maps.map(holding: section.index) else {
                throw .unknownTarget(
                    symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
            }
            // Data sections have at most 16 MiB, so the offset fits.
            (subtype, first, second) = (2, Int32(map), Int32(offset))
        case .code:
            guard offset % 8 == 0 else {
                throw .callTargetNotAFunction(
                    section: site.section.name, offset: site.offset, targetSection: section.name, targetOffset: offset)
            }
            draft.code[site.linked] = Slot(
                opcode: head.opcode, destination: head.destination, source: 4, offset: head.offset, immediate: 0)
            draft.code[site.linked + 1].immediate = 0
            try link(at: site, to: section.name, index: section.index, slot: offset / 8, &draft)
            return
        case .licence, .btf, .btfExtension, .other:
            throw .unknownTarget(
                symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
        }
        draft.code[site.linked] = Slot(
            opcode: head.opcode, destination: head.destination, source: subtype, offset: head.offset, immediate: first)
        draft.code[site.linked + 1].immediate = second
    }
}
