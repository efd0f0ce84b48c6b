import Bytecode
import Enclosure
import Foundation
import Maps
import PolicyCore
import PolicyLog
import ProgramPackage
import Sandbox
import Testing

enum ObjectPackageFixture {
    /// The counting program, not proven, as admission makes it.
    static func counter(in jail: Jail) throws -> AdmittedProgram {
        let request = AdmissionRequest(object: try Fixture.object(Source.counter))
        let package = try ObjectPackage(parsing: try jail.admit(request.serialized()))
        return try AdmittedProgram(from: package)
    }

    /// A program that counts in a map, proven safe.
    static func proven(in jail: Jail) throws -> AdmittedProgram {
        let source = """
            struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } total SEC(".maps");
            SEC("xdp") int count(struct xdp_md *context) {
                __u32 key = 0;
                __u64 *value = bpf_map_lookup_elem(&total, &key);
                if (!value) return XDP_ABORTED;
                *value += 1;
                return XDP_PASS;
            }
            """
        var loaded = try ObjectLoader.load(Fixture.object(source), in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        return try AdmittedProgram(from: loaded.package, verification: loaded.verification)
    }
}

@Suite("Programs under a policy that changes")
struct GovernedSandboxTests {
    private static func policy(_ tier: Tier?, onTighten: Tightening, forbids: Tier? = nil) throws -> PolicySet {
        var rules: [Rule] = []
        if let tier { rules.append(Rule(.permit, id: "p", tier: tier, when: [.type([.xdp])])) }
        if let forbids { rules.append(Rule(.forbid, id: "f", tier: forbids, when: [])) }
        var options = PolicyOptions(guestCodegen: true)
        options.onTighten = onTighten
        let file = PolicyFile(
            id: "test", version: 1, issued: try UTCTime(text: "2026-01-01T00:00:00Z".utf8),
            expires: try UTCTime(text: "2027-01-01T00:00:00Z".utf8), options: options, rules: rules)
        return PolicySet(bases: [PolicyBase(file: file, sha256: ContentDigest(sha256Of: [1]))])
    }

    private static func decide(_ set: PolicySet, _ program: AdmittedProgram, _ requested: Tier?) -> SetDecision {
        // 2026-06-01.
        let now = UTCTime(secondsSince1970: 1_780_272_000)
        return SetDecision(
            program.members.map { member in
                PolicyCore.decide(
                    set, facts: Facts(program: member.identity, hostKVM: .known(.usable, .observed)),
                    availability: Availability(guest: .usable, child: .usable, eligible: .offered),
                    requested: requested, now: now)
            })
    }

    /// Both spawners, and a governed sandbox in the tier that a policy gives.
    private struct Host: ~Copyable {
        let guests: Jail
        let children: Jail
        var governed: GovernedSandbox

        init(_ set: PolicySet) throws {
            let guests = try Jail(ready: .none)
            let children = try Jail(for: .child)
            let program = try ObjectPackageFixture.proven(in: guests)
            let permit = try Permit(GovernedSandboxTests.decide(set, program, nil), for: program)
            let native = try ObjectLoader.compile(permit, options: SandboxOptions(), in: guests)
            let jail = permit.decision.outcome.enclosure == .child ? children : guests
            governed = GovernedSandbox(try Sandbox(permit, native: native, in: jail))
            self.guests = guests
            self.children = children
        }

        /// The same, with each answer written to a log before anything is done about it.
        mutating func apply(
            _ set: PolicySet, _ snapshot: ContentDigest, recording log: inout DecisionLog, at time: LogTime
        ) throws -> Transition {
            let program = governed.program
            let (guests, children) = (guests, children)
            let availability = Availability(guest: .usable, child: .usable, eligible: .offered)
            // 2026-06-01.
            let now = UTCTime(secondsSince1970: 1_780_272_000)
            try log.note(snapshot, time: time)
            return governed.apply(
                { requested in
                    SetDecision(
                        program.members.map { member in
                            log.decide(set, availability: availability, now: now, time: time, snapshot: snapshot) {
                                PolicyCore.decide(
                                    $0, facts: Facts(program: member.identity, hostKVM: .known(.usable, .observed)),
                                    availability: availability, requested: requested, now: now)
                            }.decision
                        })
                }, snapshot: snapshot
            ) { (permit) throws(SandboxError) in
                let native = try ObjectLoader.compile(permit, options: SandboxOptions(), in: guests)
                return (native, permit.decision.outcome.enclosure == .child ? children : guests)
            }
        }

