import Foundation
import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Synchronization

// policy-reload DIRECTORY RELOADS THREADS
//
// A host with two bases, whose versions rise together, loads its policies again and again, while threads decide. Each decision has to be
// one of a set that was in force between its beginning and its end, whole: both bases of one version, with that version's answer, under the
// name that this set has for everybody. Built with the thread sanitizer, it shows races that no assertion would (`make test-threads`).

guard CommandLine.arguments.count == 4, let reloads = UInt64(CommandLine.arguments[2]),
    let threads = Int(CommandLine.arguments[3]), (1...1000).contains(threads)
else {
    print("usage: policy-reload DIRECTORY RELOADS THREADS")
    exit(2)
}
let race = try Race(in: CommandLine.arguments[1])
exit(try race.run(reloads: reloads, threads: threads) ? 0 : 1)

/// What one thread saw.
struct Sight: Sendable {
    var decisions = 0
    /// The version under each name of a set.
    var versions: [ContentDigest: UInt64] = [:]
    var problem: String?
}

final class Race: Sendable {
    let directory: String
    let store: PolicyStore
    /// The version of the last load that was begun, and of the last that is done.
    let begun = Atomic<UInt64>(1)
    let done = Atomic<UInt64>(1)
    let isOver = Atomic<Bool>(false)
    let sights: Mutex<[Sight]> = Mutex([])

    init(in directory: String) throws {
        self.directory = directory
        for name in ["trust", "policy/base"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/etc/\(name)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
        }
        var configuration = StoreConfiguration(eligible: .offered)
        configuration.policyDirectory = "\(directory)/etc"
        configuration.stateDirectory = "\(directory)/var"
        configuration.minimumFloorsFile = nil
        configuration.machine = MachineID("0123456789abcdef0123456789abcdef")
        configuration.clock = { ClockReading(wall: UTCTime(secondsSince1970: 1_780_272_000)) }
        store = PolicyStore(configuration)
        let root = RootText()
        try write("trust/root.1.dsse", root.signed(by: "ann", "ben"))
        try write(version: 1)
        _ = try store.initialise(InstallToken(root: sha256(bytes(root.text))))
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/etc/\(name)"), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(directory)/etc/\(name)")
    }

    /// Both bases of a version; odd ones permit another tier than even ones.
    private func write(version: UInt64) throws {
        for id in ["left", "right"] {
            let text = """
                schema = "ringfence-policy/v1"
                kind = "base"
                id = "\(id)"
                version = \(version)
                issued = 2026-01-01T00:00:00Z
                expires = 2027-01-01T00:00:00Z
                mode = "enforce"
                [options]
                guest_codegen = true
                [[permit]]
                id = "xdp"
                tier = "\(Self.tier(of: version))"
                when = { type = ["xdp"] }

                """
            try write("policy/base/\(id).dsse", signed(bytes(text), as: .base, by: ["ann", "ben"]))
        }
    }

    private static func tier(of version: UInt64) -> Tier { version % 2 == 1 ? .jitGuest : .interpGuest }

    func run(reloads: UInt64, threads: Int) throws -> Bool {
        for _ in 0..<threads {
            Thread.detachNewThread {
                let sight = self.decideUntilOver()
                self.sights.withLock { $0.append(sight) }
            }
        }
        // A failure of the load itself must not leave the threads behind.
        let loading = Result { try self.load(reloads) }
        isOver.store(true, ordering: .releasing)
        while sights.withLock({ $0.count }) < threads { usleep(1000) }
        try loading.get()
        return report(reloads, sights.withLock { $0 })
    }

    private func load(_ reloads: UInt64) throws {
        for version in 2...(reloads + 1) {
            try write(version: version)
            begun.store(version, ordering: .sequentiallyConsistent)
            let policy = try store.load()
            done.store(version, ordering: .sequentiallyConsistent)
            guard policy.alarms.isEmpty, policy.snapshot.bases.map(\.file.version) == [version, version] else {
                throw Unexpected(description: "version \(version) was not loaded: \(policy.alarms)")
            }
        }
    }

    private struct Unexpected: Error, CustomStringConvertible { var description: String }

    private func decideUntilOver() -> Sight {
        var sight = Sight()
        let digest = ProgramDigest(must(ContentDigest([UInt8](repeating: 7, count: 32))))
        let facts = Facts(
            program: ProgramIdentity(
                digest: digest, type: .xdp, helpers: [], instructionCount: 2, verdict: .accepted,
                verifier: VerifierIdentity(version: 4, options: .strict)),
            hostKVM: .known(.usable, .observed))
        let availability = Availability(guest: .usable, child: .usable, eligible: .offered)
        while !isOver.load(ordering: .acquiring), sight.problem == nil {
            let least = done.load(ordering: .sequentiallyConsistent)
            guard let policy = store.active else { continue }
            let decision = policy.snapshot.decide(facts, availability: availability, now: policy.now)
            let most = begun.load(ordering: .sequentiallyConsistent)
            sight.decisions += 1
            sight.note(decision, policy.snapshot.sha256, between: least, and: most, Self.tier)
            // Some hundred decisions for each reload, and not so many that nothing is ever loaded.
            usleep(2000)
        }
        return sight
    }

    /// One line; true where everything was as it has to be.
    private func report(_ reloads: UInt64, _ sights: [Sight]) -> Bool {
        var problems = sights.compactMap(\.problem)
        var names: [ContentDigest: UInt64] = [:]
        for sight in sights {
            for (name, version) in sight.versions where names.updateValue(version, forKey: name) ?? version != version {
                problems.append("one name for two sets, of versions \(version) and others")
            }
            if sight.versions.count < 2 { problems.append("a thread saw \(sight.versions.count) sets") }
        }
        if Set(names.values).count != names.count { problems.append("two names for one set") }
        let decisions = sights.reduce(0) { $0 + $1.decisions }
        print(
            "{\"reloads\": \(reloads), \"threads\": \(sights.count), \"decisions\": \(decisions), \"sets\": \(names.count), \"problems\": \(problems.count)}"
        )
        for problem in problems { print(problem) }
        return problems.isEmpty
    }
}

extension Sight {
    mutating func note(
        _ decision: Decision, _ name: ContentDigest, between least: UInt64, and most: UInt64, _ tier: (UInt64) -> Tier
    ) {
        let versions = Set(decision.bases.map(\.version))
        guard decision.bases.map(\.id) == ["left", "right"], let version = versions.first, versions.count == 1 else {
            problem = "a torn set: \(decision.bases.map { "\($0.id) \($0.version)" })"
            return
        }
        guard (least...most).contains(version) else {
            problem = "version \(version) decided, and \(least) to \(most) were in force"
            return
        }
        guard decision.outcome == tier(version), decision.ceiling == tier(version) else {
            problem = "version \(version) gave \(decision.outcome)"
            return
        }
        if versions != [self.versions[name] ?? version] { problem = "one name for two sets" }
        self.versions[name] = version
    }
}
