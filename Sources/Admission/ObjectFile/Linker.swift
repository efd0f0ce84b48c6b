import Bytecode
import ProgramPackage
import Prototypes

/// Makes one program of an entry function and all that it calls.
///
/// Functions are laid out in the order in which they are first referred to, so the result depends on the program
/// alone and not on what else is in the object or where the compiler put it.
struct Linker {
    let object: ObjectImage
    let functions: FunctionTable
    let maps: MapTable
    let externs: ExternTable
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
        /// The blocks that stand for packet loads, ascending: where each begins, and the load.
        var packetLoads: [(block: Int, load: Int)] = []
        /// What it is a program of, as far as its section says.
        var type: ProgramDescriptor?
    }

    /// Something with code to call.
    private enum Callee: Hashable {
        /// Index into the table of functions.
        case function(Int)
        case builtIn(BuiltInRoutine)
        case packetLoad(PacketLoad.Routine)
    }

    func program(_ entry: FunctionTable.Entry, lines: inout LineTexts) throws(ObjectError) -> Program {
        let entryFunction = functions.functions[entry.function]
        // A question mark tells libbpf not to load a program unless it is asked for, as all are here.
        let fullName = object.sections[entryFunction.section].name
        let sectionName = fullName.hasPrefix("?") && fullName.utf8.count > 1 ? String(fullName.dropFirst()) : fullName
        var draft = Draft(name: entry.name, type: ProgramDescriptor.guess(section: sectionName))
        try request(.function(entry.function), &draft)
        var next = 0
        while next < draft.order.count {
            switch draft.order[next] {
            case .function(let function): try layOut(function, &draft)
            case .builtIn(let routine): try layOut(routine.code, &draft)
            case .packetLoad(let routine): try layOut(routine.code, &draft)
            }
            next += 1
        }
        for (slot, function) in draft.pending {
            // Every requested function has been laid out, within 65,536 slots: the distance fits.
            draft.code[slot].immediate = Int32(draft.starts[draft.positions[function] ?? 0] - slot - 1)
        }

        var program = Program(name: entry.name, section: sectionName, code: draft.code)
        for (position, callee) in draft.order.enumerated() {
            let name =
                switch callee {
                case .function(let function): position == 0 ? entry.name : functions.functions[function].name
                case .builtIn(let routine): routine.rawValue
                case .packetLoad(let routine): routine.name
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
            let start = draft.starts[position]
            let firstLine = program.lines.count
            try debug.appendLines(of: source.section, slots: source.range, at: start, to: &program.lines, &lines)
            let end = position + 1 < draft.starts.count ? draft.starts[position + 1] : draft.code.count
            for (block, load) in draft.packetLoads where (start..<end).contains(block) {
                guard var line = program.lines[firstLine...].last(where: { $0.instruction <= load }) else { continue }
                line.instruction = block
                program.lines.append(line)
            }
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

    private func layOut(_ code: [Slot], _ draft: inout Draft) throws(ObjectError) {
        let start = draft.code.count
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
        var packetLoads: [(slot: Int, load: PacketLoad)] = []
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
            case .plain:
                if let load = PacketLoad(section.slots[slot]) {
                    if let type = draft.type, !type.hasClassicLoads {
                        throw .packetLoad(section: section.name, offset: site.offset, type: "\(type.name)")
                    }
                    packetLoads.append((site.linked, load))
                }
            case .exit:
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
        for (slot, load) in packetLoads { try layOut(load, inPlaceOf: slot, &draft) }
    }

    /// Appends what stands for a packet load to the function that has it, which is the last one so far.
    private func layOut(_ load: PacketLoad, inPlaceOf slot: Int, _ draft: inout Draft) throws(ObjectError) {
        let start = draft.code.count
        let block = load.block(at: start, back: slot + 1)
        guard block.count <= PackageLimits.slotsPerProgram - start else {
            throw .tooManySlots(
                program: draft.name, slots: start + block.count, limit: PackageLimits.slotsPerProgram)
        }
        draft.code[slot] = Slot(jumpAt: slot, to: start)
        draft.code += block
        draft.packetLoads.append((start, slot))
        let routine = Callee.packetLoad(load.routine)
        try request(routine, &draft)
        draft.pending.append((start + load.callPosition, routine))
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
        case .none, .absolute64, .gnuAbsolute64, .absolute32, .noLoad32, .unknown:
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
        case .undefined:
            switch externs[name] {
            case .kernelVariable:
                throw .kernelSymbol(symbol: name, isFunction: false, section: site.section.name, offset: site.offset)
            case .kernelFunction:
                throw .kernelSymbol(symbol: name, isFunction: true, section: site.section.name, offset: site.offset)
            case .unset: throw .unsetSetting(name: name, section: site.section.name, offset: site.offset)
            case .setting, .absent, nil:
                throw .undefinedSymbol(symbol: name, section: site.section.name, offset: site.offset)
            }
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
        if distance == 0, object.symbols[relocation.symbol].place == .undefined {
            let name = try object.name(of: object.symbols[relocation.symbol])
            if let routine = BuiltInRoutine(rawValue: name) {
                try request(.builtIn(routine), &draft)
                draft.pending.append((site.linked, .builtIn(routine)))
                return
            }
            if externs[name] == .absent {
                draft.code[site.linked] = AbsentCall.function.slot
                return
            }
        }
        let (name, section, value) = try target(of: relocation, at: site)
        let called = object.calledSlot(by: relocation, site.section.slots[site.slot].immediate)
        guard section.role == .code else {
            throw .unknownTarget(
                symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
        }
        guard value < section.header.size, value % 8 == 0 else {
            throw .targetOffset(
                symbol: name, section: site.section.name, offset: site.offset, target: Int64(clamping: value),
                limit: Int64(clamping: section.header.size))
        }
        try link(at: site, to: section.name, index: section.index, slot: called, &draft)
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

    /// Fills in the address of something that is not in the object, where that can be done: of a setting, or 0.
    private func linkExtern(
        at site: Site, _ relocation: ObjectImage.Relocation, _ head: Slot, _ draft: inout Draft
    ) throws(ObjectError) -> Bool {
        let symbol = object.symbols[relocation.symbol]
        guard symbol.place == .undefined else { return false }
        // What the place holds already is added to an address; the address of an extern is taken as a whole.
        switch externs[try object.name(of: symbol)] {
        case .setting(let offset):
            guard let map = maps.settingsMap else { return false }
            draft.code[site.linked] = Slot(
                opcode: head.opcode, destination: head.destination, source: 2, offset: head.offset,
                immediate: Int32(map))
            draft.code[site.linked + 1].immediate = Int32(bitPattern: offset)
        case .absent:
            draft.code[site.linked] = Slot(
                opcode: head.opcode, destination: head.destination, source: 0, offset: head.offset, immediate: 0)
            draft.code[site.linked + 1].immediate = 0
        case .unset, .kernelVariable, .kernelFunction, nil: return false
        }
        return true
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
        if try linkExtern(at: site, relocation, head, &draft) { return }
        let (name, section, value) = try target(of: relocation, at: site)
        // REL relocations keep the addend in the place they apply to: here, the two immediates.
        let held = Int64(
            bitPattern: UInt64(UInt32(bitPattern: tail.immediate)) << 32 | UInt64(UInt32(bitPattern: head.immediate)))
        let addend = object.addend(of: relocation, held)
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
        case .licence, .btf, .btfExtension, .compiler, .other:
            throw .unknownTarget(
                symbol: name, targetSection: section.name, section: site.section.name, offset: site.offset)
        }
        draft.code[site.linked] = Slot(
            opcode: head.opcode, destination: head.destination, source: subtype, offset: head.offset, immediate: first)
        draft.code[site.linked + 1].immediate = second
    }
}
