import CKernelRun
import Foundation

/// A network of its own: what is opened in it stays in it, whoever uses it then.
final class NetworkNamespace {
    struct Failure: Error { let code: Int32 }

    let name: String

    init(_ name: String) throws {
        self.name = name
        try Wires.ip("netns", "add", name)
        try Wires.ip("-n", name, "link", "set", "lo", "up")
    }

    deinit { _ = try? Wires.ip("netns", "del", name) }

    /// Does something on a thread that is in it.
    func inside<Result>(_ body: @escaping () throws -> Result) throws -> Result {
        let place = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
        guard place >= 0 else { throw Failure(code: errno) }
        defer { close(place) }
        nonisolated(unsafe) let work = body
        nonisolated(unsafe) var result: Swift.Result<Result, any Error> = .failure(Failure(code: 0))
        let done = DispatchSemaphore(value: 0)
        // It ends with the thread: no other ever runs in there.
        let thread = Thread {
            result = kernelrun_enter_network(place) == 0 ? Swift.Result(catching: work) : .failure(Failure(code: errno))
            done.signal()
        }
        thread.start()
        done.wait()
        return try result.get()
    }
}
