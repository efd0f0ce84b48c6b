import Supervision
import Testing

@testable import Confinement

/// The compiled programs against the tables they come from, without a kernel: millions of calls in seconds.
@Suite("Filters, as compiled")
struct CompiledFilterTests {
    static let filters: [Filter] =
        [.broker, .spawner, RuleWalkTests.monitor, RuleWalkTests.admission, supervisor]
        + [[.connectIPv4, .bindIPv4], [.connectIPv6, .sendIPv4, .socketCreate], Set(SupervisedHook.allCases)].map {
            Filter.tree(hooks: $0)
        } + [watching.filter]
    /// A tree of which some calls are told of: what the filter refuses of those is left to who hears of them.
    static let watching: (filter: Filter, left: Filter) = {
        let calls = ["openat", "read", "write", "sendto", "socket", "clone"].compactMap {
            HookSection("tracepoint/syscalls/sys_enter_\($0)")
        }
        return Filter.tree(hooks: [.connectIPv4, .socketCreate]).telling(
            of: ObservedCalls(calls).rows(socket: 5, words: 0x5555_0000_1000))
    }()
    static let supervisor = Filter.supervisor(SupervisorDescriptors(channel: 200, listener: 201, command: 202))
    static let native: UInt32 = 0xc000_003e  // AUDIT_ARCH_X86_64

    static func code(_ action: FilterAction) -> UInt32 {
        switch action {
        case .allow: 0x7fff_0000
        case .refuse(let errno): 0x0005_0000 | UInt32(errno)
        case .kill: 0x8000_0000
        case .notify: 0x7fc0_0000
        }
    }

    @Test("a random call is answered as the table says", arguments: filters)
    func agreesWithTable(filter: Filter) throws {
        let program = ClassicBPF(instructions: try filter.prepared().instructions)
        var random = SplitMix(state: 0x5eed)
        let numbers = filter.rules.map(\.call.number)
        let values = filter.rules.flatMap {
            RuleWalkTests.arguments(satisfying: $0) + RuleWalkTests.mutations(of: $0).joined()
        }
        var answers: [FilterAction: Int] = [:]
        for round in 0..<200_000 {
            let number =
                round % 4 == 0 ? UInt32(random.next() % 600) : numbers[Int(random.next() % UInt64(numbers.count))]
            let arguments = (0..<6).map { _ in
                random.next() % 8 == 0 ? random.next() : values[Int(random.next() % UInt64(values.count))]
            }
            let expected = filter.decision(number: number, arguments: arguments)
            let answer = try program.answer(number: number, architecture: Self.native, arguments: arguments)
            #expect(answer == Self.code(expected), "call \(number) \(arguments)")
            answers[expected, default: 0] += 1
        }
        // A comparison that only ever saw one answer would prove nothing.
        #expect(answers.count >= 2)
        #expect(answers.values.allSatisfy { $0 > 100 })
    }

    @Test("each row, and each of its mutations, is answered as the table says", arguments: filters)
    func rowsAgree(filter: Filter) throws {
        let program = ClassicBPF(instructions: try filter.prepared().instructions)
        for rule in filter.rules {
            for arguments in [RuleWalkTests.arguments(satisfying: rule)] + RuleWalkTests.mutations(of: rule) {
                let expected = filter.decision(number: rule.call.number, arguments: arguments)
                let answer = try program.answer(
                    number: rule.call.number, architecture: Self.native, arguments: arguments)
                #expect(answer == Self.code(expected), "\(rule.call) \(arguments)")
            }
        }
    }

