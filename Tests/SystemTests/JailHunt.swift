import Confinement
import Foundation
import Testing

/// Stops the jails of a run while they are at work: they live for some milliseconds, so runs are repeated until each was seen.
enum JailHunt {
    /// The jails by the name of the memory file that each reads. What verifies and what compiles is given the same kind of file, and has
    /// the same role.
    private static let wanted = [("admission jail", "object"), ("verification or compilation jail", "request")]

    static func postures(_ arguments: [String]) throws -> [(String, ProcessPosture)] {
        var found: [String: ProcessPosture] = [:]
        for _ in 0..<60 where found.count < wanted.count {
            let broker = Tool.process("ringfence", arguments, FileHandle.nullDevice, FileHandle.nullDevice)
            try broker.run()
            defer {
                broker.terminate()
                broker.waitUntilExit()
            }
            // A process is looked at until its own filter holds it, and then left alone: a cell's must not be stopped again and again.
            var known: Set<Int32> = []
            while broker.isRunning, found.count < wanted.count {
                for process in grandchildren(of: broker.processIdentifier) where !known.contains(process) {
                    guard let posture = caught(process) else { continue }
                    kill(process, SIGCONT)
                    known.insert(process)
                    for (name, file) in wanted where found[name] == nil && reads(file, posture) {
                        found[name] = posture
                    }
                }
                usleep(100)
            }
        }
        return try wanted.map { name, _ in (name, try #require(found[name], "no \(name) was ever seen at work")) }
    }

    /// A process that its own filter holds already, stopped; the spawner's filter is the first that it has.
    private static func caught(_ process: Int32) -> ProcessPosture? {
        guard kill(process, SIGSTOP) == 0 else { return nil }
        let posture = ProcessPosture.of(process: process)
        if let status = posture.status.value, status.seccompFilters == 2, posture.mappings.value != nil {
            return posture
        }
        kill(process, SIGCONT)
        return nil
    }

    private static func reads(_ file: String, _ posture: ProcessPosture) -> Bool {
        posture.descriptors.value?.values.contains(.memoryFile(name: file)) ?? false
    }

    static func grandchildren(of process: Int32) -> [Int32] {
        children(of: process).flatMap(children(of:))
    }

    private static func children(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ").compactMap {
            Int32($0)
        }
    }
}
