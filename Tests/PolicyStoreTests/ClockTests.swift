import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Clocks")
struct ClockTests {
    private let install = must(Nonce(text: String(repeating: "11", count: 16)))
    private let bootID = must(Nonce(text: String(repeating: "22", count: 16)))

    private func state(_ now: String) -> HostState {
        HostState(
            install: install, machine: TestHost.machine, root: .init(version: 1, sha256: sha256([1]), root: 1),
            now: time(now))
    }

    private func days(_ state: HostState, since start: String) -> Int64 {
        (state.timeFloor.secondsSince1970 - time(start).secondsSince1970) / 86_400
    }

    @Test("T53: one time for a whole load, to the second")
    func second() throws {
        let host = try TestHost.begun()
        let last = try host.store().load(now: time("2026-12-31T23:59:59Z"))
        #expect(last.outcome().outcome == .jitGuest)
        let first = try host.store().load(now: time("2027-01-01T00:00:00Z"))
        #expect(first.now == time("2027-01-01T00:00:00Z"))
        #expect(first.outcome().outcome == .interpGuest)
    }

    @Test("T54: a clock two years back is not believed: the floor counts, nothing is fresh, E_CLOCK")
    func back() throws {
        let host = try TestHost.begun()
        let policy = try host.store().load(now: time("2024-06-01T00:00:00Z"))
        #expect(policy.codes == [.clock])
        #expect(policy.now == time("2026-06-01T00:00:00Z"))
        #expect(policy.outcome().outcome == .interpGuest)
        #expect(policy.outcome().cap == .clockBehind)
        #expect(policy.state.timeFloor == time("2026-06-01T00:00:00Z"))
        // A day is what clocks may differ by.
        let near = try host.store().load(now: time("2026-05-31T00:00:00Z"))
        #expect(near.alarms.isEmpty)
        #expect(near.now == time("2026-06-01T00:00:00Z"))
    }

    @Test("T55: a clock 20 years ahead ends things early, moves the floor by 7 days, and recovers")
    func forward() throws {
        let host = try TestHost.begun()
        let policy = try host.store().load(now: time("2046-06-01T00:00:00Z"))
        #expect(policy.outcome().outcome == .interpGuest)
        #expect(policy.state.timeFloor == time("2026-06-08T00:00:00Z"))
        for _ in 0..<3 {
            #expect(
                try host.store().load(now: time("2046-06-01T00:00:00Z")).state.timeFloor == time("2026-06-08T00:00:00Z")
            )
        }
        let later = try host.store().load(now: time("2026-06-08T01:00:00Z"))
        #expect(later.alarms.isEmpty)
        #expect(later.outcome().outcome == .jitGuest)
    }

    @Test("a signed file that is newer moves the floor to its time, and lets clocks move it again")
    func signedTime() throws {
        let host = try TestHost.begun()
        _ = try host.store().load(now: time("2026-06-20T00:00:00Z"))
        #expect(try host.store().state().timeFloor == time("2026-06-08T00:00:00Z"))
        host.write("policy/base/fleet.dsse", base(2, issued: "2026-06-15T00:00:00Z"))
        let policy = try host.store().load(now: time("2026-06-20T00:00:00Z"))
        #expect(policy.state.timeFloor == time("2026-06-20T00:00:00Z"))
        // An older clock does not undo what was signed.
        #expect(try host.store().load(now: time("2026-01-01T00:00:00Z")).codes == [.clock])
    }

    @Test("time that a clock nobody sets has counted moves the floor as far as it went")
    func boot() {
        var state = state("2026-06-01T00:00:00Z")
        state.boot = .init(id: bootID, seconds: 100)
        state.advance(
            to: ClockReading(wall: time("2026-07-01T00:00:00Z"), boot: .init(id: bootID, seconds: 100 + 30 * 86_400)),
            newestIssued: nil)
        #expect(days(state, since: "2026-06-01T00:00:00Z") == 30)
        #expect(state.timeJump == 0)
        // After another start of the kernel it is not known how long the host was away.
        let other = must(Nonce(text: String(repeating: "44", count: 16)))
        state.advance(
            to: ClockReading(wall: time("2026-09-01T00:00:00Z"), boot: .init(id: other, seconds: 9_000_000)),
            newestIssued: nil)
        #expect(days(state, since: "2026-07-01T00:00:00Z") == 7)
        // Neither does a clock that goes backwards.
        state.advance(
            to: ClockReading(wall: time("2026-09-01T00:00:00Z"), boot: .init(id: other, seconds: 1)), newestIssued: nil)
        #expect(days(state, since: "2026-07-01T00:00:00Z") == 7)
    }

    @Test("the floor of time never moves back, whatever clocks say")
    func monotonic() {
        var generator = SystemRandomNumberGenerator()
        var state = state("2026-06-01T00:00:00Z")
        for _ in 0..<20_000 {
            let before = state.timeFloor
            let wall = UTCTime(secondsSince1970: Int64.random(in: 0...4_000_000_000, using: &generator))
            let boot = Bool.random() ? HostState.Boot(id: bootID, seconds: Int64.random(in: 0...10_000_000)) : nil
            let issued =
                Int.random(in: 0..<50) == 0 ? UTCTime(secondsSince1970: Int64.random(in: 0...2_000_000_000)) : nil
            state.advance(to: ClockReading(wall: wall, boot: boot), newestIssued: issued)
            #expect(state.timeFloor >= before)
            #expect((0...PolicyTime.maximumJump).contains(state.timeJump))
            #expect(PolicyTime(ClockReading(wall: wall), timeFloor: state.timeFloor).now >= state.timeFloor)
        }
    }
}
