package import Bytecode
package import PolicyCore
package import ProgramPackage

/// One program of an object, decoded, with the facts that a policy may ask for. Every fact is taken from the bytes
/// that will run, in this process: a jail that was taken over can lie only by handing over another program, with another digest.
package struct AdmittedProgram: Sendable {
    package let program: Program
    package let code: [Instruction]
    package let facts: ProgramFacts
    package let identity: ProgramIdentity
    /// What the verifier says of it; nil where it was not asked.
    package let verification: ProgramVerification?
    /// The maps that the code refers to, then those that these hold or may hold, renumbered: index n here is map n of
    /// the cell.
    package let maps: [MapDefinition]

    /// - Parameters:
    ///   - name: the program's symbol.
    ///   - section: its ELF section. With neither, the object must hold a single program.
    package init(
        from package: ObjectPackage, verification: Verification? = nil, name: String? = nil, section: String? = nil
    ) throws(SandboxError) {
        let index = try Self.index(in: package, name: name, section: section)
        let program = package.programs[index]
        self.program = program
        // What was proven of a program of another type is not proven of this one.
        let verification = verification?.options.programType == nil ? verification : nil
        let own = verification?.of(program: index)
        self.verification = own
        do throws(ProgramFactsError) { facts = try program.facts(in: package) } catch {
            throw .facts(program: program.name, error)
        }
        let order = Self.closure(of: facts.mapIndices, in: package.maps)
        maps = order.map { Self.renumber(package.maps[$0], order) }
        do throws(DecodeError) {
            code = try Instruction.decode(program.code).map { Self.renumber($0, order) }
        } catch { throw .decode(program: program.name, error) }
        let type = ProgramType(section: program.section)
        identity = ProgramIdentity(
            digest: .known(ProgramDigest(of: program, in: package), .proven),
            type: type.map { .known($0, .proven) } ?? .unknown(.extractionFailed("section \(program.section)")),
            helpers: .known(Set(facts.helperIDs.map(HelperFunction.init(number:))), .proven),
            instructionCount: .known(UInt64(facts.instructionCount), .proven),
            verdict: own.map { .known(ProgramVerdict($0.verdict), .proven) } ?? .unknown(.absent),
            verifier: verification.map { .known(VerifierIdentity($0), .proven) } ?? .unknown(.absent))
    }

    /// Which program of a package is meant.
    package static func index(
        in package: ObjectPackage, name: String? = nil, section: String? = nil
    ) throws(SandboxError) -> Int {
        let matching = package.programs.indices.filter {
            (name == nil || package.programs[$0].name == name)
                && (section == nil || package.programs[$0].section == section)
        }
        let available = package.programs.map { "\($0.name) (section \($0.section))" }
        let omitted = package.omitted.filter {
            (name == nil || $0.name == name) && (section == nil || $0.section == section)
        }
        if matching.isEmpty, omitted.count == 1 {
            throw .programOmitted(program: omitted[0].name, reason: omitted[0].reason)
        }
        guard matching.count + omitted.count < 2 else {
            throw .ambiguousProgram(
                available: available + package.omitted.map { "\($0.name) (section \($0.section), cannot be linked)" })
        }
        guard let first = matching.first else {
            throw .noSuchProgram(wanted: name ?? section ?? "any program", available: available)
        }
        return first
    }

    /// Indices of some maps and of all that they refer to, each once.
    private static func closure(of direct: [Int], in maps: [MapDefinition]) -> [Int] {
        var order = direct
        var next = 0
        while next < order.count {
            // Parsing the package saw that every one of these is there.
            for map in maps[order[next]].referredMaps where !order.contains(map) { order.append(map) }
            next += 1
        }
        return order
    }

    private static func renumber(_ map: MapDefinition, _ order: [Int]) -> MapDefinition {
        var renumbered = map
        renumbered.innerMap = map.innerMap.flatMap(order.firstIndex(of:))
        renumbered.slots = map.slots.map { slot in
            switch slot.target {
            case .map(let target):
                MapSlot(index: slot.index, target: .map(order.firstIndex(of: target) ?? order.count))
            case .program: slot
            }
        }
        return renumbered
    }

    private static func renumber(_ instruction: Instruction, _ order: [Int]) -> Instruction {
        let maps: [Bytecode.Operation] = [.loadMapByFD, .loadMapByIndex, .loadMapValueByFD, .loadMapValueByIndex]
        guard maps.contains(instruction.operation) else { return instruction }
        var renumbered = instruction
        let offset = instruction.immediate & ~0xFFFF_FFFF
        let index = Int(instruction.immediate & 0xFFFF_FFFF)
        // An index without a map was refused with the facts; out of the cell's range it would fault there.
        renumbered.immediate = offset | Int64(order.firstIndex(of: index) ?? order.count)
        return renumbered
    }
}

extension ProgramDigest {
    /// The digest by which policies name a program: SHA-256 of its relocation-invariant form.
    package init(of program: Program, in package: ObjectPackage) {
        self.init(ContentDigest(sha256Of: program.canonicalBytes(in: package)))
    }
}

extension AdmittedProgram {
    /// How a program runs, by what is proven of it.
    package enum Execution: Equatable, Sendable {
        /// Every access is proven to be in bounds, and that it ends.
        case verified
        /// Every access is proven to be in bounds; fuel ends it.
        case metered
        /// Nothing is proven: every access is checked as it happens, and fuel ends it.
        case checked
    }

    package var execution: Execution {
        switch verification?.verdict {
        case .accepted: .verified
        case .needsFuel: .metered
        case .rejected, .tooComplex, nil: .checked
        }
    }
}

extension ProgramVerdict {
    init(_ verdict: ProgramPackage.Verdict) {
        self =
            switch verdict {
            case .accepted: .accepted
            case .needsFuel: .needsFuel
            case .rejected: .rejected
            case .tooComplex: .tooComplex
            }
    }
}

extension VerifierIdentity {
    init(_ verification: Verification) {
        self.init(
            version: verification.version,
            options: verification.options.allowsAddressLeaks ? .addressLeaks : .strict)
    }
}
