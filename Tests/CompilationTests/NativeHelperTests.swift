import Bytecode
import BytecodeText
import Channel
import NativeTesting
import TestSupport
import Testing

@testable import Enclosure

/// Helpers and maps: native code leaves the same results, payloads and map contents as the interpreter.
@Suite("Helpers and maps in native code", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct NativeHelperTests {
    private static let maps: [NativeSettings.MapPlan] = [
        .init(type: 2, value: 12, entries: 5), .init(type: 2, value: 8, entries: 1),
        .init(type: 1, key: 8, value: 8, entries: 2),
        .init(type: 6, value: 8, entries: 2), .init(type: 2, value: 8, entries: 4, flags: 0x100),
        .init(type: 2, value: 64, entries: 3),
        .init(type: 2, value: 8, entries: 4, flags: 0x80),
    ]
    private static let kinds: [NativeSettings.MapPlan] = [
        .init(type: 22, key: 0, value: 8, entries: 2), .init(type: 30, key: 0, value: 8, entries: 100),
        .init(type: 5, key: 8, value: 8, entries: 2), .init(type: 9, key: 8, value: 8, entries: 2),
        .init(type: 11, key: 8, value: 8, entries: 4, flags: 1),
    ]

    /// R1 = map, R2 = the payload, R3 = the payload + 8, then the helper.
    private static func call(_ helper: Int, map: Int, flags: Int = 0, after: String = "") -> String {
        """
        r6 = r1
        r2 = r1
        r3 = r1
        r3 += 8
        r4 = \(flags)
        ld_pseudo r1, 0x5, 0x\(map)
        call \(helper)
        \(after)
        exit
        """
    }

    private static func payload(_ key: UInt64, _ value: UInt64) -> [UInt8] {
        [key, value, 0, 0].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private func compare(
        _ texts: [(String, [UInt8])], _ counts: [ExecutionMode] = [.metered, .verified],
        maps: [NativeSettings.MapPlan] = Self.maps
    ) throws -> [NativeOutcome] {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 6, slotSizeShift: 12, logCountShift: 3)
        var native = try NativeMachine(geometry)
        let host = try HostMachine(geometry)
        let assembler = BytecodeText.Assembler()
        let cases = try texts.map { text, payload in
            NativeCase(code: try Instruction.decode(assembler.assemble(text)), payload: payload)
        }
        var settings = NativeSettings()
        settings.profile = .linux
        settings.maps = maps
        settings.randomSeed = 99
        var last: [NativeOutcome] = []
        for mode in counts {
            settings.mode = mode
            let expected = try host.run(cases, settings)
            last = try native.run(cases, settings)
            for (index, pair) in zip(last, expected).enumerated() {
                #expect(pair.0 == pair.1, "\(texts[index].0)")
            }
            #expect(native.place.mapBytes(0x1_0000) == host.place.mapBytes(0x1_0000))
        }
        return last
    }

    @Test("queues, filters, tries, LRUs and the values of lanes are the interpreter's")
    func kinds() throws {
        var texts: [(String, [UInt8])] = []
        for map in 0...1 {
            // Push the first word, then put what pop and peek give behind it.
            for (helper, flags) in [(87, 0), (87, 2), (87, 1), (88, 0), (89, 0), (88, 0), (88, 0)] {
                let text = """
                    r2 = r1
                    r3 = \(flags)
                    ld_pseudo r1, 0x5, 0x\(map)
                    call \(helper)
                    exit
                    """
                for value in UInt64(1)...3 { texts.append((text, Self.payload(value, 0))) }
            }
        }
        #expect(Set(try compare(texts, maps: Self.kinds).map { "\($0.ending)" }).count > 3)
        texts = []
        for map in 2...4 {
            for key in [1 << 32 | 8, 1 << 32 | 16, 2 << 32 | 32, 3 << 32 | 32] as [UInt64] {
                for helper in [2, 1, 195, 3, 2] {
                    // The third argument is the value of an update, the lane of a look-up.
                    let third = helper == 195 ? "r3 = 0" : "r3 = r6\nr3 += 8"
                    let after = helper == 1 || helper == 195 ? "if r0 == 0 goto +1\nr0 = *(u64 *)(r0 + 0)" : "r0 = r0"
                    let text = """
                        r6 = r1
                        r2 = r1
                        \(third)
                        r4 = 0
                        ld_pseudo r1, 0x5, 0x\(map)
                        call \(helper)
                        \(after)
                        exit
                        """
                    texts.append((text, Self.payload(key, key &* 3)))
                }
            }
        }
        #expect(Set(try compare(texts, maps: Self.kinds).map { "\($0.ending)" }).count > 5)
    }

    @Test("lookups in arrays, of every index and shape, are the interpreter's")
    func lookups() throws {
        var texts: [(String, [UInt8])] = []
        for map in 0..<Self.maps.count {
            for key: UInt64 in [0, 1, 2, 3, 4, 5, 0xFFFF_FFFF, 0x8000_0000] {
                texts.append((Self.call(1, map: map), Self.payload(key, 0)))
            }
        }
        let outcomes = try compare(texts)
        // Both kinds of answer.
        #expect(outcomes.contains { $0.ending == .returned(0) })
        #expect(
            outcomes.contains {
                if case .returned(let address) = $0.ending { address > AddressMap.maps } else { false }
            })
    }

    @Test("updates and deletions leave the same maps")
    func updates() throws {
        var texts: [(String, [UInt8])] = []
        for map in 0..<Self.maps.count {
            for flags in 0...3 {
                texts.append((Self.call(2, map: map, flags: flags), Self.payload(UInt64(flags), 0x1122_3344_5566_7788)))
            }
            texts.append((Self.call(3, map: map), Self.payload(1, 0)))
            texts.append(
                (
                    Self.call(1, map: map, after: "if r0 == 0 goto +2\nr1 = *(u64 *)(r0 + 0)\nr0 = r1"),
                    Self.payload(1, 0)
                ))
        }
        _ = try compare(texts)
    }

    @Test("a value is written through the address that a lookup gave, and through a reference to it")
    func values() throws {
        let write = "if r0 == 0 goto +2\nr1 = 77\n*(u64 *)(r0 + 0) = r1"
        let outcomes = try compare([
            (Self.call(1, map: 5, after: write), Self.payload(2, 0)),
            (
                "ld_pseudo r3, 0x6, 0x1, 0x0\nr4 = 5\n*(u64 *)(r3 + 0) = r4\nr0 = *(u64 *)(r3 + 0)\nexit",
                Self.payload(0, 0)
            ),
            ("ld_pseudo r3, 0x6, 0x5, 0x40\nr0 = *(u64 *)(r3 + 64)\nexit", Self.payload(0, 0)),
            ("ld_pseudo r0, 0x6, 0x2, 0x0\nexit", Self.payload(0, 0)),
            ("ld_pseudo r0, 0x6, 0x9, 0x0\nexit", Self.payload(0, 0)),
        ])
        #expect(outcomes[1].ending == .returned(5))
        #expect(outcomes[2].ending == .returned(77))
        for index in 3...4 {
            guard case .faulted(let fault) = outcomes[index].ending else {
                Issue.record("\(outcomes[index])")
                continue
            }
            #expect(fault.kind == .invalidInstruction)
        }
    }

    @Test("the helpers without maps are the interpreter's, and leave R1 to R5 and R6 to R9 as they were")
    func plain() throws {
        func keeping(_ id: Int) -> String {
            """
            r1 = 1
            r2 = 2
            r3 = 3
            r4 = 4
            r5 = 5
            r6 = 6
            r9 = 9
            call \(id)
            r7 = r0
            r0 = r1
            r0 <<= 4
            r0 |= r2
            r0 <<= 4
            r0 |= r3
            r0 <<= 4
            r0 |= r4
            r0 <<= 4
            r0 |= r5
            r0 <<= 8
            r0 |= r6
            r0 += r9
            r0 ^= r7
            exit
            """
        }
        var texts = [5, 7, 8].map { (keeping($0), Self.payload(0, 0)) }
        texts += (0..<4).map { _ in ("call 7\nexit", Self.payload(0, 0)) }
        texts.append(("call 8\nexit", Self.payload(0, 0)))
        texts.append(("call 5\nexit", Self.payload(0, 0)))
        let outcomes = try compare(texts)
        #expect(outcomes[7].ending == .returned(7))
        #expect(outcomes[8].ending == .returned(1_000_008))
        #expect(Set(outcomes[3...6].map { "\($0.ending)" }).count == 4)
    }

    @Test("a helper refuses what it refuses in the interpreter, at the same instruction")
    func refusals() throws {
        let outcomes = try compare([
            ("r1 = 5\nr2 = r10\ncall 1\nexit", Self.payload(0, 0)), ("r6 = 1\ncall 99\nexit", Self.payload(0, 0)),
            ("call 4294967295\nexit", Self.payload(0, 0)),
            ("r0 = 3\nexit", Self.payload(0, 0)),
        ])
        #expect(
            outcomes[0].ending
                == .faulted(ProgramFault(kind: .invalidHelperArgument, instruction: 2, address: 5, accessSize: 0)))
        #expect(
            outcomes[1].ending
                == .faulted(ProgramFault(kind: .unknownHelper, instruction: 1, address: 99, accessSize: 0)))
        #expect(outcomes[3].ending == .returned(3))
    }

    @Test("%s reads the frame of a called function, which the image must know to be in use")
    func printsFromFrames() throws {
        let text = """
            call +2
            exit
            exit
            r1 = 0x4141
            *(u64 *)(r10 - 8) = r1
            r1 = 0x7325
            *(u64 *)(r10 - 16) = r1
            r1 = r10
            r1 += -16
            r2 = 3
            r3 = r10
            r3 += -8
            call 6
            exit
            """
        let outcomes = try compare([(text, Self.payload(0, 0))])
        #expect(outcomes[0].ending == .returned(2))
    }
}
