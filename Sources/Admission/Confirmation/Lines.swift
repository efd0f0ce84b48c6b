internal import Bytecode
internal import ProgramPackage
internal import Prototypes
internal import Verifier

/// What a witness says to a person.
extension Search {
    /// The input, and what happened.
    func lines(_ witness: Witness) -> [String] {
        var lines: [String] = []
        let input = witness.input
        if machine.subject.descriptor.context.fields.contains(where: { $0.meaning == .packetEnd }) {
            lines.append(packetLine(input))
        }
        lines += contextLines(input)
        lines += callLines(input)
        lines += valueLines(input)
        lines.append("instruction \(finding.instruction) \(witness.outcome)")
        return lines
    }

    private func packetLine(_ input: Input) -> String {
        var line = "a packet of \(input.value(of: Variable(.packetSize))) bytes"
        let bytes = chosen(input, .packetByte)
        if input.style != .plain { line += ", noise" } else { line += ", zeros" }
        if !bytes.isEmpty {
            let texts = bytes.prefix(16).map { "byte \($0.0.offset) = \(hexadecimal($0.1))" }
            line += " but for " + texts.joined(separator: ", ") + (bytes.count > 16 ? ", …" : "")
        }
        return line
    }

    private func chosen(_ input: Input, _ kind: Variable.Kind) -> [(Variable, UInt64)] {
        input.chosen.filter { $0.key.kind == kind }.map { ($0.key, $0.value) }.sorted { $0.0.word < $1.0.word }
    }

    /// Fields of the context of which some byte was chosen.
    private func contextLines(_ input: Input) -> [String] {
        let bytes = chosen(input, .contextByte)
        return machine.subject.descriptor.context.fields.compactMap { field in
            let range = UInt64(field.offset)..<UInt64(field.offset) + UInt64(field.size)
            let here = bytes.filter { range.contains($0.0.offset) }
            guard !here.isEmpty else { return nil }
            guard field.size <= 8 else {
                let texts = here.prefix(8).map { "byte \($0.0.offset) = \(hexadecimal($0.1))" }
                return "context: \(field.name): " + texts.joined(separator: ", ")
            }
            var value: UInt64 = 0
            for offset in range {
                value |= input.value(of: Variable(.contextByte, 0, offset)) << (8 * (offset - range.lowerBound))
            }
            return "context: \(field.name) = \(hexadecimal(value))"
        }
    }

    private func callLines(_ input: Input) -> [String] {
        var lines: [String] = []
        for call in calls.prefix(12) {
            let name = machine.subject.prototype(call.id).map { "\($0.name)" } ?? "helper \(call.id)"
            switch call.result {
            case .number(let variable, let bits):
                guard input.chosen[variable] != nil else { continue }
                let value = input.value(of: variable) & (bits == 64 ? .max : 1 << UInt64(bits) &- 1)
                lines.append("instruction \(call.instruction): \(name) returns \(hexadecimal(value))")
            case .region(_, let variable):
                let value = input.value(of: variable) & 1 == 0 ? "0" : "what was asked for"
                lines.append("instruction \(call.instruction): \(name) returns \(value)")
            case .element, .certainRegion, .constant, .none: continue
            }
        }
        for (variable, value) in chosen(input, .outByte).prefix(8) {
            lines.append("call \(variable.place) writes byte \(variable.offset) = \(hexadecimal(value))")
        }
        return lines
    }

    private func valueLines(_ input: Input) -> [String] {
        var lines: [String] = []
        for (variable, value) in chosen(input, .memoryByte).prefix(16) {
            guard machine.regions.indices.contains(variable.place) else { continue }
            lines.append("byte \(variable.offset) of \(name(machine.regions[variable.place])) = \(hexadecimal(value))")
        }
        return lines
    }

    func name(_ region: Region) -> String {
        switch region.kind {
        case .context: "the context"
        case .packet: "the packet"
        case .stack: "the stack"
        case .mapValue(let map): "a value of map \(machine.subject.maps[map].name)"
        case .memory: "the memory that a helper gave"
        case .socket: "a socket"
        case .object: "an object of the kernel"
        case .map(let map): "map \(machine.subject.maps[map].name)"
        case .function: "a function"
        }
    }

