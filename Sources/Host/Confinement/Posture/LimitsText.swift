/// /proc/<pid>/limits: soft and hard limit of each resource; nothing for unlimited.
enum LimitsText {
    private static let names: [(Resource, String)] = [
        (.cpuSeconds, "Max cpu time"), (.fileSize, "Max file size"), (.coreSize, "Max core file size"),
        (.processes, "Max processes"), (.openFiles, "Max open files"), (.lockedMemory, "Max locked memory"),
        (.addressSpace, "Max address space"),
    ]

    static func limits(in text: [UInt8], path: String) throws(PostureError) -> [Resource: LimitPair] {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        var limits: [Resource: LimitPair] = [:]
        for (resource, name) in names {
            guard let index = lines.firstIndex(where: { $0.hasPrefix(name + " ") }) else {
                throw .missing(path: path, field: name)
            }
            let words = lines[index].dropFirst(name.count).split(separator: " ")
            guard words.count >= 2, let soft = value(words[0]), let hard = value(words[1]) else {
                throw .malformed(path: path, line: index + 1)
            }
            limits[resource] = LimitPair(soft: soft, hard: hard)
        }
        return limits
    }

    private static func value(_ word: Substring) -> UInt64? { word == "unlimited" ? .max : UInt64(word) }
}

/// Soft and hard limit; the largest number means unlimited.
package struct LimitPair: Equatable, Sendable {
    package let soft: UInt64
    package let hard: UInt64

    package init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }
}
