import Bytecode
import CExecution
import Channel
import Enclosure
import TestSupport
import Testing
import VectorCorpus

@testable import Execution

/// What the modes have in common, and the fuel of `metered`. No program here makes an access in a mode without checks that it
/// could not make in the one with them: each is run in that one first.
@Suite("Execution modes")
struct ModeTests {
    static let unchecked = [ExecutionMode.metered, .verified]

    @Test("C and Swift mean the same modes, and a record that says nothing checks everything")
    func numbers() throws {
        #expect(ExecutionMode.allCases.map { Int($0.rawValue) } == Array(0..<Int(CEXECUTION_MODE_COUNT)))
        #expect(Int(CEXECUTION_checked) == Int(ExecutionMode.checked.rawValue))
        #expect(Int(CEXECUTION_metered) == Int(ExecutionMode.metered.rawValue))
        #expect(Int(CEXECUTION_verified) == Int(ExecutionMode.verified.rawValue))
        for mode in ExecutionMode.allCases { #expect(Mode(mode).rawValue == mode.rawValue) }
        #expect(ExecutionMode(rawValue: 0) == .checked && Mode(word: 3) == .checked)
        let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 12, logCountShift: 0)
        let boot = BootRecord(geometry: geometry, entryConvention: .context, helperProfile: .linux)
        #expect(boot.executionMode == .checked)
    }

    @Test("every vector that returns does so in every mode, under both dispatches", arguments: unchecked)
    func vectors(mode: ExecutionMode) throws {
        for vector in try VectorCorpus.vectors() {
            guard case .result(let result) = vector.expectation else { continue }
            for dispatch in Dispatch.allCases {
                let laboratory = try Laboratory(fuel: vector.fuel)
                let report = laboratory.run(
                    try Instruction.decode(vector.slots), payload: vector.memory, dispatch, mode)
                #expect(report.fault == nil && report.result == result, "\(vector)")
                guard let after = vector.memoryAfter else { continue }
                #expect(laboratory.bytes(at: laboratory.payload, count: after.count) == after, "\(vector)")
            }
        }
    }

    @Test("random programs that return leave the same in every mode, under both dispatches", arguments: [11, 12, 13])
    func randomPrograms(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let laboratory = try Laboratory(fuel: 300)
        var returned = 0
        for _ in 0..<600 {
            let code = randomProgram(&generator)
            let payload = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            func outcome(_ dispatch: Dispatch, _ mode: ExecutionMode) -> (Laboratory.Report, [UInt8]) {
                var report = laboratory.run(code, payload: payload, dispatch, mode)
                if !mode.countsFuel { report.fuelLeft = 0 }
                return (
                    report,
                    laboratory.bytes(at: laboratory.payload, count: 64)
                        + laboratory.bytes(at: AddressMap.privateMemory, count: 4096)
                )
            }
            let expected = outcome(.handlers, .checked)
            guard expected.0.fault == nil else { continue }
            returned += 1
            for (dispatch, mode) in Dispatch.allCases.flatMap({ d in Self.unchecked.map { (d, $0) } }) {
                let actual = outcome(dispatch, mode)
                var report = expected.0
                if !mode.countsFuel { report.fuelLeft = 0 }
                #expect(actual == (report, expected.1), "\(mode) \(code)")
            }
        }
        #expect(returned > 50)
    }

    @Test("a metered program is stopped if and only if it needs more fuel than it has", arguments: Dispatch.allCases)
    func exactness(dispatch: Dispatch) throws {
        for (text, count) in FuelTests.programs {
            for spare in [0, 1, 1000] as [UInt64] {
                let report = try Laboratory(fuel: count + spare).run(text, dispatch, .metered)
                #expect(report.fault == nil && report.fuelLeft == spare, "\(text)")
            }
            for fuel in 0..<count {
                let report = try Laboratory(fuel: fuel).run(text, dispatch, .metered)
                #expect(report.fault == .fuelExhausted && report.fuelLeft == 0, "\(text)")
            }
        }
    }

    @Test("fuel beyond any use is kept exact", arguments: [.max, 1 << 63, 1 << 58, (1 << 58) + 1] as [UInt64])
    func abundance(fuel: UInt64) throws {
        let text = "r2 = 10\ntop: r2 += -1\nif r2 != 0 goto top\nexit"
        #expect(try Laboratory(fuel: fuel).run(text, .handlers, .metered).fuelLeft == fuel - 22)
    }

