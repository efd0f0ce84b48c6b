internal import Bytecode
internal import Enclosure
package import PolicyCore
internal import ProgramPackage

/// Where a program's events come from: part of what is decided.
package struct AttachPoint: Equatable, Sendable {
    package var type: AttachType
    /// An interface, a cgroup, a tree of processes: whatever the type attaches to.
    package var target: String

    package init(_ type: AttachType, target: String = "") {
        self.type = type
        self.target = target
    }

    /// Events that are read from a file.
    package static let file = AttachPoint(.file)
}

/// Leave to run one program, and those that go on in its place, in one tier, once: only a decision that allows each of them gives it, and
/// starting uses it up.
package struct Permit: Sendable {
    package let decision: Decision
    package let program: AdmittedProgram
    package let ticket: Ticket
    private let office: TicketOffice

    /// For a program that goes on in no other.
    package init(_ decision: Decision, for program: AdmittedProgram) throws(SandboxError) {
        try self.init(SetDecision([decision]), for: program)
    }

    /// - Parameters:
    ///   - attachment: where events will come from.
    ///   - snapshot: the policy that decided, where it has a name.
    ///   - office: who takes the ticket back.
    package init(
        _ set: SetDecision, for program: AdmittedProgram, attachment: AttachPoint = .file,
        snapshot: ContentDigest? = nil, office: TicketOffice = .ofThisProcess
    ) throws(SandboxError) {
        let decision = set.decision
        guard set.allows, decision.outcome > .deny else { throw .denied(decision) }
        for (index, member) in program.members.enumerated() {
            guard index < set.decisions.count, set.decisions[index].facts.program == member.identity else {
                throw .foreignDecision(program: member.program.name)
            }
        }
        self.decision = decision
        self.program = program
        self.office = office
        let subject = TicketSubject(
            programs: [program.codeDigest], tier: decision.outcome, attach: attachment.type, target: attachment.target,
            snapshot: snapshot, image: Sandbox.imageDigest, posture: office.posture())
        do throws(TicketError) { ticket = try office.issue(for: subject) } catch { throw .ticket(error) }
    }

    /// Gives the ticket back for what is about to start. Everything that it names is looked at again: the code, the image, the enclosure
    /// that the spawner makes, the host.
    func redeem(_ attachment: AttachPoint, in jail: Jail) throws(SandboxError) {
        // The spawner makes one kind of enclosure, and which of its two tiers it is was checked with the code that it is given.
        guard let enclosure = ticket.subject.tier.enclosure, jail.kind == EnclosureKind(enclosure) else {
            throw .ticket(.foreign(.tier))
        }
        let actual = TicketSubject(
            programs: [program.codeDigest], tier: decision.outcome, attach: attachment.type, target: attachment.target,
            snapshot: ticket.subject.snapshot, image: Sandbox.imageDigest, posture: office.posture())
        do throws(TicketError) { try office.redeem(ticket, for: actual) } catch { throw .ticket(error) }
    }
}

extension AdmittedProgram {
    /// SHA-256 of what will run: the instructions of all members, where each begins, and the maps that they name.
    package var codeDigest: ContentDigest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(code.count * 16 + 64)
        func put(_ number: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(number >> shift & 0xFF)) }
        }
        for member in members {
            put(UInt64(member.instructions.lowerBound))
            bytes += member.identity.digest.value?.digest.bytes ?? []
        }
        put(UInt64(code.count))
        for instruction in code {
            put(
                UInt64(instruction.operation.rawValue) | UInt64(instruction.destination) << 16
                    | UInt64(instruction.source) << 24 | UInt64(UInt32(bitPattern: instruction.offset)) << 32)
            put(UInt64(bitPattern: instruction.immediate))
        }
        for map in maps {
            put(UInt64(map.type) | UInt64(map.flags) << 32)
            put(UInt64(map.keySize) | UInt64(map.valueSize) << 32)
            put(UInt64(map.maximumEntries))
        }
        return ContentDigest(sha256Of: bytes)
    }
}
