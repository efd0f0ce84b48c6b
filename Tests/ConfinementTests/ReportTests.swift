import Glibc
import Testing

@testable import Confinement

/// What confined processes say of themselves, and what stops a confinement.
@Suite("Reports and refusals of confinement")
struct ReportTests {
    static func report(_ role: String) throws -> ConfinementReport {
        let text = try #require(try Probe.run(["report", role]).first)
        let digits = Array(text)
        let bytes = try stride(from: 0, to: digits.count, by: 2).map { index in
            try #require(UInt8(String(digits[index...(index + 1)]), radix: 16))
        }
        return try ConfinementReport(message: bytes)
    }

    /// Every role but the child's: no process of it is left that could tell; what real ones said of themselves is in the tests of
    /// enclosures.
    static let telling = Role.allCases.filter { $0 != .child }

    @Test("every step that a role requires was obtained", arguments: telling)
    func required(role: Role) throws {
        let report = try Self.report(role.description)
        #expect(report.role == role)
        for step in role.required {
            guard case .obtained = report[step] else {
                Issue.record("\(step): \(report[step])")
                continue
            }
        }
        if role.required.contains(.landlock) { #expect(try #require(report.landlockABI) >= 1) }
        #expect(try #require(report.mappings).isClean)
        #expect(report.nanoseconds > 0)
    }

    @Test("speculation controls are reported as the kernel answered, not as they were asked for")
    func speculation() throws {
        let report = try Self.report("admission")
        let answers = HostPosture.ofThisHost().speculation
        for (step, feature) in [
            (ConfinementStep.storeBypassDisabled, SpeculationAnswer.Feature.storeBypass),
            (.indirectBranchDisabled, .indirectBranch),
        ] {
            let answer = try #require(answers.first { $0.feature == feature })
            guard case .obtained = report[step] else {
                #expect(!answer.isControllable)
                continue
            }
            #expect(answer.isControllable || answer.isUnaffected)
        }
    }

    @Test("a message of the wrong length, version, role or outcome is refused by name")
    func hostileMessages() throws {
        let good = try Self.report("broker").message
        #expect(try ConfinementReport(message: good).message == good)
        let size = ConfinementReport.messageSize
        for length in [0, 1, size - 1] {
            #expect(throws: ReportMessageError.length(got: length, expected: size)) {
                try ConfinementReport(message: Array(good.prefix(length)))
            }
        }
        #expect(throws: ReportMessageError.length(got: size + 1, expected: size)) {
            try ConfinementReport(message: good + [0])
        }
        let spoilt: [(Int, UInt8, ReportMessageError)] = [
            (0, 1, .version(1)), (1, 0, .role(0)), (1, 9, .role(9)), (2, 3, .outcome(step: .singleThread, tag: 3)),
            (size - 29, 2, .mappings(2)),
        ]
        for (offset, value, error) in spoilt {
            var bytes = good
            bytes[offset] = value
            #expect(throws: error) { try ConfinementReport(message: bytes) }
        }
    }

    @Test(
        "a process that already holds writable code is refused",
        arguments: [
            ("writeExecute", "mapping audit: 1 mappings are writable and executable, 0 files are mapped both ways"),
            ("twice", "mapping audit: 0 mappings are writable and executable, 1 files are mapped both ways"),
            ("none", "confined"),
        ])
    func dirtyProcess(mapping: String, expected: String) throws {
        #expect(try Probe.run(["alias", mapping]) == [expected])
    }

    @Test("a process whose parent is another than expected is refused")
    func orphan() throws {
        let own = ProcessPosture.ofThisProcess().process
        #expect(try Probe.run(["orphan"]) == ["die with parent: expected parent \(1 << 30), found \(own)"])
    }

    @Test("a jailed process dies with its parent")
    func diesWithParent() throws {
        let lines = try Probe.run(["parent"])
        let child = try #require(lines.compactMap { Int32($0) }.first)
        // The parent is gone; the signal may still be under way. A process that is dead and not yet collected maps nothing.
        var isGone = false
        for _ in 0..<2000 where !isGone {
            usleep(1000)
            let posture = ProcessPosture.of(process: child)
            isGone = posture.status.value == nil || posture.mappings.value?.executable == 0
        }
        #expect(isGone)
    }

    @Test("the environment is gone from memory")
    func environment() throws {
        try Probe.holding("admission") { process in
            let bytes = try KernelText.read("/proc/\(process)/environ")
            #expect(bytes.allSatisfy { $0 == 0 })
        }
        try Probe.holding("broker") { process in
            let bytes = try KernelText.read("/proc/\(process)/environ")
            #expect(bytes.contains { $0 != 0 })
        }
    }
}
