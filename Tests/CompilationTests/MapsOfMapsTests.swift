import Bytecode
import BytecodeText
import Channel
import Compilation
import NativeTesting
import ProgramPackage
import TestSupport
import Testing

@testable import Enclosure

/// Maps that are found in maps: native code finds and reads what the interpreter does.
@Suite("Maps of maps in native code")
struct MapsOfMapsTests {
    /// Map 0 finds maps; the others can be found: arrays, one of which has a flag, and a hash.
    private static func maps(_ numbers: [UInt32], hashed: Bool, flags: UInt32 = 0) -> [NativeSettings.MapPlan] {
        [
            .init(maps: numbers, hashed: hashed, flags: flags), .init(type: 2, value: 12, entries: 5),
            .init(type: 2, value: 8, entries: 3), .init(type: 2, value: 8, entries: 4, flags: 0x100),
            .init(type: 1, key: 4, value: 8, entries: 2), .init(type: 6, value: 8, entries: 2),
        ]
    }

    /// The first word of the payload is the key of the outer map, the second that of the inner one; R0 is what was found, or 77.
    ///
    /// - Parameter isKnown: whether it can be seen at the inner look-up where the map comes from.
    private static func program(isKnown: Bool, checksMap: Bool = true) -> String {
        """
        r6 = r1
        r2 = r1
        ld_pseudo r1, 0x5, 0x0
        call 1
        \(checksMap ? "if r0 == 0 goto miss" : "r0 = r0")
        r7 = r0
        \(isKnown ? "r8 = 1" : "if r6 == 0 goto +0")
        r1 = r7
        r2 = r6
        r2 += 8
        r3 = 30
        call 1
        r1 = r0
        r0 += r3
        if r1 == 0 goto +1
        r0 -= r3
        exit
        miss:
        r0 = 77
        exit
        """
    }

    private static func payload(_ outer: UInt64, _ inner: UInt64) -> [UInt8] {
        [outer, inner].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    private func compare(
        _ text: String, _ keys: [(UInt64, UInt64)], maps: [NativeSettings.MapPlan]
    ) throws -> [NativeOutcome] {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 6, slotSizeShift: 12, logCountShift: 3)
        var native = try NativeMachine(geometry)
        let host = try HostMachine(geometry)
        let code = try Instruction.decode(BytecodeText.Assembler().assemble(text))
        let cases = keys.map { NativeCase(code: code, payload: Self.payload($0, $1)) }
        var settings = NativeSettings()
        settings.profile = .linux
        settings.maps = maps
        var last: [NativeOutcome] = []
        for mode in [ExecutionMode.metered, .verified] {
            settings.mode = mode
            let expected = try host.run(cases, settings)
            last = try native.run(cases, settings)
            for (index, pair) in zip(last, expected).enumerated() {
                #expect(pair.0 == pair.1, "\(keys[index]) \(mode)")
            }
        }
        return last
    }

    private static let keys = (0..<9).flatMap { outer in (0..<6).map { (UInt64(outer), UInt64($0)) } }

    @Test(
        "every element of every map is found, and none elsewhere", .enabled(if: KVM.isUsable, "\(KVM.reason)"),
        arguments: [false, true], [false, true])
    func elements(hashed: Bool, isKnown: Bool) throws {
        // Numbers count from 1; some name no map, as a hostile cell may have left them.
        let maps = Self.maps([2, 3, 4, 5, 0, 7, .max, 6], hashed: hashed)
        let outcomes = try compare(Self.program(isKnown: isKnown), Self.keys, maps: maps)
        let found = outcomes.filter { if case .returned(let r0) = $0.ending { r0 > AddressMap.maps } else { false } }
        // Five elements, three, two; nothing of the map that programs may not read, or of the empty hash.
        #expect(found.count == 10)
        #expect(outcomes.filter { $0.ending == .returned(77) }.count == 4 * 6)
    }

    @Test(
        "a map that is none is refused where the interpreter refuses it", .enabled(if: KVM.isUsable, "\(KVM.reason)"),
        arguments: [false, true])
    func noMap(hashed: Bool) throws {
        let outcomes = try compare(
            Self.program(isKnown: true, checksMap: false), [(0, 0), (1, 0)],
            maps: Self.maps([2, 0], hashed: hashed))
        guard case .faulted(let fault) = outcomes[1].ending else { throw NativeMachine.Failure.noVerdict(case: 1) }
        #expect(fault.kind == .invalidHelperArgument && fault.address == 0)
    }

    @Test("an array that is found in an array takes no call but for what is no array")
    func listing() throws {
        func calls(_ text: String) throws -> Int {
            let shapes = [12, 2, 2].map { Compilation.MapShape(type: $0, valueSize: 4, maximumEntries: 4) }
            let program = Compilation.Program(
                code: try Instruction.decode(BytecodeText.Assembler().assemble(text)), maps: shapes)
            let compiled = try Compilation.x86(
                program, Compilation.Options(countsFuel: false),
                for: Compilation.Target(helper: 0x40_2000, fault: 0x40_2100))
            let lines = try EncodingTests.disassemble(compiled.bytes)
            // What is behind the last return is outlined.
            let straight = lines.prefix(through: lines.lastIndex(of: "ret") ?? 0)
            return straight.count { $0.hasPrefix("call") }
        }
        #expect(try calls(Self.program(isKnown: true)) == 0)
        #expect(try calls(Self.program(isKnown: false)) == 1)
    }
}
