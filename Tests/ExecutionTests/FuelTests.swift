import Channel
import Execution
import Testing

@Suite("Fuel")
struct FuelTests {
    /// A program and the instructions that it executes.
    static let programs: [(text: String, instructions: UInt64)] = [
        ("exit", 1),
        ("r0 = 1\nr0 = 2\nr0 = 3\nexit", 4),
        ("r0 = 1 ll\nr0 = 2 ll\nexit", 3),
        ("goto +1\nr0 = 1\nexit", 2),
        ("if r0 == 0 goto +1\nr0 = 1\nexit", 2),
        ("if r0 != 0 goto +1\nr0 = 1\nexit", 3),
        ("r2 = 10\ntop: r2 += -1\nif r2 != 0 goto top\nexit", 22),
        ("r2 = 3\ntop: r0 = 5 ll\nr2 += -1\nif r2 != 0 goto top\nexit", 11),
        ("call 5\ncall 5\nexit", 3),
        ("call f\ncall f\nexit\nf: r0 = 1\nexit", 7),
        ("call f\nexit\nf: call g\nexit\ng: r0 = 5 ll\nexit", 6),
    ]

    @Test(
        "fuel left is fuel less instructions; one less than needed stops the program before its last",
        arguments: Dispatch.allCases)
    func exactness(dispatch: Dispatch) throws {
        for (text, count) in Self.programs {
            for spare in [0, 1, 1000] as [UInt64] {
                let report = try Laboratory(fuel: count + spare).run(text, dispatch)
                #expect(report.fault == nil, "\(text)")
                #expect(report.fuelLeft == spare, "\(text)")
            }
            for fuel in 0..<count {
                let report = try Laboratory(fuel: fuel).run(text, dispatch)
                #expect(report.fault == .fuelExhausted, "\(text)")
                #expect(report.fuelLeft == 0, "\(text)")
            }
        }
    }

    @Test("fuel beyond any use is kept exact", arguments: [.max, 1 << 63, 1 << 60, 1 << 58, (1 << 58) + 1] as [UInt64])
    func abundance(fuel: UInt64) throws {
        let report = try Laboratory(fuel: fuel).run("r2 = 10\ntop: r2 += -1\nif r2 != 0 goto top\nexit")
        #expect(report.fault == nil)
        #expect(report.fuelLeft == fuel - 22)
    }

    @Test("nothing happens after the fuel has ended")
    func noEffect() throws {
        let laboratory = try Laboratory(fuel: 2)
        let report = try laboratory.run(
            "*(u8 *)(r1 + 0) = 1\n*(u8 *)(r1 + 1) = 1\n*(u8 *)(r1 + 2) = 1\nexit", payload: [0, 0, 0])
        #expect(report.fault == .fuelExhausted)
        #expect(report.instruction == 2)
        #expect(laboratory.bytes(at: laboratory.payload, count: 3) == [1, 1, 0])
    }

    @Test("a fault costs the instruction that it stopped at")
    func faults() throws {
        let report = try Laboratory(fuel: 10).run("r1 = 0\nr0 = *(u8 *)(r1 + 0)\nexit")
        #expect(report.fault == .outOfBoundsRead)
        #expect(report.fuelLeft == 8)
    }
}