        mutating func apply(_ set: PolicySet) throws -> Transition {
            let program = governed.program
            let (guests, children) = (guests, children)
            return governed.apply({ GovernedSandboxTests.decide(set, program, $0) }) {
                (permit) throws(SandboxError) in
                let native = try ObjectLoader.compile(permit, options: SandboxOptions(), in: guests)
                return (native, permit.decision.outcome.enclosure == .child ? children : guests)
            }
        }

        /// Verdicts of so many events, and what the map says afterwards.
        mutating func run(_ events: Int) throws -> (verdicts: [UInt64], count: UInt64)? {
            try governed.withSandbox { (sandbox) throws(SandboxError) in
                var verdicts: [UInt64] = []
                var buffer = [UInt8](repeating: 0, count: 64)
                let packet = [UInt8](repeating: 1, count: 64)
                for _ in 0..<events {
                    var result: EventResult?
                    var failure: SandboxError?
                    packet.withUnsafeBytes { packet in
                        buffer.withUnsafeMutableBytes { buffer in
                            do throws(SandboxError) { result = try sandbox.decide(xdp: packet, into: buffer) } catch {
                                failure = error
                            }
                        }
                    }
                    if let failure { throw failure }
                    if let result, result.failure == nil { verdicts.append(result.result) }
                }
                let map = try sandbox.maps.map(named: "total")
                var value = [UInt8](repeating: 0, count: 8)
                let key: [UInt8] = [0, 0, 0, 0]
                do throws(MapAccessError) {
                    var span = value.mutableSpan
                    var bytes = span.mutableBytes
                    _ = try map.copyValue(forKey: key.span.bytes, into: &bytes)
                } catch { throw .mapAccess(name: "total", error) }
                return (verdicts, value.reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
        }
    }

    @Test(
        "a tightened policy moves a program from the child's code to the guest's interpreter: no event and no count is lost"
    )
    func migrates() throws {
        var host = try Host(try Self.policy(.jitChild, onTighten: .migrate))
        #expect(host.governed.tier == .jitChild)
        let before = try #require(try host.run(1000))
        #expect(before.verdicts.count == 1000 && before.count == 1000)

        #expect(try host.apply(Self.policy(.jitChild, onTighten: .migrate)) == .unchanged)
        let tightened = try Self.policy(.jitChild, onTighten: .migrate, forbids: .jitGuest)
        #expect(try host.apply(tightened) == .moved(from: .jitChild, to: .interpGuest))
        #expect(host.governed.tier == .interpGuest)
        let after = try #require(try host.run(1000))
        #expect(after.verdicts.count == 1000 && after.count == 2000)
        #expect(Set(before.verdicts) == Set(after.verdicts))
    }

    @Test("a policy that permits no more detaches what runs, and the default is to detach rather than to move")
    func detaches() throws {
        var host = try Host(try Self.policy(.interpGuest, onTighten: .migrate))
        #expect(try host.apply(Self.policy(nil, onTighten: .migrate)) == .detached(.noPermit))
        #expect(host.governed.tier == .deny)
        #expect(try host.run(1) == nil)

        var other = try Host(try Self.policy(.jitGuest, onTighten: .detach))
        #expect(
            try other.apply(Self.policy(.interpGuest, onTighten: .detach)) == .detached(.tierUnavailable))
        #expect(try other.run(1) == nil)
    }

