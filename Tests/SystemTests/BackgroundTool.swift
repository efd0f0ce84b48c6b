import Foundation

/// A command that runs while the test goes on. Not Foundation's `Process`: that takes a process which closes what it was not asked to keep
/// open for one that has ended, waits for it, and with that holds up every other.
final class BackgroundTool {
    struct Failure: Error { let code: Int32 }

    let processIdentifier: Int32
    private let folder: URL
    private var status: Int32?

    /// - Parameter given: descriptors of this process, and what they are called there.
    init(
        _ name: String, _ arguments: [String], in directory: URL = Tool.folder, giving given: [(Int32, Int32)] = []
    ) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (descriptor, file) in [(Int32(1), "output"), (2, "errors")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, folder.appendingPathComponent(file).path, O_WRONLY | O_CREAT, 0o600)
        }
        for (own, theirs) in given { posix_spawn_file_actions_adddup2(&actions, own, theirs) }
        let path = directory.appendingPathComponent(name).path
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, nil, words, environ)
        guard code == 0 else { throw Failure(code: code) }
        processIdentifier = process
    }

    deinit {
        kill(processIdentifier, SIGKILL)
        _ = wait()
        try? FileManager.default.removeItem(at: folder)
    }

    var output: String { read("output") }
    var errors: String { read("errors") }

    private func read(_ name: String) -> String {
        (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
    }

    func terminate() { kill(processIdentifier, SIGTERM) }

    var hasEnded: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        guard waitpid(processIdentifier, &raw, WNOHANG) == processIdentifier else { return false }
        status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -1
        return true
    }

    /// Its exit status, once it has ended; -1 where a signal ended it.
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(processIdentifier, &raw, 0) < 0, errno == EINTR {}
        let ended = raw & 0x7F == 0 ? raw >> 8 & 0xFF : -1
        status = ended
        return ended
    }
}
