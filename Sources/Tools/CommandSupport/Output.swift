internal import Synchronization

/// Where commands write their results: standard output, or, for whoever runs a command inside of a process, a text.
package final class Output: Sendable {
    private let written = Mutex("")

    package init() {}

    package var text: String { written.withLock { $0 } }

    @TaskLocal private static var current: Output?

    /// What the body writes goes here instead.
    package func collecting<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$current.withValue(self, operation: body)
    }

    package static func write(_ text: String, terminator: String = "\n") {
        guard let current else {
            print(text, terminator: terminator)
            return
        }
        current.written.withLock { $0 += text + terminator }
    }
}
