import Bytecode
import BytecodeText
import Channel
import Compilation
import NativeTesting
import ProgramPackage
import TestSupport
import Testing

@testable import Enclosure

/// Sets of programs that go on in one another: interpreted, as native code, and in the kernel.
@Suite("Tail calls")
struct TailCallTests {
    /// Map 0 is the array of programs, map 1 a number that programs count in.
    private static func call(slot: String) -> String { "ld_pseudo r2, 0x5, 0x0\nr3 = \(slot)\ncall 12" }
    private static let count = """
        *(u32 *)(r10 - 4) = 0
        r2 = r10
        r2 += -4
        ld_pseudo r1, 0x5, 0x1
        call 1
        if r0 == 0 goto +3
        r7 = *(u64 *)(r0 + 0)
        r7 += 1
        *(u64 *)(r0 + 0) = r7
        """

    struct Example: CustomStringConvertible, Sendable {
        let description: String
        let programs: [String]
        /// Numbers of the programs in the slots, 0 for none.
        let slots: [UInt32]
        let result: UInt64
        /// Whether Linux's verifier can accept it.
        var isForKernel = true
    }

    static let examples: [Example] = [
        Example(
            description: "goes on in another, which returns in its place",
            programs: ["\(call(slot: "1"))\nr0 = 1\nexit", "r0 = 2\nexit"], slots: [0, 2], result: 2),
        Example(
            description: "an empty slot leads nowhere",
            programs: ["\(call(slot: "0"))\nr0 = 1\nexit", "r0 = 2\nexit"], slots: [0, 2], result: 1),
        Example(
            description: "an index that no slot has leads nowhere",
            programs: ["\(call(slot: "2"))\nr0 = 1\nexit", "r0 = 2\nexit"], slots: [2, 2], result: 1),
        Example(
            description: "the index has 32 bits",
            programs: ["r3 = 0x700000001 ll\nld_pseudo r2, 0x5, 0x0\ncall 12\nr0 = 1\nexit", "r0 = 2\nexit"],
            slots: [0, 2],
            result: 2),
        Example(
            description: "may enter itself 33 times",
            programs: ["r6 = r1\n\(count)\nr1 = r6\n\(call(slot: "0"))\nr0 = r7\nexit"], slots: [1], result: 34),
        Example(
            description: "33 times in all, whatever programs it is between",
            programs: [
                "r6 = r1\n\(count)\nr1 = r6\n\(call(slot: "1"))\nr0 = r7\nexit",
                "r6 = r1\n\(count)\nr1 = r6\n\(call(slot: "0"))\nr0 = r7\nr0 += 1000\nexit",
            ], slots: [1, 2], result: 1034),
        Example(
            description: "an empty slot does not count",
            programs: [
                "r6 = r1\n\(count)\nr1 = r6\n\(call(slot: "1"))\nr1 = r6\n\(call(slot: "0"))\nr0 = r7\nexit"
            ], slots: [1, 0], result: 34),
        Example(
            description: "a chain of five ends in the last",
            programs: (1...5).map { "\(call(slot: "\($0)"))\nr0 = \($0)\nexit" }, slots: [1, 2, 3, 4, 5], result: 5),
        Example(
            description: "a function's caller gets what the other program returns, and keeps its registers",
            programs: [
                "r6 = 100\nr7 = r1\ncall +2\nr0 += r6\nexit\n\(call(slot: "0"))\nr0 = 1\nexit",
                "r6 = 5\nr0 = 7\nexit",
            ], slots: [2], result: 107, isForKernel: false),
        Example(
            description: "a function of the program that goes on has a frame below",
            programs: [
                "call +1\nexit\n\(call(slot: "0"))\nr0 = 1\nexit",
                "*(u64 *)(r10 - 8) = 9\ncall +2\nr0 = *(u64 *)(r10 - 8)\nexit\n*(u64 *)(r10 - 8) = 3\nr0 = 0\nexit",
            ], slots: [2], result: 9, isForKernel: false),
        Example(
            description: "one that leads nowhere leaves 0 in R0, and R1 to R5 as they were",
            programs: ["r4 = 40\nr5 = 5\nr1 = 1\n\(call(slot: "1"))\nr0 += r1\nr0 += r3\nr0 += r4\nr0 += r5\nexit"],
            slots: [0, 0], result: 47, isForKernel: false),
        Example(
            description: "the program that goes on finds 0 in what it has not written",
            programs: [
                "r4 = 1\nr5 = 1\nr6 = 1\nr7 = 1\nr8 = 1\nr9 = 1\nr0 = 1\n\(call(slot: "0"))\nr0 = 1\nexit",
                "r0 |= r2\nr0 |= r3\nr0 |= r4\nr0 |= r5\nr0 |= r6\nr0 |= r7\nr0 |= r8\nr0 |= r9\nexit",
            ], slots: [2], result: 0, isForKernel: false),
    ]

