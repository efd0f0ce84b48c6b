import Testing

@testable import Confirmation

@Suite("The machine that programs are tried in")
struct MachineTests {
    nonisolated(unsafe) static let bench = Bench()

    static func run(_ assembly: String, _ input: Input = Input()) throws -> Halt {
        var machine = Machine(try bench.subject(assembly), in: Arena())
        return machine.begin(input, fuel: 100_000) ?? machine.run()
    }

    @Test("a program returns what it computes")
    func result() throws {
        #expect(try Self.run("r0 = 7\nr0 *= 6\nexit") == .returned(42))
    }

    @Test("the context says where the packet begins and ends")
    func packet() throws {
        var input = Input()
        input.chosen[Variable(.packetSize)] = 100
        input.chosen[Variable(.packetByte, 0, 99)] = 0xAB
        let text = "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr0 = r3\nr0 -= r2\n"
        #expect(try Self.run(text + "exit", input) == .returned(100))
        #expect(try Self.run(text + "w0 = *(u8 *)(r2 + 99)\nexit", input) == .returned(0xAB))
        guard
            case .fault(.outOfBounds(_, size: 1, isWrite: false)) = try Self.run(
                text + "w0 = *(u8 *)(r2 + 100)\nexit", input)
        else {
            Issue.record("the byte behind the packet can be read")
            return
        }
    }

    @Test("a field of the context that may only be read cannot be written")
    func context() throws {
        #expect(
            try Self.run("*(u32 *)(r1 + 12) = 1\nr0 = 0\nexit")
                == .fault(.contextAccess(offset: 12, size: 4, isWrite: true)))
        #expect(try Self.run("*(u32 *)(r1 + 20) = 1\nr0 = 0\nexit") == .returned(0))
        #expect(
            try Self.run("w0 = *(u16 *)(r1 + 0)\nexit") == .fault(.contextAccess(offset: 0, size: 2, isWrite: false)))
    }

    static let lookup = """
        *(u32 *)(r10 - 4) = 3
        r2 = r10
        r2 += -4
        ld_pseudo r1, 0x1, 0x0
        call 1

        """

    @Test("a lookup gives a value or 0, as the input says; the value ends where it ends")
    func lookup() throws {
        let found = Self.lookup + "if r0 == 0 goto +2\nr0 = *(u64 *)(r0 + 8)\nexit\nr0 = -1\nexit"
        var input = Input()
        input.chosen[Variable(.memoryByte, 10, 8)] = 5
        #expect(try Self.run(found, input) == .returned(5))
        input.chosen[Variable(.success, 0)] = 0
        #expect(try Self.run(found, input) == .returned(.max))
        guard
            case .fault(.outOfBounds(_, size: 8, isWrite: false)) = try Self.run(
                Self.lookup + "if r0 == 0 goto +1\nr0 = *(u64 *)(r0 + 9)\nr0 = -1\nexit")
        else {
            Issue.record("the value has no end")
            return
        }
    }

    @Test("a helper calls back as often as it is asked to")
    func loop() throws {
        let text = """
            *(u64 *)(r10 - 8) = 0
            r1 = 5
            ld_pseudo r2, 0x4, body
            r3 = r10
            r3 += -8
            r4 = 0
            call 181
            r1 = *(u64 *)(r10 - 8)
            r0 <<= 8
            r0 |= r1
            exit
            body: r3 = *(u64 *)(r2 + 0)
            r3 += r1
            *(u64 *)(r2 + 0) = r3
            r0 = 0
            exit
            """
        #expect(try Self.run(text) == .returned(5 << 8 | 10))
    }

    @Test("what was given back is gone")
    func release() throws {
        let text = """
            ld_pseudo r1, 0x1, 0x3
            r2 = 16
            r3 = 0
            call 131
            if r0 == 0 goto +6
            r6 = r0
            *(u64 *)(r6 + 8) = 1
            r1 = r0
            r2 = 0
            call 132
            r0 = *(u64 *)(r6 + 0)
            r0 = 0
            exit
            """
        guard case .fault(.outOfBounds) = try Self.run(text) else {
            Issue.record("freed memory can be read")
            return
        }
    }

    @Test("a run of an endless program ends with its fuel")
    func fuel() throws { #expect(try Self.run("goto -1\nexit") == .fault(.outOfFuel)) }
}