    @Test("every other architecture, and x32, is killed whatever the call", arguments: filters)
    func foreignArchitectures(filter: Filter) throws {
        let program = ClassicBPF(instructions: try filter.prepared().instructions)
        let zeros = [UInt64](repeating: 0, count: 6)
        for architecture: UInt32 in [0x4000_0003, 0xc000_00b7, 0xc000_00f3, 0, 0xffff_ffff] {
            for number: UInt32 in 0...600 {
                #expect(
                    try program.answer(number: number, architecture: architecture, arguments: zeros) == 0x8000_0000)
            }
        }
        for number: UInt32 in 0...600 {
            let answer = try program.answer(number: 0x4000_0000 | number, architecture: Self.native, arguments: zeros)
            #expect(answer == 0x8000_0000)
        }
    }

    @Test(
        "where calls are told of, nothing that a tree refuses is lost: who hears of a call finds what the filter would say"
    )
    func watched() {
        let plain = Filter.tree(hooks: [.connectIPv4, .socketCreate])
        let (filter, left) = Self.watching
        var (told, random) = (0, SplitMix(state: 0x5eed))
        for _ in 0..<100_000 {
            let rule = plain.rules[Int(random.next() % UInt64(plain.rules.count))]
            let mutations = [RuleWalkTests.arguments(satisfying: rule)] + RuleWalkTests.mutations(of: rule)
            let arguments = mutations[Int(random.next() % UInt64(mutations.count))]
            let number = random.next() % 4 == 0 ? UInt32(random.next() % 300) : rule.call.number
            let before = plain.decision(number: number, arguments: arguments)
            let now = filter.decision(number: number, arguments: arguments)
            if now == .notify, before != .notify || left.rules.contains(where: { $0.call.number == number }) {
                told += 1
                #expect(left.decision(number: number, arguments: arguments) == before)
            } else {
                #expect(now == before, "\(number) \(arguments)")
            }
        }
        #expect(told > 1_000)
    }

    @Test("a call has the name that tracepoints have for it")
    func names() {
        let calls = ["newfstat": 5, "read": 0, "openat": 257, "umount": 166, "clone3": 435, "openat2": 437]
        for (name, number) in calls { #expect(SystemCall(tracepoint: name)?.number == UInt32(number), "\(name)") }
        #expect(SystemCall(tracepoint: "nothing") == nil && SystemCall(tracepoint: "arm_fadvise64_64") == nil)
        for text in [
            "tp/syscalls/read", "tracepoint/sched/sched_switch", "raw_tp/sys_wait", "tracepoint", "raw_tp/sys_exit/x",
        ] {
            #expect(HookSection(text) == nil, "\(text)")
        }
        #expect(HookSection("tracepoint/syscalls/sys_enter_*") == nil)
        #expect(HookSection("raw_tracepoint/sys_exit")?.hook == .rawCallReturned)
    }

    @Test("no call is spoken of by two rows with different actions", arguments: filters)
    func rowsDoNotContradict(filter: Filter) {
        for rule in filter.rules {
            let arguments = RuleWalkTests.arguments(satisfying: rule)
            let actions = filter.rules.filter { $0.matches(number: rule.call.number, arguments: arguments) }.map(
                \.action)
            #expect(Set(actions).count == 1, "\(rule.call)")
        }
    }

    @Test("every row gives a reason", arguments: filters)
    func reasons(filter: Filter) {
        for rule in filter.rules { #expect(rule.reason.count > 3, "\(rule.call)") }
    }

    @Test("compiling twice gives the same program", arguments: filters)
    func deterministic(filter: Filter) throws {
        #expect(try filter.prepared() == filter.prepared())
    }

    @Test("every row that takes a descriptor names exactly one")
    func descriptorRows() {
        let byDescriptor: Set<String> = [
            "ioctl", "write", "sendto", "read", "pread64", "lseek", "fstat", "pwrite64", "ftruncate",
        ]
        for filter in [RuleWalkTests.monitor, RuleWalkTests.admission] {
            for rule in filter.rules where byDescriptor.contains(rule.call.name) {
                let names = rule.conditions.contains { condition in
                    if case .equals = condition.comparison { condition.index == 0 } else { false }
                }
                #expect(names, "\(filter.name) \(rule.call)")
            }
        }
    }

    @Test("a comparison of an argument that does not exist is refused, with its row")
    func badRow() {
        let filter = Filter(
            name: "bad",
            rules: [
                .allow(.brk, reason: "first"),
                .allow(.read, .argument(6, equals: 0), reason: "calls have six arguments"),
            ], defaultAction: .kill)
        #expect(throws: FilterError.library(function: "seccomp_rule_add_array", errno: 22, row: 1)) {
            try filter.prepared()
        }
    }
}

/// A small deterministic generator (SplitMix64), so that a failure can be repeated.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