    private static func set(_ example: Example) throws -> NativeCase {
        var code: [Instruction] = []
        var entries: [Int] = []
        for text in example.programs {
            let start = code.count
            entries.append(start)
            code += try Instruction.decode(BytecodeText.Assembler().assemble(text)).map {
                var moved = $0
                if moved.operation.namesTarget { moved.offset += Int32(start) }
                return moved
            }
        }
        return NativeCase(code: code, entries: entries, payload: [1, 2, 3, 4])
    }

    private static func settings(_ slots: [UInt32], _ mode: ExecutionMode) -> NativeSettings {
        var settings = NativeSettings()
        settings.profile = .linux
        settings.mode = mode
        settings.maps = [.init(programs: slots), .init(type: 2, value: 8, entries: 1)]
        return settings
    }

    private static func geometry() throws -> ChannelGeometry {
        try ChannelGeometry(slotCountShift: 1, slotSizeShift: 12, logCountShift: 0)
    }

    @Test("the interpreter does what it should, in every mode", arguments: examples, ExecutionMode.allCases)
    func interpreted(example: Example, mode: ExecutionMode) throws {
        let host = try HostMachine(Self.geometry())
        let outcome = try host.run([Self.set(example)], Self.settings(example.slots, mode))
        #expect(outcome[0].ending == .returned(example.result))
    }

