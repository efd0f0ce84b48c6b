import Testing

@testable import Confinement

/// Every row of every table, made as a real call under the real filter in a process of its own.
@Suite("Rules, as the kernel enforces them")
struct RuleWalkTests {
    static let monitor = Filter.monitor(MonitorDescriptors(processor: 100, report: 101))
    static let admission = Filter.admission(AdmissionDescriptors(input: [100], output: [101]))

    struct Call: CustomStringConvertible {
        let number: UInt32
        let arguments: [UInt64]
        var legacy = false
        var description: String { "call \(number) \(arguments)" }
        var line: String { "\(number) " + arguments.map(String.init).joined(separator: " ") + (legacy ? " 1" : " 0") }
    }

    static func outcomes(of calls: [Call], role: String) throws -> [String] {
        let answers = try Probe.run(["calls", role], input: calls.map(\.line).joined(separator: "\n") + "\n")
        try #require(answers.count == calls.count)
        return answers
    }

    /// Arguments that satisfy a row, all others 0.
    static func arguments(satisfying rule: SystemCallRule) -> [UInt64] {
        var arguments = [UInt64](repeating: 0, count: 6)
        for condition in rule.conditions {
            switch condition.comparison {
            case .equals(let value): arguments[Int(condition.index)] = value
            case .masked(_, let value): arguments[Int(condition.index)] = value
            case .differs(let value): arguments[Int(condition.index)] = value &+ 1
            case .below(let limit): arguments[Int(condition.index)] = limit - 1
            case .atLeast(let least): arguments[Int(condition.index)] = least
            }
        }
        return arguments
    }

    /// The row's arguments with one condition broken, in several ways: the next value, single bits high and low.
    static func mutations(of rule: SystemCallRule) -> [[UInt64]] {
        let satisfied = arguments(satisfying: rule)
        return rule.conditions.flatMap { condition in
            let index = Int(condition.index)
            let candidates: [UInt64] =
                switch condition.comparison {
                case .equals(let value): [value &+ 1, value ^ 1 << 31, value ^ 1 << 32, value ^ 1 << 63, ~value]
                case .masked(let mask, let value): [value ^ mask, value ^ (mask & (0 &- mask))]
                case .differs(let value): [value]
                case .below(let limit): [limit, limit &+ 1, .max]
                case .atLeast(let least): [least - 1, 0]
                }
            return candidates.map { candidate in
                var mutated = satisfied
                mutated[index] = candidate
                return mutated
            }
        }
    }

    /// In the middle of nowhere, as in a real child; the probe maps the words there.
    static let childWords = ChildWords(
        wakeGeneration: 0x80_0000, order: 0x80_0000 + 196, wakeCounter: 0x1234_5678_0004)
    static let child = Filter.child(childWords)
    static let codeRange: Range<UInt64> = 0x40_0000..<0x100_0000

    static let jailedRoles = ["monitor", "admission", "child"]
    static let refusingRoles = ["broker", "spawner", "child spawner"]

    static func jailed(_ role: String) -> Filter {
        switch role {
        case "monitor": monitor
        case "child": child
        default: admission
        }
    }

    static func refusing(_ role: String) -> Filter {
        switch role {
        case "broker": .broker
        case "child spawner": .childSpawner(codeRange: codeRange)
        default: .spawner
        }
    }

