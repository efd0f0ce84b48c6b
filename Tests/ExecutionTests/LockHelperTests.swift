import Channel
import Enclosure
import Execution
import Testing

@Suite("Locks in values")
struct LockHelperTests {
    @Test("a lock holds the lane of its holder, and nothing once it is given back")
    func heldAndGivenBack() throws {
        let held = """
            *(u32 *)(r10 - 8) = 0
            r1 = r10
            r1 += -8
            call 93
            r0 = *(u32 *)(r10 - 8)
            exit
            """
        var bench = try HelperBench(held)
        #expect(try bench.run() == .returned(1))
        var after = try HelperBench(held.replacing("call 93", with: "call 93\nr1 = r10\nr1 += -8\ncall 94"))
        #expect(try after.run() == .returned(0))
    }

    @Test("nobody waits without end for a lock that another holds")
    func heldByAnother() throws {
        var bench = try HelperBench(
            """
            *(u32 *)(r10 - 8) = 7
            r1 = r10
            r1 += -8
            call 93
            exit
            """)
        #expect(try bench.run() == .fault(.corruptMap, at: 3, AddressMap.privateMemory + 4096 - 8))
    }

    @Test("a lock that is not aligned, or not the program's to write, is refused", arguments: ["r10 - 6", "4096"])
    func wrongPlace(place: String) throws {
        let setup = place == "4096" ? "r1 = 4096" : "r1 = r10\nr1 += -6"
        for helper in [93, 94] {
            var bench = try HelperBench("\(setup)\ncall \(helper)\nexit")
            let place: UInt64 = place == "4096" ? 4096 : AddressMap.privateMemory + 4096 - 6
            #expect(try bench.run() == .fault(.invalidHelperArgument, at: place == 4096 ? 1 : 2, place))
        }
    }
}
