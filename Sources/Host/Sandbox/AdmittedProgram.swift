package import Bytecode
package import PolicyCore
package import ProgramPackage
internal import Prototypes

/// A program of an object and all that may go on in its place, decoded, with the facts that a policy may ask for. Every fact is taken from
/// the bytes that will run, in this process: a jail that was taken over can lie only by handing over other programs, with other digests.
package struct AdmittedProgram: Sendable {
    /// One program of the set.
    package struct Member: Sendable {
        package let program: Program
        package let facts: ProgramFacts
        package fileprivate(set) var identity: ProgramIdentity
        /// What the verifier says of it; nil where it was not asked.
        package let verification: ProgramVerification?
        /// Where its instructions lie in ``AdmittedProgram/code``.
        package let instructions: Range<Int>
    }

    /// The program that events enter, then those that tail calls can lead to, in the order of their numbers.
    package private(set) var members: [Member]
    /// The instructions of all members, one after the other; no jump or call leads from one to another.
    package let code: [Instruction]
    /// The maps that the code refers to, with those that these hold or may hold, renumbered: index n here is map n of the cell.
    package let maps: [MapDefinition]
    /// Whether somebody said what it is a program of, whatever its section says.
    package let isTypeGiven: Bool
    /// Whether helpers that the code has in it take more instructions than the verifier has counted.
    let isUncounted: Bool
    /// Whether it calls helpers that read what events bring along of a process's memory.
    package let readsMemory: Bool
    /// What the verifier has proven of each instruction of ``code``; empty where that is nothing.
    package let instructionFacts: [InstructionFacts]
    /// What their keys and values are made of.
    package let valueTypes: ValueTypes

    /// - Parameters:
    ///   - name: the program's symbol.
    ///   - section: its ELF section. With neither, the object must hold a single program, beside those that it goes on in.
    ///   - type: what it is a program of, where its section does not say so, or not rightly.
    ///   - object: the digest of the file, where it is one.
    package init(
        from package: ObjectPackage, verification: Verification? = nil, name: String? = nil, section: String? = nil,
        type: ProgramType? = nil, object: ContentDigest? = nil
    ) throws(SandboxError) {
        let set = try Self.set(in: package, name: name, section: section)
        // What was proven of a program of another type is not proven of this one.
        let verification = verification?.options.programType == type?.rawValue ? verification : nil
        isTypeGiven = type != nil
        maps = set.maps.map { Self.renumber(package.maps[$0], set.maps) }
        valueTypes = package.valueTypes
        var code: [Instruction] = []
        var members: [Member] = []
        for (index, facts) in zip(set.programs, set.facts) {
            let program = package.programs[index]
            let start = code.count
            do throws(DecodeError) {
                code += try Instruction.decode(program.code).map { Self.relocate($0, by: start, set.maps) }
            } catch { throw .decode(program: program.name, error) }
            let own = verification?.of(program: index)
            members.append(
                Member(
                    program: program, facts: facts,
                    identity: ProgramIdentity(program, facts, own, verification, in: package, type, object),
                    verification: own,
                    instructions: start..<code.count))
        }
        let row = Self.row(of: members[0], isTypeGiven: isTypeGiven)
        let (lowered, isUncounted, readsMemory) = HelperLowering.lower(code, memory: row?.events?.memory)
        self.readsMemory = readsMemory
        self.code = lowered
        self.isUncounted = isUncounted
        instructionFacts = Self.facts(of: members, code, lowered)
        self.members = members
        try checkTypes()
    }

    /// Linux's rule: a program goes on in programs of its own type only, since they take its context.
    private func checkTypes() throws(SandboxError) {
        let type = ProgramType(section: program.section)
        for member in members.dropFirst() where !isTypeGiven && ProgramType(section: member.program.section) != type {
            throw .typesDiffer(
                program: program.name, section: program.section, other: member.program.name,
                otherSection: member.program.section)
        }
    }

    /// Adds what signed statements say of each member: who vouches for it, and in which statements.
    package mutating func attest(
        by statements: (ProgramDigest) -> (signer: Fact<Set<KeyID>>, attestation: Fact<Set<ContentDigest>>)
    ) {
        for index in members.indices {
            guard let digest = members[index].identity.digest.value else { continue }
            let said = statements(digest)
            members[index].identity[.signer] = said.signer
            members[index].identity[.attestation] = said.attestation
        }
    }

    /// The program that events enter.
    package var program: Program { members[0].program }
    package var facts: ProgramFacts { members[0].facts }
    package var identity: ProgramIdentity { members[0].identity }
    package var verification: ProgramVerification? { members[0].verification }

    /// The program that an instruction of ``code`` belongs to, and its index there.
    package func place(of instruction: Int) -> (member: Member, instruction: Int) {
        let member = members.last { $0.instructions.lowerBound <= instruction } ?? members[0]
        return (member, instruction - member.instructions.lowerBound)
    }

    /// The programs that run where one is chosen: what has to be verified, ascending.
    package static func programs(
        in package: ObjectPackage, name: String? = nil, section: String? = nil
    ) throws(SandboxError) -> [Int] { try set(in: package, name: name, section: section).programs.sorted() }

    private static func set(
        in package: ObjectPackage, name: String?, section: String?
    ) throws(SandboxError) -> ProgramSet {
        let index = try index(in: package, name: name, section: section)
        do throws(ProgramSetError) { return try package.programSet(of: index) } catch {
            switch error {
            case .facts(let program, let error): throw .facts(program: program, error)
            case .omitted(let program, _, let reason): throw .programOmitted(program: program, reason: reason)
            }
        }
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
        if omitted.isEmpty, let root = Self.root(of: matching, in: package) { return root }
        guard matching.count + omitted.count < 2 else {
            throw .ambiguousProgram(
                available: available + package.omitted.map { "\($0.name) (section \($0.section), cannot be linked)" })
        }
        guard let first = matching.first else {
            throw .noSuchProgram(wanted: name ?? section ?? "any program", available: available)
        }
        return first
    }

    /// Of several programs the one that goes on in all of the others, and in which none of them does.
    private static func root(of matching: [Int], in package: ObjectPackage) -> Int? {
        var named: Set<String> = []
        for slot in package.maps.flatMap(\.slots) {
            if case .program(let name) = slot.target { named.insert(name) }
        }
        let roots = matching.filter { !named.contains(package.programs[$0].name) }
        guard matching.count > 1, roots.count == 1 else { return nil }
        do throws(ProgramSetError) {
            return Set(matching).isSubset(of: try package.programSet(of: roots[0]).programs) ? roots[0] : nil
        } catch { return nil }
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

    /// An instruction of a program that begins at `start`, and knows maps by their places in `order`.
    private static func relocate(_ instruction: Instruction, by start: Int, _ order: [Int]) -> Instruction {
        if instruction.operation.namesTarget {
            var moved = instruction
            moved.offset += Int32(start)
            return moved
        }
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
    /// How programs run, by what is proven of them; more is greater.
    package enum Execution: Comparable, Sendable {
        /// Nothing is proven: every access is checked as it happens, and fuel ends it.
        case checked
        /// Every access is proven to be in bounds; fuel ends it.
        case metered
        /// Every access is proven to be in bounds, and that it ends.
        case verified
    }

    /// What is proven of every member: the least of what is proven of each.
    package var execution: Execution {
        members.map(\.execution).min() ?? .checked
    }

    /// The most instructions that one event can execute, whatever the arrays of programs hold; nil where that is not known.
    ///
    /// An event enters the first program once, and by tail calls a member at most ``Helper/mostTailCalls`` times; each time it executes no
    /// more of that member than its longest run.
    package var longestRun: UInt64? {
        guard !isUncounted, let own = verification?.longestRun else { return nil }
        guard members.contains(where: { $0.facts.helperIDs.contains(Helper.tailCall.rawValue) }) else { return own }
        var longest: UInt64 = 0
        for member in members {
            guard let run = member.verification?.longestRun else { return nil }
            longest = max(longest, run)
        }
        let (others, overflows) = longest.multipliedReportingOverflow(by: UInt64(Helper.mostTailCalls))
        let (all, exceeds) = own.addingReportingOverflow(others)
        return overflows || exceeds ? nil : all
    }

    /// What is proven of each instruction of `lowered`, by what is of each member's own; empty where that is nothing.
    ///
    /// Facts are of the instruction that was proven: one that became another has none, and neither has what was put behind the members.
    fileprivate static func facts(
        of members: [Member], _ code: [Instruction], _ lowered: [Instruction]
    ) -> [InstructionFacts] {
        guard members.contains(where: { !($0.verification?.facts ?? []).isEmpty }) else { return [] }
        var facts = [InstructionFacts](repeating: [], count: lowered.count)
        for member in members {
            for (slot, fact) in (member.verification?.facts ?? []).enumerated() {
                let index = member.instructions.lowerBound + slot
                if lowered[index] == code[index] { facts[index] = fact }
            }
        }
        return facts
    }
}

extension AdmittedProgram.Member {
    fileprivate var execution: AdmittedProgram.Execution {
        switch verification?.verdict {
        case .accepted: .verified
        case .needsFuel: .metered
        case .rejected, .tooComplex, nil: .checked
        }
    }
}

extension ProgramIdentity {
    fileprivate init(
        _ program: Program, _ facts: ProgramFacts, _ own: ProgramVerification?, _ verification: Verification?,
        in package: ObjectPackage, _ given: ProgramType?, _ object: ContentDigest?
    ) {
        let type: Fact<ProgramType>
        if let given {
            type = .known(given, .claimed)
        } else if let known = ProgramType(section: program.section) {
            type = .known(known, .proven)
        } else {
            type = .unknown(.extractionFailed("section \(program.section)"))
        }
        self.init(
            digest: .known(ProgramDigest(of: program, in: package), .proven),
            type: type,
            helpers: .known(Set(facts.helperIDs.map(HelperFunction.init(number:))), .proven),
            instructionCount: .known(UInt64(facts.instructionCount), .proven),
            verdict: own.map { .known(ProgramVerdict($0.verdict), .proven) } ?? .unknown(.absent),
            verifier: verification.map { .known(VerifierIdentity($0), .proven) } ?? .unknown(.absent))
        self[.platform] = Self.platform(of: program.section, given)
        if let object { self[.object] = .known(object, .proven) }
        self[.subprograms] = .known(UInt64(program.functions.count), .proven)
        self[.loops] = .known(facts.hasBackEdges || !Self.loopHelpers.isDisjoint(with: facts.helperIDs), .proven)
        self[.tailCalls] = .known(facts.helperIDs.contains(Helper.tailCall.rawValue), .proven)
        self[.btf] = .known(package.hasBTF, .proven)
        self[.coreRelocations] = .known(!program.needsRelocation.isEmpty, .proven)
        let isPrintable = package.licence.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        self[.license] =
            isPrintable && (1...FactShape.maximumTextBytes).contains(package.licence.utf8.count)
            ? .known(package.licence, .proven) : .unknown(.extractionFailed("no printable licence"))
        addMaps(facts.mapIndices.map { package.maps[$0] })
        // Nobody's word was asked for; that is known.
        self[.signer] = .known([], .attested)
        self[.attestation] = .known([], .attested)
    }

    /// Helpers that call a function of the program again and again.
    private static let loopHelpers: Set<UInt32> = [164, 181]  // bpf_for_each_map_elem, bpf_loop

    private mutating func addMaps(_ maps: [MapDefinition]) {
        let kinds = maps.map { MapKind(number: $0.type) }
        let flags = maps.map { MapFlag.flags($0.flags) }
        self[.maps] =
            kinds.contains(nil)
            ? .unknown(.extractionFailed("a map of a kind that has no name"))
            : .known(Set(kinds.compactMap { $0 }), .proven)
        self[.mapFlags] =
            flags.contains(nil)
            ? .unknown(.extractionFailed("a map with a flag that has no name"))
            : .known(flags.reduce(into: []) { $0.formUnion($1 ?? []) }, .proven)
        var bytes: UInt64 = 0
        for map in maps {
            let (entry, overflows) = (UInt64(map.keySize) + UInt64(map.valueSize)).multipliedReportingOverflow(
                by: UInt64(map.maximumEntries))
            let (sum, exceeds) = bytes.addingReportingOverflow(entry)
            guard !overflows, !exceeds else {
                self[.mapBytes] = .unknown(.extractionFailed("maps of more than 2^64 bytes"))
                return
            }
            bytes = sum
        }
        self[.mapBytes] = .known(bytes, .proven)
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