    @Test(
        "T104: what runs and is denied now is recorded and then ended, between two events, whatever was decided before")
    func tightened() throws {
        let folder = NSTemporaryDirectory() + "/ringfence-tighten-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let time = LogTime(
            wall: UTCTime(secondsSince1970: 1_780_272_000), floor: UTCTime(secondsSince1970: 1_780_272_000),
            bootNanoseconds: 1)
        let (wide, narrow) = (ContentDigest(sha256Of: [1]), ContentDigest(sha256Of: [2]))
        let permits = try Self.policy(.interpGuest, onTighten: .detach)
        let denies = try Self.policy(.interpGuest, onTighten: .detach, forbids: .interpGuest)
        var log = try DecisionLog.open(
            path: "\(folder)/log.jsonl", states: "\(folder)/state", time: time, snapshot: wide)
        var host = try Host(permits)
        // The same question gets the same answer as long as the same policy is in force, and not a moment longer.
        for _ in 0..<20 { #expect(try host.apply(permits, wide, recording: &log, at: time) == .unchanged) }
        #expect(try host.run(1000)?.count == 1000)
        #expect(try host.apply(denies, narrow, recording: &log, at: time) == .detached(.forbidden))
        #expect(host.governed.tier == .deny)
        #expect(try host.run(1) == nil)
        // What ended stays ended: nothing is decided for it, and the policy that would permit it again brings nothing back.
        #expect(try host.apply(permits, wide, recording: &log, at: time) == .detached(.noPermit))
        #expect(try host.run(1) == nil)
        try log.close(time: time, snapshot: wide)

        let lines = try String(contentsOfFile: "\(folder)/log.jsonl", encoding: .utf8).split(separator: "\n")
        var story: [String] = []
        for line in lines {
            let record = try LogRecord(line: Array(line.utf8))
            switch record.body {
            case .decision(let decision, _):
                story.append("\(decision.outcome) \(decision.code)")
                #expect(record.snapshot == (decision.isDenial ? narrow : wide))
            case .reload(let reload): story.append("reload \(reload.from == wide ? "to narrow" : "to wide")")
            case .start, .checkpoint: break
            case .floor, .recovery, .lost, .torn, .rotation: story.append("something else")
            }
        }
        // Asked for the tier that it runs in, and then for whatever there is: both are denials, after the new policy and before the end.
        #expect(
            story == Array(repeating: "interp-guest OK", count: 20) + [
                "reload to narrow", "deny E_FORBIDDEN", "deny E_FORBIDDEN", "reload to wide",
            ])
    }

    @Test("T104: where the log is required and cannot be written, what runs is ended, though the policy permits it")
    func unrecorded() throws {
        var file = try Self.policy(.interpGuest, onTighten: .log).bases[0].file
        file.options.logRequired = true
        let set = PolicySet(bases: [PolicyBase(file: file, sha256: ContentDigest(sha256Of: [2]))])
        var host = try Host(try Self.policy(.interpGuest, onTighten: .log))
        let program = host.governed.program
        let guests = host.guests
        let transition = host.governed.apply({ requested in
            SetDecision([
                RecordedDecision.unrecorded(set, .stateMalformed) {
                    GovernedSandboxTests.decide($0, program, requested).decision
                }.decision
            ])
        }) { (_) throws(SandboxError) in (nil, guests) }
        // It is not for want of leave, so that what the policy says of that (it goes on, and is recorded) does not count.
        #expect(transition == .detached(.logUnavailable))
        #expect(try host.run(1) == nil)
    }

    @Test("a policy may say that what runs goes on; what is revoked never does")
    func logs() throws {
        var host = try Host(try Self.policy(.jitGuest, onTighten: .log))
        var tightened = try Self.policy(.interpGuest, onTighten: .log)
        #expect(try host.apply(tightened) == .kept(running: .jitGuest, allowed: .interpGuest))
        #expect(try host.run(3)?.count == 3)
        tightened.revocations.programs = [try #require(host.governed.program.identity.digest.value)]
        #expect(try host.apply(tightened) == .detached(.revoked))
        #expect(try host.run(1) == nil)
    }

    @Test("a wider policy does not move a running program into a more exposed tier")
    func widens() throws {
        var host = try Host(try Self.policy(.interpGuest, onTighten: .migrate))
        #expect(try host.apply(Self.policy(.jitChild, onTighten: .migrate)) == .unchanged)
        #expect(host.governed.tier == .interpGuest)
    }
}
