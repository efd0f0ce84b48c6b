import Enclosure
import Foundation
import PolicyCore
import PolicyTrust
import ProgramPackage
import Sandbox
import TestSupport

/// Objects made from the example programs.
enum Programs {
    /// As `make examples` compiles them, or with other constants in their source.
    static func example(_ name: String, replacing constants: [(from: String, to: String)] = []) throws -> [UInt8] {
        let file = Tool.repository.appendingPathComponent("Images/programs/\(name).bpf.c")
        var source = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        for (from, to) in constants {
            precondition(source.contains(from), "\(name) has no \(from)")
            source.replace(from, with: to)
        }
        return try BPFCompiler.object(
            source,
            flags: BPFCompiler.usualFlags
                + ["-I/usr/include/x86_64-linux-gnu", "-I\(file.deletingLastPathComponent().path)"])
    }

    /// The one program of an object, or the one that goes on in all others, verified as `ringfence run` has it verified.
    static func admitted(_ object: [UInt8], in jail: Jail) throws -> AdmittedProgram {
        var loaded = try ObjectLoader.load(object, in: jail)
        try ObjectLoader.verify(&loaded, programs: AdmittedProgram.programs(in: loaded.package), in: jail)
        return try AdmittedProgram(from: loaded.package, verification: loaded.verification)
    }

    /// A permit for a tier, from a policy that a key of this test signed.
    static func permit(
        _ program: AdmittedProgram, for tier: Tier = .interpGuest, under policy: String? = nil
    ) throws -> Permit {
        let policy = Array(try (policy ?? Workshop.policy(ceiling: tier.name)).utf8)
        let key = try SigningKey()
        let envelope = try Envelope(signing: policy, as: .base, with: [key])
        let now = try UTCTime(text: Array("2026-12-01T00:00:00Z".utf8))
        let snapshot = try PolicySnapshot.load(
            envelope.json, trusted: TrustedKeys(keys: [key.verificationKey]), eligible: .offered, now: now)
        let kvm = Fact<HostKVM>.known(.usable, .observed)
        let decisions = program.members.map { member in
            snapshot.decide(
                Facts(program: member.identity, hostKVM: kvm),
                availability: Availability(
                    guest: EnclosureState(hostKVM: kvm), child: .usable, eligible: .offered),
                requested: tier, now: now)
        }
        return try Permit(SetDecision(decisions), for: program)
    }
}