    func hexadecimal(_ value: UInt64) -> String {
        value < 10 ? "\(value)" : "0x" + String(value, radix: 16)
    }

    /// An address as what it is in.
    func place(_ address: UInt64) -> String {
        if address >= 1 << 12, let region = pointedRegion().map({ machine.regions[$0] }) {
            return offset(address, region)
        }
        for region in machine.regions where region.isLive && region.contains(address, 0) && region.size > 0 {
            return offset(address, region)
        }
        return "address \(hexadecimal(address))"
    }

    private func offset(_ address: UInt64, _ region: Region) -> String {
        let base = region.kind == .stack ? region.start + region.size : region.start
        let distance = Int64(bitPattern: address &- base)
        if region.kind == .stack { return distance < 0 ? "r10 - \(distance.magnitude)" : "r10 + \(distance)" }
        return "byte \(distance) of \(name(region))"
    }

    func outside(_ address: UInt64, _ count: UInt64, _ region: Int, isWrite: Bool) -> String {
        let verb = isWrite ? "writes" : "reads"
        let place = machine.regions[region]
        let limit = place.kind == .stack ? "" : place.isLive ? ", which has \(place.size)" : ", which is gone"
        return "\(verb) \(count) bytes at \(offset(address, place))\(limit)"
    }

    func text(_ fault: Fault) -> String {
        switch fault {
        case .outOfBounds(let address, let size, let isWrite):
            if let region = pointedRegion() { return outside(address, UInt64(size), region, isWrite: isWrite) }
            return "\(isWrite ? "writes" : "reads") \(size) bytes at address \(hexadecimal(address))"
        case .misalignedAtomic(let address, let size):
            return "does an atomic operation on \(size) bytes at \(place(address)), which is not a multiple of \(size)"
        case .callDepth: return "calls deeper than eight frames"
        case .outOfFuel: return "does not end"
        case .invalidInstruction: return "is no instruction that can be done"
        case .contextAccess(let offset, let size, let isWrite):
            return
                "\(isWrite ? "writes" : "reads") \(size) bytes at byte \(offset) of the context, where no field allows it"
        case .unknownHelper(let id): return "calls helper \(id), which there is not"
        case .helperNotAllowed(let id): return "calls helper \(id), which such programs may not"
        case .helperArgument(let helper, let number, let argument):
            let name = machine.subject.prototype(helper).map { "\($0.name)" } ?? "helper \(helper)"
            return "calls \(name) with argument \(number) \(text(argument))"
        case .lockMisuse: return "takes or gives back a lock that it may not"
        case .lockHeld: return "does that with a lock held"
        }
    }

    private func text(_ argument: Fault.ArgumentFault) -> String {
        switch argument {
        case .notAMap: "not a map"
        case .mapType(let type): "a map of type \(type)"
        case .unreadable(let address, let count): "\(place(address)), where \(count) bytes cannot be read"
        case .unwritable(let address, let count): "\(place(address)), where \(count) bytes cannot be written"
        case .size(let size): "a size of \(hexadecimal(size))"
        case .notTheContext: "not the context"
        case .notAReference: "nothing that it must give back"
        case .notAFunction: "not a function"
        case .notInAMapValue: "not in a map's value"
        case .notAnObject: "not an object of its kind"
        case .notOnTheStack: "not on the stack"
        }
    }

    static func text(_ halt: Halt) -> String {
        switch halt {
        case .returned, .tailCalled: "the program ends before"
        case .fault(.outOfFuel): "the program runs for longer than was tried"
        case .fault: "the program goes wrong elsewhere before"
        case .unsupported(.helper(let id)): "helper \(id) cannot be tried"
        case .unsupported(.callback(let id)): "helper \(id), which calls back, cannot be tried"
        case .unsupported(.mapOfMaps): "maps of maps cannot be tried"
        case .unsupported(.mapTooLarge), .unsupported(.memory), .unsupported(.regions):
            "it needs more memory than there is to try it in"
        }
    }
}
