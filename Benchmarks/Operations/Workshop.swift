internal import Channel
internal import Enclosure
internal import Foundation
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Sandbox

/// Turns the object of all programs into sandboxes, the way every object goes: read, verified and compiled in jails, and decided about by a
/// signed policy.
final class Workshop {
    /// Where the Makefile leaves the object, and the one whose events do each operation more often.
    static let usual = ".build/bench/operations.bpf.o"
    static let long = ".build/bench/operations-long.bpf.o"

    private let jail: Jail
    private let children: Result<Jail, OperationsError>
    private let key: SigningKey
    let package: ObjectPackage
    private let loaded: LoadedObject
    private var policies: [Tier: PolicySnapshot] = [:]
    private static let now = "2026-12-01T00:00:00Z"

    init(_ path: String = Workshop.usual) throws {
        let jail = try Jail(for: .guest, ready: .none)
        var loaded = try ObjectLoader.load([UInt8](Data(contentsOf: URL(filePath: path))), in: jail)
        try ObjectLoader.verify(&loaded, programs: Array(loaded.package.programs.indices), in: jail)
        do { children = .success(try Jail(for: .child, ready: .none)) } catch {
            children = .failure(.notAvailable("\(error)"))
        }
        key = try SigningKey()
        self.jail = jail
        self.loaded = loaded
        package = loaded.package
    }

    func admitted(_ program: String) throws -> AdmittedProgram {
        let admitted = try AdmittedProgram(from: loaded.package, verification: loaded.verification, name: program)
        guard admitted.execution == .verified else {
            throw OperationsError.unexpected("\(program) is not proven to end: \(admitted.execution)")
        }
        return admitted
    }

    /// What starts the cells of a tier.
    func jail(for tier: Tier) throws -> Jail {
        switch tier.enclosure {
        case .child: return try children.get()
        case .guest, nil:
            guard jail.startsCells else { throw OperationsError.notAvailable("/dev/kvm cannot be opened") }
            return jail
        }
    }

    /// A sandbox with the maps that the program uses, as they are before anybody has filled them, and the maps themselves.
    func sandbox(of program: String, in tier: Tier) throws -> (sandbox: SandboxBox, maps: [MapDefinition]) {
        let admitted = try admitted(program)
        var options = SandboxOptions()
        // What is proven to end needs no fuel counted, if there is enough of it.
        options.fuel = 1 << 32
        // A processor that somebody else has, and a program that takes long, are other figures.
        options.waits.deadlineNanoseconds = 10_000_000_000
        options.waits.spinNanoseconds = 20_000_000
        options.seed = 1
        let permit = try permit(admitted, tier)
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        let sandbox = try Sandbox(permit, native: native, in: jail(for: tier), options: options)
        guard sandbox.executionMode == .verified else {
            throw OperationsError.unexpected("\(program) runs as \(sandbox.executionMode)")
        }
        return (SandboxBox(sandbox), admitted.maps)
    }

    private func permit(_ program: AdmittedProgram, _ tier: Tier) throws -> Permit {
        let snapshot = try policy(for: tier)
        let kvm = Fact<HostKVM>.known(.usable, .observed)
        let availability = Availability(
            guest: EnclosureState(hostKVM: kvm), child: .usable, eligible: .offered)
        let now = try UTCTime(text: Array(Self.now.utf8))
        let decisions = program.members.map { member in
            snapshot.decide(
                Facts(program: member.identity, hostKVM: kvm), availability: availability, requested: tier, now: now)
        }
        return try Permit(SetDecision(decisions), for: program)
    }

    /// A policy that lets XDP programs run in that tier, signed with the key of this run.
    private func policy(for tier: Tier) throws -> PolicySnapshot {
        if let known = policies[tier] { return known }
        let text = """
            schema  = "ringfence-policy/v1"
            kind    = "base"
            id      = "operations"
            version = 1
            issued  = 2026-11-01T00:00:00Z
            expires = 2027-11-01T00:00:00Z
            mode    = "enforce"

            [options]
            on_expiry     = "deny"
            guest_codegen = true
            on_failure    = { xdp = "closed" }

            [[permit]]
            id   = "operations"
            tier = "\(tier.name)"
            when = { type = ["xdp"] }
            """
        let envelope = try Envelope(signing: Array((text + "\n").utf8), as: .base, with: [key])
        let snapshot = try PolicySnapshot.load(
            envelope.json, trusted: TrustedKeys(keys: [key.verificationKey]), eligible: .offered,
            now: UTCTime(text: Array(Self.now.utf8)))
        policies[tier] = snapshot
        return snapshot
    }
}

/// A sandbox in a class: sandboxes themselves cannot be copied.
final class SandboxBox {
    var sandbox: Sandbox
    init(_ sandbox: consuming Sandbox) { self.sandbox = sandbox }
}