    @Test(
        "beyond its fuel a metered program executes at most each of its instructions once",
        arguments: 0...60 as ClosedRange<UInt64>)
    func bound(fuel: UInt64) throws {
        // Each instruction of the loop leaves its mark in a counter of its own.
        let loop = (0..<6).map { "r0 = *(u8 *)(r1 + \($0))\nr0 += 1\n*(u8 *)(r1 + \($0)) = r0" }
        let text = "top:\n" + loop.joined(separator: "\n") + "\ngoto top\nexit"
        let zeroes = [UInt8](repeating: 0, count: 6)
        func marks(_ laboratory: Laboratory, _ mode: ExecutionMode) throws -> [UInt8] {
            let report = try laboratory.run(text, payload: zeroes, .handlers, mode)
            #expect(report.fault == .fuelExhausted && report.fuelLeft == 0)
            if mode == .metered { #expect(report.instruction == 18) }
            return laboratory.bytes(at: laboratory.payload, count: 6)
        }
        let checked = try marks(Laboratory(fuel: fuel), .checked)
        let metered = try marks(Laboratory(fuel: fuel), .metered)
        // The loop's jump is where the end of the fuel is seen: the lap under way is finished, no other begins.
        let laps = UInt8(fuel / 19 + 1)
        #expect(metered == [UInt8](repeating: laps, count: 6))
        for (less, more) in zip(checked, metered) { #expect(less <= more && more <= less + 1) }
    }

    @Test("a loop of calls, and one of jumps that lead forwards and back, are stopped", arguments: Dispatch.allCases)
    func otherLoops(dispatch: Dispatch) throws {
        for text in [
            "top: call f\ngoto top\nexit\nf: r0 = 1\nexit", "top: goto on\nback: goto top\non: goto back\nexit",
            "top: r0 = 5 ll\nif r0 != 0 goto top\nexit", "goto -1",
        ] {
            let report = try Laboratory(fuel: 1_000_000).run(text, dispatch, .metered)
            #expect(report.fault == .fuelExhausted && report.fuelLeft == 0, "\(text)")
        }
    }
}

/// Helpers where their pointers are proven.
@Suite("Helpers without checks")
struct UncheckedHelperTests {
    @Test("maps are read, written and emptied as with checks", arguments: ExecutionMode.allCases)
    func maps(mode: ExecutionMode) throws {
        var bench = try HelperBench(
            """
            r6 = r1
            *(u32 *)(r10 - 4) = 3
            *(u64 *)(r10 - 16) = 77
            r1 = map[0]
            r2 = r10
            r2 += -4
            r3 = r10
            r3 += -16
            r4 = 0
            call 2
            if r0 != 0 goto out
            r1 = map[0]
            r2 = r10
            r2 += -4
            call 1
            if r0 == 0 goto out
            r7 = *(u64 *)(r0 + 0)
            r1 = map[0]
            r2 = r10
            r2 += -4
            call 3
            r7 += r0
            r1 = map[0]
            r2 = r10
            r2 += -4
            call 1
            r7 += r0
            r0 = r7
            out: exit
            """.replacing("r1 = map[0]", with: "ld_pseudo r1, 0x5, 0x0"),
            maps: [.init(type: 1, value: 8, entries: 4)], mode: mode)
        #expect(try bench.run() == .returned(77))
    }

    @Test("what is no map is refused", arguments: ExecutionMode.allCases)
    func handles(mode: ExecutionMode) throws {
        for helper in [1, 2, 3] {
            var bench = try HelperBench(
                """
                ld_pseudo r1, 0x5, 0x0
                r1 += 8
                r6 = r1
                *(u32 *)(r10 - 4) = 3
                r2 = r10
                r2 += -4
                r3 = r2
                r4 = 0
                call \(helper)
                exit
                """, maps: [.init(type: 2, value: 4, entries: 4)], mode: mode)
            let address = AddressMap.program + BootRecord.capacity + 8
            #expect(try bench.run() == .fault(.invalidHelperArgument, at: 9, address))
        }
    }

    @Test("a helper that is not offered is refused", arguments: ExecutionMode.allCases)
    func unknown(mode: ExecutionMode) throws {
        var bench = try HelperBench("call 4000\nexit", mode: mode)
        #expect(try bench.run() == .fault(.unknownHelper, at: 0, 4000))
    }

    @Test(
        "what %s prints is checked in every mode: no verifier knows it for a pointer", arguments: ExecutionMode.allCases
    )
    func strings(mode: ExecutionMode) throws {
        var bench = try HelperBench(
            """
            r6 = r1
            r3 = \(AddressMap.program)
            r2 = 3
            call 6
            exit
            """, mode: mode)
        #expect(try bench.run([0x25, 0x73, 0]) == .fault(.invalidHelperArgument, at: 3, AddressMap.program))
    }
}