    @Test(
        "native code does the same, and counts the same fuel", .enabled(if: KVM.isUsable, "\(KVM.reason)"),
        arguments: examples, [ExecutionMode.metered, .verified])
    func native(example: Example, mode: ExecutionMode) throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        var native = try NativeMachine(Self.geometry())
        let host = try HostMachine(Self.geometry())
        let set = try Self.set(example)
        let settings = Self.settings(example.slots, mode)
        let expected = try host.run([set], settings)
        #expect(try native.run([set], settings) == expected)
        #expect(expected[0].ending == .returned(example.result))
    }

    @Test(
        "the kernel does the same", .enabled(if: KernelMachine.isUsable, "\(KernelMachine.reason)"),
        arguments: examples.filter(\.isForKernel))
    func kernel(example: Example) throws {
        let names = example.programs.indices.map { "\($0)" }
        let slots = example.slots.enumerated().filter { $0.element != 0 }.map {
            MapSlot(index: UInt32($0.offset), target: .program(names[Int($0.element) - 1]))
        }
        let kernel = try KernelSet(
            example.programs.map { try BytecodeText.Assembler().assemble($0) }, names: names,
            maps: [
                MapDefinition(
                    name: "programs", type: 3, keySize: 4, valueSize: 4, maximumEntries: UInt32(slots.isEmpty ? 1 : 5),
                    slots: slots),
                MapDefinition(name: "count", type: 2, keySize: 4, valueSize: 8, maximumEntries: 1),
            ], as: .socketFilter)
        #expect(try kernel.run([UInt8](repeating: 0, count: 64)).result == UInt32(example.result))
    }

    @Test("a set becomes these instructions: a look-up, a count, a tree of comparisons, and direct jumps to entries")
    func listing() throws {
        let set = try Self.set(
            Example(
                description: "", programs: ["\(Self.call(slot: "1"))\nexit", "r0 = r9\nexit", "r0 = r3\nexit"],
                slots: [], result: 0))
        func lines(_ maps: [Compilation.MapShape]) throws -> [String] {
            let compiled = try Compilation.x86(
                Compilation.Program(code: set.code, entries: set.entries, maps: maps),
                Compilation.Options(countsFuel: false), for: Compilation.Target(helper: 0x40_2000, fault: 0x40_2100))
            return try EncodingTests.disassemble(compiled.bytes)
        }
        let known = try lines([Compilation.MapShape(type: 3, valueSize: 4, maximumEntries: 5)])
        let tree = ["cmp", "ja", "jmp", "cmp", "ja", "xor", "jmp", "xor", "jmp"]
        #expect(
            known.map { $0.split(separator: " ").first.map(String.init) ?? "" } == [
                "mov", "mov", "mov", "mov", "shl", "add", "mov", "cmp", "cmovb", "mov", "test", "jne", "ret", "mov",
                "ret", "mov", "ret",
                // One too many; a number that is no program's; the count.
                "xor", "jmp", "mov", "movabs", "jmp", "cmp", "ja", "cmp", "jae", "add", "jmp",
            ] + tree)
        // Where the array is not known, the image is asked.
        #expect(
            try lines([]).map { $0.split(separator: " ").first.map(String.init) ?? "" } == [
                "mov", "mov", "mov", "push", "movabs", "call", "pop", "test", "jne", "ret", "mov", "ret", "mov", "ret",
                "xor", "jmp", "cmp", "jae", "add", "jmp",
            ] + tree)
    }

    @Test(
        "whatever a hostile cell writes into the array, control goes on behind the call or at the entry of a program, or the storage is named corrupt",
        arguments: ExecutionMode.allCases)
    func hostileNumbers(mode: ExecutionMode) throws {
        let host = try HostMachine(Self.geometry())
        let set = try Self.set(
            Example(
                description: "", programs: ["\(Self.call(slot: "0"))\nr0 = 1\nexit", "r0 = 2\nexit", "r0 = 3\nexit"],
                slots: [], result: 0))
        var generator = SeededGenerator(seed: 12)
        let numbers =
            [0, 2, 3, 4, 5, 0x7FFF_FFFF, 0x8000_0000, .max, UInt32(AddressMap.code), UInt32(AddressMap.image)]
            + (0..<50).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        var native = KVM.isUsable && mode != .checked ? try NativeMachine(Self.geometry()) : nil
        for number in numbers {
            let settings = Self.settings([number], mode)
            let outcome = try host.run([set], settings)
            if native != nil { #expect(try native?.run([set], settings) == outcome) }
            let ending = outcome[0].ending
            switch number {
            case 0: #expect(ending == .returned(1))
            case 2, 3: #expect(ending == .returned(UInt64(number)))
            case _:
                #expect(
                    ending
                        == .faulted(
                            ProgramFault(
                                kind: .corruptMap, instruction: 3,
                                address: AddressMap.program + BootRecord.capacity, accessSize: 0)))
            }
        }
    }

    /// The array in R2 is known where the call is, and is not: something else might come there with another.
    private static func call(slot: String, array isKnown: Bool) -> String {
        isKnown ? call(slot: slot) : "ld_pseudo r2, 0x5, 0x0\nr3 = \(slot)\nif r3 == 77 goto +0\ncall 12"
    }

    @Test(
        "calls whose array is known and calls whose array is not count together",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"),
        arguments: [ExecutionMode.metered, .verified])
    func mixedCalls(mode: ExecutionMode) throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        var native = try NativeMachine(Self.geometry())
        let host = try HostMachine(Self.geometry())
        for order in [[true, false], [false, true], [false, false], [true, true]] {
            let programs = order.enumerated().map { number, isKnown in
                "r6 = r1\n\(Self.count)\nr1 = r6\n\(Self.call(slot: "\(1 - number)", array: isKnown))\nr0 = r7\nexit"
            }
            let set = try Self.set(Example(description: "", programs: programs, slots: [1, 2], result: 0))
            let settings = Self.settings([1, 2], mode)
            // Two events, so that the count begins anew.
            let expected = try host.run([set, set], settings)
            #expect(try native.run([set, set], settings) == expected)
            #expect(expected.map(\.ending) == [.returned(34), .returned(68)])
        }
    }

    @Test("a map that is no array of programs is refused, in every mode", arguments: ExecutionMode.allCases)
    func otherMap(mode: ExecutionMode) throws {
        let host = try HostMachine(Self.geometry())
        let set = try Self.set(
            Example(
                description: "", programs: ["ld_pseudo r2, 0x5, 0x1\nr3 = 0\ncall 12\nr0 = 1\nexit"], slots: [],
                result: 0))
        let map = AddressMap.program + BootRecord.capacity + 128
        #expect(
            try host.run([set], Self.settings([1], mode))[0].ending
                == .faulted(
                    ProgramFault(kind: .invalidHelperArgument, instruction: 3, address: map, accessSize: 0)))
    }

    @Test(
        "programs that go on in one another for ever, on fuel that does not last, are stopped",
        arguments: [ExecutionMode.checked, .metered])
    func fuel(mode: ExecutionMode) throws {
        let host = try HostMachine(Self.geometry())
        let set = try Self.set(
            Example(description: "", programs: ["\(Self.call(slot: "0"))\nr0 = 1\nexit"], slots: [1], result: 0))
        var settings = Self.settings([1], mode)
        settings.fuel = 20
        guard case .faulted(let fault) = try host.run([set], settings)[0].ending else {
            return #expect(Bool(false), "it returned")
        }
        #expect(fault.kind == .fuelExhausted)
    }
}