    @Test("each row of a jailed role allows the call as written", arguments: jailedRoles)
    func rowsAllow(role: String) throws {
        let calls = Self.jailed(role).rules.map {
            Call(number: $0.call.number, arguments: Self.arguments(satisfying: $0))
        }
        for (call, outcome) in zip(calls, try Self.outcomes(of: calls, role: role)) {
            #expect(
                (outcome.hasPrefix("returned") && outcome != "returned -62") || outcome == "ended",
                "\(call): \(outcome)")
        }
    }

    @Test("each argument of a row, broken, kills", arguments: jailedRoles)
    func mutatedArgumentsKill(role: String) throws {
        let filter = Self.jailed(role)
        for rule in filter.rules where !rule.conditions.isEmpty {
            let killing = Self.mutations(of: rule).filter {
                filter.decision(number: rule.call.number, arguments: $0) == .kill
            }
            // A mutation may be another row's call; each row must still have some that no row allows.
            #expect(!killing.isEmpty, "\(rule.call)")
            let calls = killing.map { Call(number: rule.call.number, arguments: $0) }
            for (call, outcome) in zip(calls, try Self.outcomes(of: calls, role: role)) {
                #expect(outcome == "killed", "\(call)")
            }
        }
    }

    /// The kernel lets its own trampolines' calls, uretprobe and uprobe, past every filter (kernel/seccomp.c). From
    /// anywhere but a trampoline they do nothing: the one dies of SIGILL, the other answers ENXIO.
    static let beyondFilters = [335: "signal 4", 336: "returned -6"]

    @Test("every call number from 0 to 470 that no row names kills", arguments: jailedRoles)
    func unlistedCallsKill(role: String) throws {
        let listed = Set(Self.jailed(role).rules.map(\.call.number))
        let zeros = [UInt64](repeating: 0, count: 6)
        let calls = (0...470).filter { !listed.contains($0) }.map { Call(number: $0, arguments: zeros) }
        let outcomes = try Self.outcomes(of: calls, role: role)
        let survivors = zip(calls, outcomes).filter { call, outcome in
            outcome != "killed" && outcome != Self.beyondFilters[Int(call.number)]
        }.map { "\($0.0.number): \($0.1)" }
        #expect(survivors.isEmpty)
        #expect(calls.count == 471 - listed.count)
    }

    @Test("a call by another convention kills in every role", arguments: refusingRoles + jailedRoles)
    func foreignConventionsKill(role: String) throws {
        let zeros = [UInt64](repeating: 0, count: 6)
        let x32 = [39, 231, 16].map { Call(number: 0x4000_0000 | $0, arguments: zeros) }
        let legacy = [20, 1, 4].map { Call(number: $0, arguments: zeros, legacy: true) }
        #expect(try Self.outcomes(of: x32 + legacy, role: role) == Array(repeating: "killed", count: 6))
    }

    @Test("each row of a refusing role answers with its errno", arguments: refusingRoles)
    func rowsRefuse(role: String) throws {
        let filter = Self.refusing(role)
        let calls = filter.rules.map { Call(number: $0.call.number, arguments: Self.arguments(satisfying: $0)) }
        for (rule, outcome) in zip(filter.rules, try Self.outcomes(of: calls, role: role)) {
            guard case .refuse(let errno) = rule.action else {
                Issue.record("\(rule.call) does not refuse")
                continue
            }
            #expect(outcome == "returned \(-Int64(errno))", "\(rule.call)")
        }
    }

    @Test("a bit that the kernel ignores does not lead around a refusal", arguments: refusingRoles)
    func ignoredBitsDoNotHelp(role: String) throws {
        let calls = [
            Call(number: 10, arguments: [0, 0, 1 << 40 | 4, 0, 0, 0]),  // mprotect
            Call(number: 9, arguments: [0, 4096, 0xffff_ffff_0000_0005, 0x22, UInt64.max, 0]),  // mmap
            Call(number: 30, arguments: [0, 0, 1 << 33 | 0o100000, 0, 0, 0]),  // shmat
            Call(number: 135, arguments: [1 << 32 | 0x0400000, 0, 0, 0, 0, 0]),  // personality
            Call(number: 16, arguments: [0, 1 << 32 | 0x5412, 0, 0, 0, 0]),  // ioctl TIOCSTI
            Call(number: 157, arguments: [1 << 32 | 4, 1, 0, 0, 0, 0]),  // prctl PR_SET_DUMPABLE
            Call(number: 56, arguments: [1 << 40 | 0x1000_0000, 0, 0, 0, 0, 0]),  // clone CLONE_NEWUSER
        ]
        for (call, outcome) in zip(calls, try Self.outcomes(of: calls, role: role)) {
            #expect(outcome == "returned -13" || outcome == "returned -1", "\(call)")
        }
    }

    @Test("what a broker needs is not refused")
    func harmlessCallsPass() throws {
        let calls = [
            Call(number: 9, arguments: [0, 4096, 3, 0x22, UInt64.max, 0]),  // mmap read-write
            Call(number: 135, arguments: [0xffff_ffff, 0, 0, 0, 0, 0]),  // personality, asked for
            Call(number: 157, arguments: [4, 0, 0, 0, 0, 0]),  // prctl PR_SET_DUMPABLE 0
            Call(number: 41, arguments: [1, 1, 0, 0, 0, 0]),  // socket AF_UNIX
            Call(number: 272, arguments: [0x10000, 0, 0, 0, 0, 0]),  // unshare CLONE_THREAD
        ]
        for (call, outcome) in zip(calls, try Self.outcomes(of: calls, role: "broker")) {
            let value = Int64(outcome.dropFirst("returned ".count)) ?? -1
            #expect(value >= 0, "\(call): \(outcome)")
        }
    }
}
