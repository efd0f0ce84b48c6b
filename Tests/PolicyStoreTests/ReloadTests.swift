import Foundation
import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Synchronization
import Testing

/// What the threads of a storm share.
private final class Storm: Sendable {
    let isOver = Atomic<Bool>(false)
    let threads = Atomic<Int>(0)
    let decisions = Atomic<Int>(0)
    /// How often the clock was asked: at most twice for each look at the files.
    let readings = Atomic<Int>(0)

    func start(_ body: @escaping @Sendable () -> Void) {
        threads.add(1, ordering: .relaxed)
        Thread.detachNewThread {
            body()
            self.threads.subtract(1, ordering: .releasing)
        }
    }

    func join() { while threads.load(ordering: .acquiring) > 0 { usleep(1000) } }
}

@Suite("Policies that change while they decide", .serialized)
struct ReloadTests {
    /// With every test run a few, since each is signed and verified; a thousand, under the thread sanitizer, by `make test-threads`.
    static let reloads = ProcessInfo.processInfo.environment["RINGFENCE_RELOADS"].flatMap(Int.init) ?? 100

    @Test(
        "T102: however often policies are reloaded beside 8 deciding threads, each decision is by one set, whole, that was in force just then"
    )
    func race() throws {
        let host = TestHost()
        let (race, output) = ("\(host.path)/race", "\(host.path)/race.out")
        let tool = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("policy-reload").path
        // Not by Foundation's Process, which asks for sockets: this test also runs where there is no network (`make test-offline`).
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        let arguments: [String] = [tool, race, "\(Self.reloads)", "8"]
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        try #require(posix_spawn(&process, tool, &actions, nil, words, environ) == 0)
        var status: Int32 = -1
        waitpid(process, &status, 0)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(status == 0, "\(text)")
        #expect(text.hasPrefix("{\"reloads\": \(Self.reloads), \"threads\": 8, "), "\(text)")
    }

    @Test(
        "T105: of 10,000 changes in a storm the files are looked at 20 times a second, what decides goes on, and the last is in force"
    )
    func storm() throws {
        let storm = Storm()
        let host = try TestHost.begun()
        let store = host.store {
            let clock = $0.clock
            $0.clock = {
                storm.readings.add(1, ordering: .relaxed)
                return clock()
            }
        }
        _ = try store.load()
        storm.readings.store(0, ordering: .relaxed)
        let versions: [[UInt8]] = (2...51 as ClosedRange<UInt64>).map {
            base($0, tier: $0 % 2 == 0 ? "interp-guest" : "jit-guest")
        }
        let start = ContinuousClock.now
        storm.start {
            for change in 0..<10_000 {
                host.write("policy/base/fleet.new", versions[change / 200])
                rename("\(host.policies)/policy/base/fleet.new", "\(host.policies)/policy/base/fleet.dsse")
            }
            storm.isOver.store(true, ordering: .releasing)
        }
        storm.start {
            while !storm.isOver.load(ordering: .acquiring) {
                guard let policy = store.active, policy.outcome().allows else { continue }
                storm.decisions.add(1, ordering: .relaxed)
                usleep(200)
            }
        }
        // Asked all the time, as by whoever is told of every change.
        var loads = 0
        var asked = 0
        while !storm.isOver.load(ordering: .acquiring) {
            asked += 1
            usleep(200)
            if try store.reloadIfChanged() != nil { loads += 1 }
        }
        storm.join()
        let spent = ContinuousClock.now - start
        let intervals = Int(spent / .nanoseconds(Int64(PolicyStore.minimumReloadNanoseconds))) + 1
        #expect(loads <= intervals && storm.readings.load(ordering: .relaxed) <= 2 * intervals)
        #expect(asked > 2 * intervals, "it was not asked often enough for anything to be held back")
        // Neither what decides nor what loads was kept from it.
        #expect(loads >= min(3, intervals / 2), "\(loads) loads in \(spent)")
        #expect(storm.decisions.load(ordering: .relaxed) > intervals)
        usleep(UInt32(PolicyStore.minimumReloadNanoseconds / 1000) + 1000)
        _ = try store.reloadIfChanged()
        #expect(store.active?.versions.first == "base/fleet 51")
        #expect(store.active?.alarms.isEmpty == true)
        #expect(store.active?.outcome().outcome == .jitGuest)
    }
}
